import Engines
import EnginesTestSupport
import Foundation
import Model
import Platform
import Synchronization

/// Many programs that connect, ask and connect again, for a minute at most.
final class Storm: Sendable {
    private struct Entries {
        var guests: [Duration] = []
        var superusers: [Duration] = []
    }

    private let entries = Mutex(Entries())
    private let isOver = Mutex(false)
    private let threads = DispatchGroup()

    init(_ server: PostgresServer, clients: Int, superusers: Int) {
        let end = BootClock.now() + .seconds(60)
        for number in 0..<(clients + superusers) {
            let isSuperuser = number >= clients
            threads.enter()
            Threads.start("storm") { [self] in
                defer { threads.leave() }
                while BootClock.now() < end, !isOver.withLock({ $0 }) { enter(server, isSuperuser) }
            }
        }
    }

    deinit { end() }

    func end() {
        isOver.withLock { $0 = true }
        threads.wait()
    }

    func waitForEntries(_ more: Int) throws {
        let before = count
        let end = BootClock.now() + .seconds(30)
        while count < before + more {
            guard BootClock.now() < end else { throw Fault(.timedOut, "the storm does not blow") }
            usleep(1000)
        }
    }

    func entriesOfTheLast(_ time: Duration) -> (guests: Int, superusers: Int) {
        let start = BootClock.now() - time
        return entries.withLock { all in
            (all.guests.filter { $0 > start }.count, all.superusers.filter { $0 > start }.count)
        }
    }

    private var count: Int { entries.withLock { $0.guests.count + $0.superusers.count } }

    private func enter(_ server: PostgresServer, _ isSuperuser: Bool) {
        do {
            let user = isSuperuser ? "postgres" : "shop"
            let connection = try server.client(user: user, database: "crm", application: "storm")
            try connection.query("SELECT 1")
            let now = BootClock.now()
            entries.withLock { all in
                if isSuperuser { all.superusers.append(now) } else { all.guests.append(now) }
            }
        } catch {
            // Refused or ended: that is what the storm is for.
            usleep(2000)
        }
    }
}
