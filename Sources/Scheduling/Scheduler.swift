package import Model
package import Policies
import Synchronization

/// Runs schedules: the machine decides, the ledger remembers, the alarm wakes, the work is somebody else's.
///
/// Nothing starts before its claim is durable. While the ledger can't be written, nothing starts, and it is tried again after
/// a pause that grows from a second to a minute.
package final class Scheduler: Sendable {
    private struct State {
        var machine: ScheduleMachine
        var mustLoad = false
        var newBeats = false
        var failures = 0
        /// Time since boot before which the ledger isn't tried again.
        var pausedUntil: Duration = .zero
        var isStopped = false
    }

    private let state: Mutex<State>
    /// Held during a turn, which writes to the ledger; `state` only for moments.
    private let turn = Mutex(())
    private let alarm = Mutex<Alarm?>(nil)
    private let ledger: any ScheduleLedger
    private let work: any OccurrenceWork
    private let clock: @Sendable () -> ClockReading
    private let rang: @Sendable () -> Void

    /// - Parameters:
    ///   - clock: time of day and time since boot, read together.
    ///   - beats: when a schedule is due, in the zone of this moment; pure until `reload(newBeats: true)`.
    ///   - rang: called whenever the alarm rang, at least about once a minute; must return at once.
    package init(
        ledger: any ScheduleLedger, work: any OccurrenceWork, clock: @escaping @Sendable () -> ClockReading,
        beats: @escaping ScheduleMachine.Beats, rang: @escaping @Sendable () -> Void = {}
    ) {
        self.ledger = ledger
        self.work = work
        self.clock = clock
        self.rang = rang
        state = Mutex(State(machine: ScheduleMachine(at: clock(), beats: beats)))
    }

    /// Reads the ledger; `ring` by hand then does what the alarm would.
    ///
    /// - Throws: what the ledger throws.
    package func open() throws { try turn.withLock { _ in try load() } }

    /// Reads the ledger and goes to work; what a daemon before this one left open is taken up or closed. Blocks.
    ///
    /// - Throws: what the ledger throws.
    package func start() throws {
        try open()
        alarm.withLock { alarm in
            let clock = clock
            let new = Alarm(clock: { clock().wall }) { [weak self, rang] _ in
                rang()
                return self?.ring()
            }
            alarm = new
            new.rearm()
        }
    }

    /// Schedules in the ledger were changed, or the zone; returns at once.
    ///
    /// - Parameter newBeats: whether the zone or its rules changed.
    package func reload(newBeats: Bool = false) {
        state.withLock { state in
            state.mustLoad = true
            state.newBeats = state.newBeats || newBeats
        }
        alarm.withLock { $0 }?.rearm()
    }

    /// Starts an occurrence outside the beat. Blocks until it is claimed.
    ///
    /// - Throws: `busy` while one of this schedule is open, `not-found`, what the ledger throws.
    package func runNow(_ name: String, by actor: Actor) throws -> ClaimedOccurrence {
        try turn.withLock { _ in
            if state.withLock({ $0.mustLoad }) { try load() }
            let changes = try state.withLock { state in
                guard !state.isStopped else { throw Fault(.busy, "holdfastd is stopping", hint: "try again later") }
                state.machine.observe(clock())
                let claim = try state.machine.claimNow(name, by: actor)
                return LedgerChanges(instant: claim.planned, claims: [claim])
            }
            let starts = try commit(changes)
            guard let start = starts.first else {
                throw Fault(.notFound, "there is no schedule \(name)", hint: "`holdfast schedules` lists them")
            }
            begin(starts)
            return start.occurrence
        }
    }

    /// Takes in at once what `reload` announced; for who wants to see what was just changed.
    ///
    /// - Throws: what the ledger throws.
    package func refresh() throws {
        try turn.withLock { _ in
            if state.withLock({ $0.mustLoad }) { try load() }
        }
    }

    /// When a schedule is due next; for people.
    package func next(_ name: String) -> Instant? { state.withLock { $0.machine.next(name) } }

    /// How each schedule stands, by name; for people.
    package func status() -> [ScheduleStatus] { state.withLock { $0.machine.statuses } }

    /// Starts nothing any more. What is at work may still tell its ending, which is recorded.
    package func stop() {
        state.withLock { $0.isStopped = true }
        alarm.withLock { alarm in
            defer { alarm = nil }
            return alarm
        }?.cancel()
        // What ended while the alarm was being cancelled.
        settle()
    }
}

