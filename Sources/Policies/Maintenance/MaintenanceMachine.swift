package import Model

/// The maintenance of one server: events in, orders out.
///
/// - A window that came due is decided once: it is reported, or skipped with its reason. None begins after its latest
///   start, and none while another is under way; a daily one that still waits gives way to a weekly one.
/// - Steps: close, countdown, disconnect, backup, tasks, check, reopen. Each has a deadline; a task isn't begun unless
///   its own fits before the hard end.
/// - Whatever ends a window early leads to reopening at once: an abort, a failure that stops it, the hard end, a daemon
///   that was killed. Attempts to reopen go on until one succeeds, and only then the window is reported.
/// - What didn't fit or was cut off comes first in the next window that has it among its tasks. What failed or took too
///   long was tried, and doesn't.
/// - The hard end is reached when the wall clock or elapsed time says so. While clients aren't disconnected yet, a clock
///   that is set to before the start or comes into doubt ends the window.
/// - A wall clock that is set back by up to a day repeats no window; after a longer step windows count from then.
/// - A window that has begun keeps its plan when the rules change; rules plan nothing before they are in force.
/// - Each order comes once, if the state is stored with its message.
package struct MaintenanceMachine: Sendable, Hashable {
    package private(set) var state: MaintenanceState
    /// The state is that of a process that has ended.
    private var isRestored: Bool

    package init() {
        state = MaintenanceState()
        isRestored = false
    }

    /// The machine of a daemon that has just started: the first event, whichever it is, brings the order to reopen what
    /// was closed.
    package init(restored state: MaintenanceState) {
        self.state = state
        isRestored = true
    }

    package mutating func handle(_ event: MaintenanceEvent, _ terms: MaintenanceTerms) -> [MaintenanceOrder] {
        var turn = MaintenanceTurn(state: state, terms: terms)
        if isRestored { turn.recover() }
        isRestored = false
        turn.watchEnd()
        turn.take(event)
        turn.watchDeadlines()
        turn.plan()
        state = turn.state
        return turn.orders
    }

    /// Whether clients of the server may be shut out.
    package var isClosed: Bool { state.run?.isClosed ?? false }

    /// Whether everything should be open by now.
    package func isPastEnd(_ reading: ClockReading) -> Bool {
        state.run.map { $0.remaining(until: $0.window.end, at: reading) <= .zero } ?? true
    }

    /// Whether lists of clients are wanted, every few seconds.
    package var wantsClients: Bool { state.run.map { $0.stage == .waiting || $0.stage == .countdown } ?? false }
}

extension MaintenanceMachine {
    /// When the next tick may bring an order, as the wall clock of `terms` would show it; nil when only an event can.
    package func nextDue(_ terms: MaintenanceTerms) -> Instant? {
        let now = terms.reading.wall
        if isRestored { return now }
        var dues: [Instant] = []
        if let run = state.run {
            dues.append(now + run.untilNextTick(terms.reading))
        }
        for kind in MaintenanceKind.allCases where terms.clockIsTrusted {
            guard let window = state[kind].upcoming else { continue }
            let isAnnounced = window.weeklyInstead == nil && window.start > now
            let leads = isAnnounced ? window.rule.announceSeconds : []
            let told = state[kind].told
            let announcements = leads.map { Duration.seconds($0) }.filter { lead in told.map { lead < $0 } ?? true }
            dues += announcements.map { window.start - $0 }
            dues.append(window.start > now ? window.start : window.latestStart + .microseconds(1))
        }
        return dues.min().map { max($0, now) }
    }
}

extension MaintenanceRun {
    fileprivate func untilNextTick(_ reading: ClockReading) -> Duration {
        let left = allowed - reading.elapsed(since: stageBegan)
        let due =
            switch stage {
            case .waiting: remaining(until: window.latestStart, at: reading) + .microseconds(1)
            case .countdown: max(left, window.start - reading.wall)
            case .performing, .pausing: left
            }
        return max(.zero, ending == nil ? min(due, remaining(until: window.end, at: reading)) : due)
    }
}
