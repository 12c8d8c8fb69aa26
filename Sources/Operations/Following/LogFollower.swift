import Catalog
import Engines
import Foundation
import Model
import Platform
import Storage
import Synchronization

/// Receives the log of one server, on a thread of its own, until it is stopped.
///
/// What comes is in the repository at most a second later, and only then the server may let go of it. Whatever fails is
/// tried again; what a failure left out the server still has, up to the limit of its slot.
final class LogFollower: Sendable {
    /// Unstored log is at most so old.
    static let interval = Duration.seconds(1)
    /// A stream is looked at so often when nothing comes.
    static let patience = Duration.seconds(20)
    private static let longestPause = Duration.seconds(60)
    static let lagInterval = Duration.seconds(60)

    struct State: Sendable {
        /// All before it is in the repository.
        var stored: LogPosition?
        /// Nothing that the server had written by then is missing.
        var complete: Instant?
        var lag: LogLag?
        /// Why nothing is received at present.
        var fault: Fault?
        /// The log has a gap: it leads nowhere before a new backup is made.
        var needsBackup = false
        var isStopped = false
        /// The one that is open.
        var stream: (any LogStream)?
        var slot: LogSlot?
        /// Whose log it is; nil while that isn't known, or has to be asked again.
        var unit: UnitID?
        /// Counts the reasons to ask again.
        var doubts = 0
    }

    /// How following begins.
    enum Start {
        /// Where what is stored ends.
        case goingOn
        /// The same, without comparing what is stored with what the server has: it has it no longer.
        case unchecked
        /// Where the server still has its log.
        case behindGap
        /// The same, and nothing that is stored belongs to it.
        case newBranch

        /// - Parameter start: how the attempt began that failed.
        init(after fault: Fault, of start: Start) {
            switch fault.code {
            case .logGap where start == .goingOn: self = .unchecked
            case .logGap: self = .behindGap
            case .logDiffers: self = .newBranch
            default: self = .goingOn
            }
        }
    }

    let server: HostedServer
    let host: Host
    let state = Mutex(State())
    /// Guards `changes`.
    private let changed = NSCondition()
    nonisolated(unsafe) private var changes = 0

    init(_ server: HostedServer, of host: Host) {
        self.server = server
        self.host = host
    }

    var now: State { state.withLock { $0 } }

    func start() { Threads.start("log-\(server.name)") { [self] in run() } }

    /// Ends it soon; what it hasn't stored the server still has.
    func stop() {
        let stream = state.withLock { state in
            state.isStopped = true
            return state.stream
        }
        stream?.interrupt()
        wake()
    }

    /// Something happened that may have changed whose log it is, or that there is any backup for it to go on from.
    func lookAgain() {
        doubtUnit()
        wake()
    }

    /// Something happened that somebody may wait for.
    func wake() {
        changed.withLock {
            changes += 1
            changed.broadcast()
        }
    }

    /// Waits until all before a position is stored.
    /// - Returns: whether it is.
    func wait(for position: LogPosition, within limit: Duration, step: () throws -> Void) rethrows -> Bool {
        let deadline = BootClock.now() + limit
        while BootClock.now() < deadline {
            try step()
            let (seen, now) = (seen, now)
            if let stored = now.stored, stored.system == position.system, stored.timeline == position.timeline,
                stored.offset >= position.offset
            {
                return true
            }
            pause(.milliseconds(200), unlessChangedSince: seen)
        }
        return false
    }

    var isStopped: Bool { state.withLock { $0.isStopped } }

    private var seen: Int { changed.withLock { changes } }

    private func pause(_ limit: Duration, unlessChangedSince seen: Int) {
        let end = Date(timeIntervalSinceNow: limit.inSeconds)
        changed.withLock {
            while changes == seen, changed.wait(until: end) {}
        }
    }

    private func run() {
        var rest = Duration.seconds(1)
        var start = Start.goingOn
        /// The gap that was met first: only that attempt, and none after it, found what became of the slot.
        var gap: Fault?
        while !isStopped {
            let seen = seen
            do {
                guard let unit = try unit() else {
                    gap = nil
                    pause(.seconds(3600), unlessChangedSince: seen)
                    continue
                }
                try follow(unit, start) {
                    rest = .seconds(1)
                    start = .goingOn
                    gap = nil
                }
            } catch {
                if isStopped { return }
                var fault = Fault.wrapping(error)
                start = Start(after: fault, of: start)
                if fault.code == .logGap {
                    gap = gap ?? fault
                    fault.hint = gap?.hint
                }
                // Asked once more, with less to ask for.
                if start == .unchecked { continue }
                // Another server may be there now.
                if fault.code == .logDiffers {
                    doubtUnit()
                    gap = nil
                }
                tell(fault)
            }
            pause(rest, unlessChangedSince: self.seen)
            rest = min(rest * 2, Self.longestPause)
        }
    }

    /// Nil while the server has no backup for its log to go on from.
    private func unit() throws -> BackupUnit? {
        guard let id = try now.unit ?? findUnit() else { return nil }
        return BackupUnit(id, in: try host.repositories.open())
    }

    private func findUnit() throws -> UnitID? {
        let doubts = now.doubts
        let records = try host.catalog.databases(server: server.name)
        guard let record = records.first(where: { $0.state != .gone }), record.lastBackup != nil else { return nil }
        // What it was found to be before a change is not kept.
        state.withLock { if $0.doubts == doubts { $0.unit = record.unit } }
        return record.unit
    }

    private func doubtUnit() {
        state.withLock { state in
            state.unit = nil
            state.doubts += 1
        }
    }
}
