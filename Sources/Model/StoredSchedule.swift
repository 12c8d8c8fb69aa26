/// Number of a schedule in the ledger; a name that is added again gets a new one.
package typealias ScheduleID = Int64

/// A schedule as the ledger holds it.
package struct StoredSchedule: Sendable, Equatable {
    package var id: ScheduleID
    package var definition: Schedule
    package var position: SchedulePosition
    package var created: Instant
    package var changed: Instant
    /// Who changed it last.
    package var changedBy: Actor

    package init(
        id: ScheduleID, definition: Schedule, position: SchedulePosition, created: Instant, changed: Instant,
        changedBy: Actor
    ) {
        self.id = id
        self.definition = definition
        self.position = position
        self.created = created
        self.changed = changed
        self.changedBy = changedBy
    }
}

/// How far the occurrences of a schedule are claimed.
///
/// All up to `mark` are. After the clock was set back, `mark` goes back with it; what was claimed beyond it stays known.
package struct SchedulePosition: Sendable, Hashable {
    /// The planned instant up to which occurrences are claimed.
    package var mark: Instant
    /// The furthest mark there was. Once the clock is past it, everything up to it was claimed, alone or coalesced.
    package var reach: Instant
    /// Planned instants after `mark` that were claimed, each by itself; they aren't repeated.
    package var ahead: Set<Instant>

    package init(mark: Instant, reach: Instant? = nil, ahead: Set<Instant> = []) {
        self.mark = mark
        self.reach = reach ?? mark
        self.ahead = ahead
    }

    /// What counts as claimed at `now`.
    package func lower(at now: Instant) -> Instant { now >= reach ? max(mark, reach) : mark }
}
