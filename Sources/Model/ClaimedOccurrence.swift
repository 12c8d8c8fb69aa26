/// Number of an occurrence in the ledger; grows, never used twice.
package typealias OccurrenceID = Int64

package enum OccurrenceState: String, Sendable, Codable, CaseIterable {
    /// Works, or waits for its next attempt.
    case open
    case succeeded
    /// For good: no attempt follows.
    case failed
    /// Not done, for the reason that is noted.
    case skipped
}

package enum OccurrenceOrigin: String, Sendable, Codable, CaseIterable {
    /// By the beat of its schedule.
    case planned
    /// Somebody asked for it.
    case onDemand = "on-demand"
}

/// Why an occurrence is claimed later than it was planned.
package enum Lateness: String, Sendable, Codable, CaseIterable {
    case downtime
    case clockStep = "clock-step"
    case suspension
    /// The one before was at work.
    case busy
    /// The ledger could not be written.
    case ledger

    /// `the daemon was not running`, to follow `because` or `while`.
    package var clause: String {
        switch self {
        case .downtime: "the daemon was not running"
        case .clockStep: "the clock was set"
        case .suspension: "the machine was suspended or overloaded"
        case .busy: "the run before was still at work"
        case .ledger: "the catalog could not be written"
        }
    }
}

/// Earlier occurrences that one occurrence stands for.
package struct CoalescedOccurrences: Sendable, Hashable, Codable {
    package var first: Instant
    /// How many, from 1. Of calendar rules no more than `countLimit` are counted.
    package var count: Int

    package static let countLimit = 10_000

    package init(first: Instant, count: Int) {
        self.first = first
        self.count = count
    }
}

/// An occurrence of a schedule as the ledger holds it: claimed before its work starts, closed by success, final failure
/// or a skip with its reason.
package struct ClaimedOccurrence: Sendable, Equatable {
    package var id: OccurrenceID
    package var schedule: ScheduleID
    /// The schedule's name when it was claimed.
    package var name: String
    package var origin: OccurrenceOrigin
    /// Who asked for it; the daemon for planned ones.
    package var actor: Actor
    /// When it was due; of one on demand, when it was asked for.
    package var planned: Instant
    package var coalesced: CoalescedOccurrences?
    package var lateness: Lateness?
    package var claimed: Instant
    package var state: OccurrenceState
    /// The attempt at work or waited for, from 1; 0 when it was skipped without one.
    package var attempt: Int
    /// How often the daemon ended in the middle of it.
    package var interruptions: Int
    /// When it is tried again; nil while it works and when it is closed.
    package var nextAttempt: Instant?
    /// Why it failed, waits or was skipped.
    package var reason: String?
    /// The runs it made, when it told them.
    package var runs: [Int64]
    package var closed: Instant?

    package init(
        id: OccurrenceID, schedule: ScheduleID, name: String, origin: OccurrenceOrigin = .planned,
        actor: Actor = .daemon, planned: Instant, coalesced: CoalescedOccurrences? = nil, lateness: Lateness? = nil,
        claimed: Instant, state: OccurrenceState = .open, attempt: Int = 1, interruptions: Int = 0,
        nextAttempt: Instant? = nil, reason: String? = nil, runs: [Int64] = [], closed: Instant? = nil
    ) {
        self.id = id
        self.schedule = schedule
        self.name = name
        self.origin = origin
        self.actor = actor
        self.planned = planned
        self.coalesced = coalesced
        self.lateness = lateness
        self.claimed = claimed
        self.state = state
        self.attempt = attempt
        self.interruptions = interruptions
        self.nextAttempt = nextAttempt
        self.reason = reason
        self.runs = runs
        self.closed = closed
    }
}

/// How the work of an occurrence ended.
package enum OccurrenceEnding: Sendable, Equatable {
    case succeeded(runs: [Int64] = [])
    /// One that can't be mended by trying again isn't retried.
    case failed(reason: String, retryable: Bool = true, runs: [Int64] = [])
    case skipped(reason: String, runs: [Int64] = [])

    /// Why an occurrence of a schedule whose databases are no more is skipped.
    package static let coversNothing = "it covers no database now"
}
