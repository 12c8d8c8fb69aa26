import Catalog
import Foundation
import Messages
import Model
import Platform
import Policies
import Settings
import Synchronization

/// What the daemon looks after by itself, once a minute.
final class Tending: Sendable {
    struct State {
        /// By the boot clock.
        var last: Duration?
        var isAtWork = false
        var lastCleaning: Duration?
        /// Why the ledger of schedules can't be written.
        var ledgerFault: Fault?
        /// Attempts whose servers have not answered yet, with when they were asked, by the boot clock.
        var asked: [(tally: AttemptTally, server: String, since: Duration)] = []
        var overdue: [UnitID: Instant] = [:]
        /// Units whose lateness has been told; nil until it has been recalled.
        var told: Set<String>?
        var clock = ClockTrust()
        var isClockKnown = false
        /// The reading that was written down last.
        var clockKept: ClockReading?
    }

    let state = Mutex(State())
    /// By the boot clock.
    let began = BootClock.now()

    /// Whether a look is due; it counts as begun then.
    func begin(_ now: Duration) -> Bool {
        state.withLock { state in
            if state.isAtWork { return false }
            if let last = state.last, now - last < .seconds(45) { return false }
            state.last = now
            state.isAtWork = true
            return true
        }
    }

    func end() { state.withLock { $0.isAtWork = false } }

    /// Whether the daily cleaning is due; it counts as done then.
    func beginCleaning(_ now: Duration) -> Bool {
        state.withLock { state in
            if let last = state.lastCleaning, now - last < .seconds(86_400) { return false }
            state.lastCleaning = now
            return true
        }
    }
}

extension Host {
    /// Called whenever the alarm rings; at most once a minute it looks after things on a thread of its own.
    func tend() {
        guard tending.begin(BootClock.now()) else { return }
        Threads.start("tending") { [self] in
            defer { tending.end() }
            maintenance.look()
            // Each part is on its own: one that fails is told, and keeps none of the others.
            for part in [
                observeClock, observeZone, tellHanging, giveUpWaiting, lookForMissing, advanceGrace, observeOverdue,
                dropLoadedMembers, clean,
            ] {
                do { try part() } catch { report(Fault.wrapping(error)) }
            }
        }
    }

    private func observeZone() throws {
        guard let name = try zone.change() else { return }
        timing.reload(newZone: true)
        maintenance.look()
        say([MessageDraft(.info, .zoneChanged, "the system's time zone is \(name) now; schedules follow it")])
    }

    /// Asks the servers that lack a database once more, so that its deletion is confirmed or denied, and those that have
    /// not been asked for an hour.
    private func lookForMissing() throws {
        let lacking = Set(try catalog.databases().filter { $0.state == .missing }.map(\.server))
        let now = WallClock.now()
        let asked = Dictionary(try catalog.servers().map { ($0.name, $0.checked) }, uniquingKeysWith: { $1 })
        for server in configuration.servers {
            let isStale = asked[server.name].map { abs((now - $0).inSeconds) > 3600 } ?? true
            guard lacking.contains(server.name) || isStale else { continue }
            Threads.start("discovery") { [self] in
                do {
                    try discover(server, patience: .zero)
                } catch let fault as Fault where fault.code == .serverUnreachable {
                    // It is being asked, and told of when that takes too long.
                } catch { report(Fault.wrapping(error)) }
            }
        }
    }

    /// Once a day, and never while the clock is in doubt: old messages, occurrences and runs.
    private func clean() throws {
        try observeClock()
        guard clockDoubt() == nil, tending.beginCleaning(BootClock.now()) else { return }
        let now = WallClock.now()
        let keep = settings.messages
        try catalog.pruneMessages(now: now, keep: keep.keep, count: keep.keepCount)
        try catalog.pruneOccurrences(at: now)
        try catalog.pruneRuns(before: now - keep.keep)
    }
}
