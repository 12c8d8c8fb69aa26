internal import Model
package import Wire

/// How a setup has ended: what is proven, what isn't and why, and what is left to do.
package struct SetupConclusion {
    package let databases: Int
    package let proven: Int
    /// Whether nothing failed.
    package let isGood: Bool
    package let text: String

    /// - Parameter otherFailures: of whole servers, and of steps that the rest went on without.
    package init(
        _ all: [Database], isDrilled: Bool, otherFailures: [String] = [], keyFile: String, keyIsSealed: Bool = false,
        repository: String
    ) {
        let present = all.filter { ![.deleted, .removed].contains($0.state) }
        let good = present.filter { ($0.lastProven != nil || !isDrilled) && $0.lastBackup != nil && $0.fault == nil }
        databases = present.count
        proven = present.count { $0.lastProven != nil }
        let own = present.filter { database in !good.contains { $0.name == database.name } }.map(Self.failure)
        // What is said of a database by itself need not be said twice.
        let failures =
            otherFailures.filter { other in !own.contains { $0.contains(other) || other.contains($0) } } + own
        isGood = failures.isEmpty && !present.isEmpty
        let head = Self.head(present.count, proven, isDrilled)
        let rest = failures.isEmpty ? "" : "; \(failures.joined(separator: "; "))"
        text =
            "\(head)\(rest)\nnext: "
            + (keyIsSealed
                ? "keep the recovery key on another machine: \(keyFile) opens nothing anywhere else, and without a key "
                    + "nobody can read \(repository)"
                : "copy \(keyFile) to another machine, or keep the recovery key there: without one of "
                    + "them nobody can read \(repository)")
            + "; `holdfast status` shows how things are, `holdfast doctor` what may "
            + "go wrong"
    }

    private static func head(_ count: Int, _ proven: Int, _ isDrilled: Bool) -> String {
        let noun = count == 1 ? "database" : "databases"
        guard count > 0 else { return "no database was found" }
        guard isDrilled else { return "\(count) \(noun) backed up, not proven: run `holdfast drill --all`" }
        guard proven < count else {
            return count == 1 ? "the database is proven restorable" : "all \(count) databases are proven restorable"
        }
        return "\(proven) of \(count) \(noun) \(proven == 1 ? "is" : "are") proven restorable"
    }

    private static func failure(_ database: Database) -> String {
        let reason =
            database.fault?.message ?? (database.lastBackup == nil ? "has no backup" : "its drill did not prove it")
        return "\(database.name): \(reason)"
    }
}