extension Scheduler {
    /// One turn: whatever is due now is claimed and started.
    ///
    /// - Returns: when to look again.
    package func ring() -> Instant? {
        turn.withLock { _ in
            do {
                state.withLock { $0.machine.observe(clock()) }
                if let later = pause() { return later }
                try takeTurn()
                recovered()
            } catch {
                failed(Fault.wrapping(error))
                return pause()
            }
            return state.withLock { $0.machine.wake }
        }
    }

    private func takeTurn() throws {
        if state.withLock({ $0.mustLoad }) { try load() }
        let (rewinds, instant) = state.withLock { ($0.machine.rewinds, $0.machine.rewindsTo) }
        let positions = rewinds.isEmpty ? [:] : try ledger.rewind(rewinds, to: instant)
        state.withLock { $0.machine.rewound(positions) }
        while true {
            let changes = state.withLock { state in
                var changes = state.machine.plan()
                if state.isStopped { changes = changes.endings }
                return changes
            }
            if changes.isEmpty { return }
            begin(try commit(changes))
        }
    }

    private func commit(_ changes: LedgerChanges) throws -> [OccurrenceStart] {
        let claimed = try ledger.commit(changes)
        let (starts, isStale) = state.withLock { $0.machine.committed(changes, claimed) }
        if isStale { try load() }
        return starts
    }

    private func begin(_ starts: [OccurrenceStart]) {
        guard !starts.isEmpty else { return }
        work.start(starts) { [weak self] id, ending in self?.finished(id, ending) }
    }

    private func finished(_ id: OccurrenceID, _ ending: OccurrenceEnding) {
        let isStopped = state.withLock { state in
            state.machine.ended(id, ending)
            return state.isStopped
        }
        if isStopped { settle() } else { alarm.withLock { $0 }?.rearm() }
    }

    /// After the stop: records endings, on the thread that tells them.
    private func settle() { _ = ring() }

    private func load() throws {
        let content = try ledger.ledgerContent()
        state.withLock { state in
            state.machine.observe(clock())
            state.machine.load(content, newBeats: state.newBeats)
            state.mustLoad = false
            state.newBeats = false
        }
    }
}

extension Scheduler {
    private static var longestPause: Duration { .seconds(60) }

    /// Until when nothing is tried; nil when it may be.
    private func pause() -> Instant? {
        state.withLock { state in
            let now = clock()
            let left = state.pausedUntil - now.sinceBoot
            return left > .zero && !state.isStopped ? now.wall + left : nil
        }
    }

    private func failed(_ fault: Fault) {
        let isNew = state.withLock { state in
            state.failures += 1
            let pause = min(Self.longestPause, .seconds(1 << min(state.failures - 1, 6)))
            state.pausedUntil = clock().sinceBoot + pause
            state.machine.ledgerFailed()
            return state.failures == 1
        }
        if isNew { work.ledgerFailed(fault) }
    }

    private func recovered() {
        let wasFailing = state.withLock { state in
            guard state.failures > 0 else { return false }
            state.failures = 0
            state.machine.ledgerRecovered()
            return true
        }
        if wasFailing { work.ledgerRecovered() }
    }
}

extension LedgerChanges {
    /// Without anything that would start.
    fileprivate var endings: LedgerChanges {
        LedgerChanges(
            instant: instant,
            steps: steps.filter { _, step in
                if case .begin = step { false } else { true }
            })
    }
}
