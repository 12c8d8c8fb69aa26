import Catalog
import Model
import Platform
import Policies
import Settings
import Storage
import Wire

/// A backup unit with what retention makes of it now.
struct PlannedPrune {
    let unit: BackupUnit
    let database: DatabaseName
    /// Ascending.
    let backups: [RetainedBackup]
    let plan: RetentionPlan
}

extension Host {
    var retentionLimits: RetentionLimits {
        RetentionLimits(maxKeepDays: settings.retention.maxKeepDays, maxDeletedDays: 15)
    }

    /// All rules in force: those of the settings, of admins and of schedules.
    func ruleBook() throws -> RetentionRuleBook {
        let ofAdmins = try catalog.retention()
        let standard = ofAdmins.first { $0.scope.isEmpty }?.rules ?? RetentionRules()
        return RetentionRuleBook(
            standard: standard.completed(by: settings.retention.rules),
            scopes: Dictionary(
                ofAdmins.filter { !$0.scope.isEmpty }.map { (DatabaseName($0.scope), $0.rules) },
                uniquingKeysWith: { $1 }),
            schedules: Dictionary(
                try catalog.schedules().compactMap { stored in
                    stored.definition.retention.map { (stored.definition.name, $0) }
                }, uniquingKeysWith: { $1 }))
    }

    /// The units that a request means, in order of name.
    ///
    /// - Throws: `not-found`, `ambiguous-name`; why the repository can't be read.
    func unitsToPrune(_ request: PruneRequest, in repository: Repository) throws -> [(BackupUnit, DatabaseName)] {
        let records = Dictionary(
            try catalog.databases(includingGone: true).map { ($0.unit, $0.name) },
            uniquingKeysWith: { first, _ in first })
        let units = try repository.units().compactMap { id -> (BackupUnit, DatabaseName)? in
            let unit = BackupUnit(id, in: repository)
            guard let name = records[id] ?? (try? unit.newestReadable())??.draft.database else { return nil }
            return (unit, name)
        }
        let chosen = try Self.chosen(request.databases, among: units.map(\.1))
        return units.filter { chosen.contains($0.1) }.sorted { $0.1 < $1.1 }
    }

    /// What a prune would do to a unit now; preview and prune both go by this.
    ///
    /// - Throws: why the unit can't be read.
    func planPrune(_ request: PruneRequest, of unit: BackupUnit, _ name: DatabaseName) throws -> PlannedPrune {
        try observeClock()
        let zone = try daemonZone()
        let terms = RetentionTerms(
            book: try ruleBook(), now: WallClock.now(), zone: { zone.offsetSeconds(at: $0) },
            clockIsTrusted: clockDoubt() == nil, undeleteWindow: settings.retention.undelete,
            shareLimit: settings.retention.largestShare, confirmed: request.confirmed, immediate: request.now)
        return try plan(unit, name, try catalog.database(unit.id), terms)
    }

    private static func chosen(_ typed: [String], among names: [DatabaseName]) throws -> Set<DatabaseName> {
        typed.isEmpty ? Set(names) : Set(try NameSelection.several(typed, among: Array(Set(names))))
    }

    private func plan(
        _ unit: BackupUnit, _ name: DatabaseName, _ record: DatabaseRecord?, _ terms: RetentionTerms
    ) throws -> PlannedPrune {
        let backups = try unit.retained()
        let history = RetentionHistory(database: name, presence: presence(record, terms), backups: backups)
        return PlannedPrune(unit: unit, database: name, backups: backups, plan: RetentionPlan(history, terms))
    }

    /// A unit that the catalog doesn't know may belong to a database that exists: nothing of it goes.
    private func presence(_ record: DatabaseRecord?, _ terms: RetentionTerms) -> UnitPresence {
        guard let record else { return .unreachable }
        switch record.state {
        case .present, .faulty: return .present
        case .unreachable: return .unreachable
        case .missing, .gone:
            guard let grace = record.grace else { return .unreachable }
            let days = terms.book.rules(for: nil, record.name).deletedDays
            return GraceMachine(grace).presence(deletedDays: days, now: terms.now)
        }
    }
}

extension BackupUnit {
    /// The backups as retention sees them, ascending. A backup whose record can't be read is left out: nothing decides
    /// about it. O(backups); about 150 bytes for each.
    func retained() throws -> [RetainedBackup] {
        var backups: [RetainedBackup] = []
        var items = try UnitBackups(of: self)
        while let item = try items.next() {
            let (draft, mark) = (item.record.draft, item.mark)
            backups.append(
                RetainedBackup(
                    sequence: item.record.sequence, instant: draft.instant, kind: draft.kind, schedule: draft.schedule,
                    isPreserved: mark.isPreserved, isGood: !item.isDamaged && !item.isSuspect,
                    provenAt: mark.proofs[.restore],
                    softDeletion: mark.deleted.map {
                        .init(since: $0, by: mark.deletedBy == .daemon ? .policy : .admin)
                    }, undeletedAt: mark.undeleted))
        }
        return backups.reversed()
    }
}
