/// An occurrence to be claimed.
package struct OccurrenceClaim: Sendable, Equatable {
    package var schedule: ScheduleID
    package var name: String
    package var origin: OccurrenceOrigin
    package var actor: Actor
    package var planned: Instant
    /// The mark that the ledger must hold still for the claim to count; it becomes `planned`. Nil for one on demand.
    package var expectedMark: Instant?
    package var coalesced: CoalescedOccurrences?
    package var lateness: Lateness?
    /// Why it is closed at once as skipped; nil when it is to be worked on.
    package var skipReason: String?

    package init(
        schedule: ScheduleID, name: String, origin: OccurrenceOrigin = .planned, actor: Actor = .daemon,
        planned: Instant, expectedMark: Instant?, coalesced: CoalescedOccurrences? = nil, lateness: Lateness? = nil,
        skipReason: String? = nil
    ) {
        self.schedule = schedule
        self.name = name
        self.origin = origin
        self.actor = actor
        self.planned = planned
        self.expectedMark = expectedMark
        self.coalesced = coalesced
        self.lateness = lateness
        self.skipReason = skipReason
    }
}

/// What happens to an open occurrence.
package enum OccurrenceStep: Sendable, Equatable {
    /// An attempt begins.
    case begin(attempt: Int, interruptions: Int)
    /// An attempt failed; `attempt` is the next one, of `attempts`.
    case retry(attempt: Int, attempts: Int, at: Instant, reason: String, runs: [Int64])
    case close(OccurrenceState, reason: String?, runs: [Int64])
}

/// Changes of the ledger that belong into one transaction.
package struct LedgerChanges: Sendable, Equatable {
    /// When they happen.
    package var instant: Instant
    package var steps: [OccurrenceID: OccurrenceStep]
    /// At most one of a schedule.
    package var claims: [OccurrenceClaim]

    package init(instant: Instant, steps: [OccurrenceID: OccurrenceStep] = [:], claims: [OccurrenceClaim] = []) {
        self.instant = instant
        self.steps = steps
        self.claims = claims
    }

    package var isEmpty: Bool { steps.isEmpty && claims.isEmpty }
}

/// A schedule whose mark lies in the future, because the clock was set back.
package struct ScheduleRewind: Sendable, Hashable {
    package var schedule: ScheduleID
    /// Whether its beat counts elapsed time and starts again from now; else what was claimed isn't repeated.
    package var restarts: Bool

    package init(schedule: ScheduleID, restarts: Bool) {
        self.schedule = schedule
        self.restarts = restarts
    }
}

/// What the ledger knows at start.
package struct LedgerContent: Sendable, Equatable {
    package var schedules: [StoredSchedule]
    package var open: [ClaimedOccurrence]
    /// The one closed last of each schedule.
    package var last: [ScheduleID: ClaimedOccurrence]

    package init(
        schedules: [StoredSchedule] = [], open: [ClaimedOccurrence] = [],
        last: [ScheduleID: ClaimedOccurrence] = [:]
    ) {
        self.schedules = schedules
        self.open = open
        self.last = last
    }
}
