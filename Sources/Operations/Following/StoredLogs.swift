package import Engines
package import Model
package import Storage

/// The logs that a unit has in the repository, one for each server and branch.
package struct StoredLogs {
    package struct Branch {
        var lineage: UInt64 { last.span.lineage }
        package let stretches: LogStretches
        /// Of the oldest stretch that is there, and of the newest.
        let first: LogRecord
        package let last: LogRecord
    }

    let unit: BackupUnit
    package let branches: [Branch]

    /// - Throws: `log-damaged`.
    package init(of unit: BackupUnit) throws {
        self.unit = unit
        let spans = try unit.repository.logSpans(of: unit.id)
        branches = try Set(spans.map(\.lineage)).sorted().compactMap { lineage in
            let stretches = LogStretches(spans, of: lineage)
            guard let first = stretches.spans.first, let last = stretches.last else { return nil }
            return Branch(
                stretches: stretches, first: try unit.repository.logRecord(first, of: unit.id),
                last: try unit.repository.logRecord(last, of: unit.id))
        }
    }

    /// The one that was written last.
    package var newest: Branch? { branches.max { $0.last.written < $1.last.written } }

    /// The number of the next branch of a server.
    func nextBranch(of system: String) -> Int {
        (branches.filter { $0.last.system == system }.map(\.last.branch).max() ?? -1) + 1
    }

    /// The log that goes on from a backup; nil when there is none.
    package func log(after base: LogBase, finished: Instant) throws -> StoredLog? {
        try branch(after: base, finished: finished).map { try StoredLog($0.stretches, in: unit) }
    }

    /// The branch that a backup belongs to.
    func branch(after base: LogBase, finished: Instant) -> Branch? {
        let own = branches.filter { $0.first.system == base.position.system }
            .sorted { $0.first.began < $1.first.began }
        // A backup belongs to the branch that was written at the time.
        return own.last { $0.first.began <= finished } ?? own.first
    }
}
