package import Model

/// An occurrence that was claimed, as the ledger has it.
package struct OccurrenceRecord: Sendable, Codable, Equatable {
    package var id: String
    /// When it was due; of several missed ones the latest.
    package var planned: Instant
    /// Missed occurrences that this one stands for besides itself.
    package var coalesced: Int
    package var claimed: Instant
    package var state: OccurrenceState
    package var attempt: Int
    package var nextAttempt: Instant?
    package var closed: Instant?
    /// Why it failed, was skipped, or came late.
    package var reason: String?
    package var origin: OccurrenceOrigin
    /// Who asked for it; the daemon for planned ones.
    package var actor: Principal
    package var runs: [String]

    package init(
        id: String, planned: Instant, coalesced: Int = 0, claimed: Instant, state: OccurrenceState, attempt: Int = 1,
        nextAttempt: Instant? = nil, closed: Instant? = nil, reason: String? = nil,
        origin: OccurrenceOrigin = .planned, actor: Principal = Principal(.daemon), runs: [String] = []
    ) {
        self.id = id
        self.planned = planned
        self.coalesced = coalesced
        self.claimed = claimed
        self.state = state
        self.attempt = attempt
        self.nextAttempt = nextAttempt
        self.closed = closed
        self.reason = reason
        self.origin = origin
        self.actor = actor
        self.runs = runs
    }
}

/// A schedule with what it did and will do.
package struct ScheduleStatus: Sendable, Codable, Equatable {
    package var schedule: Schedule
    /// The zone its times are read in.
    package var zone: String
    package var next: Instant?
    /// Why the next occurrence is not at the time that the rule names.
    package var nextNote: String?
    /// Databases that it covers now.
    package var databases: Int
    /// What an admin should know, such as that it covers nothing.
    package var warning: String?
    package var last: OccurrenceRecord?
    /// Newest first; only when one schedule is asked for.
    package var history: [OccurrenceRecord]?

    package init(
        schedule: Schedule, zone: String, next: Instant? = nil, nextNote: String? = nil, databases: Int = 0,
        warning: String? = nil, last: OccurrenceRecord? = nil, history: [OccurrenceRecord]? = nil
    ) {
        self.schedule = schedule
        self.zone = zone
        self.next = next
        self.nextNote = nextNote
        self.databases = databases
        self.warning = warning
        self.last = last
        self.history = history
    }
}

/// Asks when a schedule, or an expression, is due.
package struct OccurrenceQuery: Sendable, Codable, Equatable {
    package var schedule: String?
    package var when: String?
    package var zone: String?
    /// Default: now.
    package var from: Instant?
    package var count: Int

    package init(
        schedule: String? = nil, when: String? = nil, zone: String? = nil, from: Instant? = nil, count: Int = 10
    ) {
        self.schedule = schedule
        self.when = when
        self.zone = zone
        self.from = from
        self.count = count
    }
}

/// A time at which something is due.
package struct PlannedOccurrence: Sendable, Codable, Equatable {
    package var instant: Instant
    /// What clocks in the schedule's zone show then, with offset.
    package var local: String
    /// Why it is not at the time that the rule names: a gap or an overlap of local time, or the spread.
    package var note: String?

    package init(instant: Instant, local: String, note: String? = nil) {
        self.instant = instant
        self.local = local
        self.note = note
    }
}
