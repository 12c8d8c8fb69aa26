package import Model
package import Wire

/// The sentence on top of `status`: can everything be restored, to when, what comes next, what needs somebody.
package struct StatusSentence {
    package var databases: [Database]
    /// Of servers, repository, clock; beyond the faults of single databases.
    package var problems: [ProblemObject]
    package var next: NextRun?
    /// Errors that nobody has acknowledged.
    package var unacknowledged: Int
    package var backupsAreCounted: Bool
    /// Why the repository can't be opened: whatever was backed up, nothing of it can be restored then.
    package var repositoryFault: String?
    /// What clocks show at an instant, short.
    package var time: (Instant) -> String

    package init(
        databases: [Database], problems: [ProblemObject] = [], next: NextRun? = nil, unacknowledged: Int = 0,
        backupsAreCounted: Bool = true, repositoryFault: String? = nil, time: @escaping (Instant) -> String
    ) {
        self.databases = databases
        self.problems = problems
        self.next = next
        self.unacknowledged = unacknowledged
        self.backupsAreCounted = backupsAreCounted
        self.repositoryFault = repositoryFault
        self.time = time
    }

    package var text: String {
        if let repositoryFault {
            return (["nothing can be restored now: \(repositoryFault)", upcoming].compactMap { $0 } + otherNeeds)
                .joined(separator: "; ")
        }
        guard !databases.isEmpty else {
            return "no databases were found; needs you: "
                + (problems.first?.message ?? "name their folders in the settings")
        }
        return ([restorable, upcoming].compactMap { $0 } + [needs]).joined(separator: "; ")
    }

    /// Backups in soft delete can't be restored; without the repository they were not counted.
    private func hasBackup(_ database: Database) -> Bool {
        database.lastBackup != nil && (database.backups > 0 || !backupsAreCounted)
    }

    /// The instant that every database with a backup can be restored to, or a later one.
    private var restorable: String {
        let good = databases.filter { hasBackup($0) && $0.doubt == nil }
        let noun = databases.count == 1 ? "database" : "databases"
        guard let oldest = good.compactMap(Self.known).min() else { return notRestorable }
        let subject =
            good.count < databases.count
            ? "\(good.count) of \(databases.count) \(noun) can be"
            : databases.count == 1 ? "the database can be" : "all \(databases.count) databases can be"
        let proven = good.compactMap(\.lastProven)
        let proof =
            proven.count == good.count
            ? proven.min().map { "proven on \(time($0))\(good.count == 1 ? "" : " or later")" } ?? ""
            : proven.isEmpty ? "not proven yet" : "\(proven.count) of \(good.count) proven"
        return "\(subject) restored to \(time(oldest))\(good.count == 1 ? "" : " or later"), \(proof)"
    }

    private var notRestorable: String {
        if databases.contains(where: { hasBackup($0) && $0.doubt != nil }) {
            return databases.count == 1
                ? "the database can't be restored from its newest backup"
                : "none of \(databases.count) databases can be restored from its newest backup"
        }
        return databases.count == 1
            ? "the database has no backup yet" : "none of \(databases.count) databases has a backup yet"
    }

    private var upcoming: String? { next.map { "next: \($0.schedule) at \(time($0.instant))" } }

    private var needs: String { demands.isEmpty ? "nothing needs you" : demand(demands) }

    /// Beside the repository, which is the first of them.
    private var otherNeeds: [String] {
        let others = demands.filter { $0 != repositoryFault }
        return others.isEmpty ? [] : [demand(others)]
    }

    private func demand(_ needs: [String]) -> String {
        "needs you: \(needs[0])" + (needs.count > 1 ? ", and \(needs.count - 1) more" : "")
    }

    private var demands: [String] {
        var needs = doubts
        add(databases.filter(\.overdue), "is overdue", "are overdue", to: &needs)
        add(databases.filter { $0.fault != nil && !$0.overdue }, "has a fault", "have a fault", to: &needs)
        add(
            databases.filter { !hasBackup($0) && $0.fault == nil && !$0.overdue }, "has no backup",
            "have no backup", to: &needs)
        needs += problems.map(\.message)
        if needs.isEmpty, unacknowledged > 0 {
            needs.append(unacknowledged == 1 ? "1 error to acknowledge" : "\(unacknowledged) errors to acknowledge")
        }
        return needs
    }

    /// First of all: what was taken for safe is not.
    private var doubts: [String] {
        let doubtful = databases.filter { hasBackup($0) && $0.doubt != nil }
        guard let first = doubtful.first, let doubt = first.doubt else { return [] }
        return doubtful.count == 1
            ? ["\(first.name): \(doubt.message)"]
            : ["\(doubtful.count) databases have a newest backup that can't be counted on"]
    }

    private func add(_ databases: [Database], _ one: String, _ several: String, to needs: inout [String]) {
        guard let first = databases.first else { return }
        needs.append(databases.count == 1 ? "\(first.name) \(one)" : "\(databases.count) databases \(several)")
    }

    /// The newest instant that a database can be restored to.
    private static func known(_ database: Database) -> Instant? {
        [database.lastBackup, database.unchangedAsOf].compactMap { $0 }.max()
    }
}
