import Engines
import Foundation
import Glibc
import Model
import Platform
import Synchronization

/// Many programs that connect, ask and connect again, for a minute at most.
package final class Storm: Sendable {
    private struct Entries {
        var guests: [Duration] = []
        var superusers: [Duration] = []
    }

    private let entries = Mutex(Entries())
    private let tries = Mutex(0)
    private let isOver = Mutex(false)
    private let threads = DispatchGroup()

    /// - Parameter role: of those that are no superusers.
    package init(_ server: PostgresServer, clients: Int, superusers: Int, role: String = "shop") {
        let end = BootClock.now() + .seconds(60)
        for number in 0..<(clients + superusers) {
            let isSuperuser = number >= clients
            threads.enter()
            Threads.start("storm") { [self] in
                defer { threads.leave() }
                while BootClock.now() < end, !isOver.withLock({ $0 }) { enter(server, isSuperuser ? "postgres" : role) }
            }
        }
    }

    deinit { end() }

    package func end() {
        isOver.withLock { $0 = true }
        threads.wait()
    }

    package func waitForEntries(_ more: Int) throws {
        let before = count
        let end = BootClock.now() + .seconds(30)
        while count < before + more {
            guard BootClock.now() < end else { throw Fault(.timedOut, "the storm does not blow") }
            usleep(1000)
        }
    }

    /// How many of them got in and were answered.
    package func entriesOfTheLast(_ time: Duration) -> (guests: Int, superusers: Int) {
        let start = BootClock.now() - time
        return entries.withLock { all in
            (all.guests.filter { $0 > start }.count, all.superusers.filter { $0 > start }.count)
        }
    }

    /// Attempts to connect so far.
    package var attempts: Int { tries.withLock { $0 } }

    private var count: Int { entries.withLock { $0.guests.count + $0.superusers.count } }

    private func enter(_ server: PostgresServer, _ user: String) {
        tries.withLock { $0 += 1 }
        do {
            let connection = try server.client(user: user, database: "crm", application: "storm")
            try connection.query("SELECT 1")
            let now = BootClock.now()
            entries.withLock { all in
                if user == "postgres" { all.superusers.append(now) } else { all.guests.append(now) }
            }
        } catch {
            // Refused or ended: that is what the storm is for.
            usleep(2000)
        }
    }
}
