package import Model

/// The durable record of schedules and of what was claimed of them; fulfilled by the catalog.
///
/// Every method blocks and is one transaction: all of it is durable on return, together with its messages, or nothing
/// happened.
package protocol ScheduleLedger: Sendable {
    func ledgerContent() throws -> LedgerContent

    /// - Returns: for each claim the number of its occurrence; nil when the schedule's mark is no longer the expected
    ///   one, or the schedule is gone: nothing was claimed then.
    func commit(_ changes: LedgerChanges) throws -> [OccurrenceID?]

    /// Takes the marks of schedules back to `now` or before it, for what is due to run although the clock was set back.
    func rewind(_ schedules: [ScheduleRewind], to now: Instant) throws -> [ScheduleID: SchedulePosition]
}
