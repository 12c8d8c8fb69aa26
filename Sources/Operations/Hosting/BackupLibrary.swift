import Model
import Platform
import Storage
import Wire

/// The backups of a repository as people see them.
///
/// Everything comes from the repository: no catalog is needed.
struct BackupLibrary {
    private let repository: Repository
    /// How long a deleted backup can be brought back.
    private let undelete: Duration

    init(_ repository: Repository, undelete: Duration = .seconds(86_400)) {
        self.repository = repository
        self.undelete = undelete
    }

    /// Newest first. O(units) before the first one, then O(backups looked at).
    /// - Parameter known: databases that may have none.
    func cursor(_ filter: BackupFilter, known: [DatabaseName] = []) throws -> BackupCursor {
        let units = try allUnits()
        let names = Array(Set(units.map(\.name) + known))
        let chosen =
            filter.databases.isEmpty
            ? Set(names) : Set(try NameSelection.several(filter.databases, among: names))
        return BackupCursor(
            units.filter { chosen.contains($0.name) }.map { ($0.unit, $0.instant) }, filter, undelete: undelete)
    }

    /// Newest first, all of them.
    func backups(_ filter: BackupFilter, known: [DatabaseName] = []) throws -> [Backup] {
        try cursor(filter, known: known).next(.max)
    }

    /// - Throws: `not-found`, `ambiguous-name`.
    func backup(_ id: BackupID) throws -> Backup {
        let (unit, sequence) = try locate(id)
        guard let item = try unit.item(sequence) else { throw missing(id) }
        return Backup(item, undelete: undelete)
    }

    func mark(_ id: BackupID, _ mark: Mark) throws {
        let (unit, sequence) = try locate(id)
        try repository.mark(sequence, of: unit.id, mark)
    }

    /// The backup meant by a request: the one named, else the newest that is not later than `instant`. O(1) for the newest,
    /// else O(backups after it).
    ///
    /// One whose record can't be read is passed over, even if it may have been the one meant: `backups` doesn't show it.
    /// - Throws: `not-found`; the damage when no record can be read.
    func choose(_ database: String, _ id: BackupID?, at instant: Instant?) throws -> (BackupUnit, PointRecord) {
        if let id {
            let (unit, sequence) = try locate(id)
            return (unit, try unit.record(sequence))
        }
        let (name, unit) = try find(database)
        var damage: Fault?
        let found = try unit.firstLiving { sequence -> PointRecord? in
            do {
                let record = try unit.record(sequence)
                return !record.isVoid && instant.map { record.draft.instant <= $0 } ?? true ? record : nil
            } catch let fault as Fault where fault.code.isDamage {
                damage = damage ?? fault
                return nil
            }
        }
        guard let found else { throw damage ?? noBackup(name, instant) }
        return (unit, found)
    }

    /// The backup meant by a request to restore, and the log after it.
    ///
    /// - Throws: as `choose`; `target-not-reached`, `wrong-usage`; damage of the log.
    func choose(_ request: RestoreRequest) throws -> (BackupUnit, PointRecord, Recovery?) {
        let target = try request.logTarget
        if let target, request.backup == nil {
            let (_, unit) = try find(request.database)
            let records = try living(of: unit).records.sorted {
                ($0.draft.instant, $0.sequence) > ($1.draft.instant, $1.sequence)
            }
            let choice = RecoveryChoice(
                unit: unit, records: records, target: target, timeline: request.timeline, promotes: request.promote)
            if let (record, recovery) = try choice.find() { return (unit, record, recovery) }
            // One whose log is followed may hold what was committed up to when it was finished.
            if let first = records.last, try EngineDefaults(of: first).logBase(of: first) != nil {
                throw noBackup(first.draft.database, request.at)
            }
        }
        let (unit, record) = try choose(request.database, request.backup, at: request.at)
        guard let target, request.backup != nil else { return (unit, record, nil) }
        let choice = RecoveryChoice(
            unit: unit, records: [record], target: target, timeline: request.timeline, promotes: request.promote)
        return (unit, record, try choice.find()?.1)
    }

    private func find(_ database: String) throws -> (DatabaseName, BackupUnit) {
        let units = try units()
        let name = try NameSelection.one(database, among: units.map(\.name))
        guard let unit = units.first(where: { $0.name == name })?.unit else { throw noBackup(name, nil) }
        return (name, unit)
    }

