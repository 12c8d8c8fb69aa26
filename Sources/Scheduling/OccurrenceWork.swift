package import Model

/// An attempt that is to start now.
package struct OccurrenceStart: Sendable, Equatable {
    package var occurrence: ClaimedOccurrence
    package var schedule: Schedule

    package init(occurrence: ClaimedOccurrence, schedule: Schedule) {
        self.occurrence = occurrence
        self.schedule = schedule
    }
}

/// Who carries out what is due; fulfilled by `Operations`.
package protocol OccurrenceWork: Sendable {
    /// Begins with attempts that are claimed durably, on threads of its own; returns at once.
    ///
    /// - Parameters:
    ///   - starts: those on demand first, then fulls, progressives, others.
    ///   - finished: to be called exactly once for each, at any time and on any thread. Only then is the schedule's next
    ///     occurrence claimed.
    func start(_ starts: [OccurrenceStart], finished: @escaping @Sendable (OccurrenceID, OccurrenceEnding) -> Void)

    /// The ledger can't be written: nothing starts until it can. Called once for each such time.
    func ledgerFailed(_ fault: Fault)

    /// The ledger can be written again.
    func ledgerRecovered()
}
