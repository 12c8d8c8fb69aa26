package import Model

/// How a schedule stands; for people.
package struct ScheduleStatus: Sendable, Equatable {
    package var id: ScheduleID
    package var schedule: Schedule
    /// The next occurrence; nil when none follows or the schedule is disabled.
    package var next: Instant?
    package var open: ClaimedOccurrence?
    /// Why what is due doesn't start.
    package var waiting: String?
    package var last: ClaimedOccurrence?
    /// Why it has no beat.
    package var fault: Fault?
}