    /// Backups that aren't deleted, newest first, and the first damage met.
    private func living(of unit: BackupUnit) throws -> (records: [PointRecord], damage: Fault?) {
        let marks = try repository.markStates(of: unit.id, preservedAtBirth: [])
        let living = try repository.sequences(of: unit.id).reversed().filter { marks[$0]?.deleted == nil }
        return try readable(living, of: unit)
    }

    /// The backups among points, and the first damage met.
    /// - Throws: what is no damage, such as `input-output`.
    private func readable(
        _ sequences: [SequenceNumber], of unit: BackupUnit
    ) throws -> (records: [PointRecord], damage: Fault?) {
        var damage: Fault?
        let records = try sequences.compactMap { sequence in
            do {
                let record = try unit.record(sequence)
                return record.isVoid ? nil : record
            } catch let fault as Fault where fault.code.isDamage {
                damage = damage ?? fault
                return nil
            }
        }
        return (records, damage)
    }

    /// Units with the name that their newest backup gives them; of several with one name the one backed up last.
    func units() throws -> [(name: DatabaseName, unit: BackupUnit)] {
        var byName: [DatabaseName: (unit: BackupUnit, instant: Instant)] = [:]
        for (name, unit, instant) in try allUnits() {
            if let other = byName[name], other.instant >= instant { continue }
            byName[name] = (unit, instant)
        }
        return byName.sorted { $0.key < $1.key }.map { ($0.key, $0.value.unit) }
    }

    /// Every unit, with the name and the instant of its newest backup: also those whose name another one bears now.
    private func allUnits() throws -> [(name: DatabaseName, unit: BackupUnit, instant: Instant)] {
        try repository.units().compactMap { id in
            let unit = BackupUnit(id, in: repository)
            do {
                return try unit.newestReadable().map { ($0.draft.database, unit, $0.draft.instant) }
            } catch let fault as Fault where fault.code.isDamage {
                // One unit that can't be read keeps nobody from the others; `holdfast repository check` names it.
                return nil
            }
        }
    }

    private func locate(_ id: BackupID) throws -> (BackupUnit, SequenceNumber) {
        let units = try repository.units().filter { id.isOf(unit: $0) }
        guard let unit = units.first else { throw missing(id) }
        guard units.count == 1 else {
            throw Fault(.ambiguousName, "backup \(id) may be one of \(units.count) databases", hint: "type more digits")
        }
        guard id.sequence < .max,
            try repository.lastSequence(of: unit, below: id.sequence + 1) == id.sequence
        else {
            throw missing(id)
        }
        return (BackupUnit(unit, in: repository), id.sequence)
    }

    private func missing(_ id: BackupID) -> Fault {
        Fault(.notFound, "there is no backup \(id)", hint: "list them with `holdfast backups`")
    }

    private func noBackup(_ name: DatabaseName, _ instant: Instant?) -> Fault {
        let when = instant.map { " at or before \($0.rfc3339(offsetSeconds: LocalZone.offsetSeconds(at: $0)))" } ?? ""
        return Fault(
            .notFound, "\(name) has no backup\(when)", hint: "list them with `holdfast backups \(name.shellWord)`")
    }
}

extension Backup {
    init(_ item: UnitBackups.Item, undelete: Duration) {
        let (record, draft, mark) = (item.record, item.record.draft, item.mark)
        let deepest = mark.proofs.max { $0.key < $1.key }
        self.init(
            id: record.id, database: draft.database, instant: draft.instant, kind: draft.kind, origin: draft.origin,
            actor: Principal(draft.actor), comment: draft.comment.isEmpty ? nil : draft.comment,
            size: ByteCount(draft.files.reduce(0) { $0 + $1.length }), storedBytes: record.bytesStored,
            pages: draft.files.reduce(0) { $0 + UInt64($1.pages) }, pagesStored: record.pagesStored,
            engine: draft.engine, verified: deepest.map { Proof(level: $0.key, instant: $0.value) },
            proven: mark.proofs[.restore], preserved: mark.isPreserved, suspect: item.isSuspect,
            damaged: item.isDamaged, deleted: mark.deleted, removal: mark.deleted.map { $0 + undelete })
    }
}
