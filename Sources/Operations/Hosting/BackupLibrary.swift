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

    /// Newest first.
    /// - Parameter known: databases that may have none.
    func backups(_ filter: BackupFilter, known: [DatabaseName] = []) throws -> [Backup] {
        let units = try allUnits()
        let names = Array(Set(units.map(\.name) + known))
        let chosen =
            filter.databases.isEmpty
            ? Set(names) : Set(try NameSelection.several(filter.databases, among: names))
        let found = try units.filter { chosen.contains($0.name) }.flatMap { try backups(of: $0.unit) }.filter {
            backup in
            (filter.deleted || backup.deleted == nil) && (filter.since.map { backup.instant >= $0 } ?? true)
                && (filter.until.map { backup.instant <= $0 } ?? true)
        }.sorted { ($0.instant, $0.id.sequence) > ($1.instant, $1.id.sequence) }
        return filter.limit.map { Array(found.prefix($0)) } ?? found
    }

    /// - Throws: `not-found`, `ambiguous-name`.
    func backup(_ id: BackupID) throws -> Backup {
        let (unit, sequence) = try locate(id)
        guard let backup = try backups(of: unit).first(where: { $0.id.sequence == sequence }) else {
            throw missing(id)
        }
        return backup
    }

    func mark(_ id: BackupID, _ mark: Mark) throws {
        let (unit, sequence) = try locate(id)
        try repository.mark(sequence, of: unit.id, mark)
    }

    /// The backup meant by a request: the one named, else the newest that is not later than `instant`.
    ///
    /// One whose record can't be read is passed over, even if it may have been the one meant: `backups` doesn't show it.
    /// - Throws: `not-found`; the damage when no record can be read.
    func choose(_ database: String, _ id: BackupID?, at instant: Instant?) throws -> (BackupUnit, PointRecord) {
        if let id {
            let (unit, sequence) = try locate(id)
            return (unit, try unit.record(sequence))
        }
        let (name, unit) = try find(database)
        let (records, damage) = try living(of: unit)
        let usable = records.filter { record in instant.map { record.draft.instant <= $0 } ?? true }
        guard let record = usable.max(by: { ($0.draft.instant, $0.sequence) < ($1.draft.instant, $1.sequence) }) else {
            throw damage ?? noBackup(name, instant)
        }
        return (unit, record)
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

    /// Oldest first.
    func backups(of unit: BackupUnit) throws -> [Backup] {
        let (records, marks, damaged) = try details(of: unit)
        return records.map { record in
            let mark = marks[record.sequence] ?? MarkState(isPreserved: false)
            return Backup(
                record, mark, isSuspect: isSuspect(record, among: records, proven: mark.proofs[.restore]),
                isDamaged: damaged.contains(record.sequence), undelete: undelete)
        }
    }

    /// What is known of the backups of a unit, oldest first, void points left out: their records, marks, and which of them
    /// suffer from damage that is known.
    func details(
        of unit: BackupUnit
    ) throws -> (records: [PointRecord], marks: [SequenceNumber: MarkState], damaged: Set<SequenceNumber>) {
        let records = try repository.sequences(of: unit.id).compactMap { sequence in
            // A damaged record keeps nobody from the others; `holdfast repository check` names it.
            try? unit.record(sequence)
        }.filter { !$0.isVoid }
        let preserved = Set(records.filter(\.draft.preserved).map(\.sequence))
        let marks = try repository.markStates(of: unit.id, preservedAtBirth: preserved)
        return (records, marks, try repository.affected(by: try repository.knownDamage(of: unit.id), of: unit.id))
    }

    /// Whether drift was found after a backup, and it was not proven since.
    func isSuspect(_ record: PointRecord, among records: [PointRecord], proven: Instant?) -> Bool {
        records.contains { later in
            guard let drift = later.draft.drift, drift.suspectFrom <= record.sequence, record.sequence < later.sequence
            else { return false }
            return proven.map { $0 < later.draft.finished } ?? true
        }
    }

    private func locate(_ id: BackupID) throws -> (BackupUnit, SequenceNumber) {
        let units = try repository.units().filter { id.isOf(unit: $0) }
        guard let unit = units.first else { throw missing(id) }
        guard units.count == 1 else {
            throw Fault(.ambiguousName, "backup \(id) may be one of \(units.count) databases", hint: "type more digits")
        }
        guard try repository.sequences(of: unit).contains(id.sequence) else { throw missing(id) }
        return (BackupUnit(unit, in: repository), id.sequence)
    }

    private func missing(_ id: BackupID) -> Fault {
        Fault(.notFound, "there is no backup \(id)", hint: "list them with `holdfast backups`")
    }

    private func noBackup(_ name: DatabaseName, _ instant: Instant?) -> Fault {
        let when = instant.map { " at or before \($0.rfc3339(offsetSeconds: LocalZone.offsetSeconds(at: $0)))" } ?? ""
        return Fault(.notFound, "\(name) has no backup\(when)", hint: "list them with `holdfast backups \(name)`")
    }
}

extension Backup {
    init(_ record: PointRecord, _ mark: MarkState, isSuspect: Bool, isDamaged: Bool, undelete: Duration) {
        let draft = record.draft
        let deepest = mark.proofs.max { $0.key < $1.key }
        self.init(
            id: record.id, database: draft.database, instant: draft.instant, kind: draft.kind, origin: draft.origin,
            actor: Principal(draft.actor), comment: draft.comment.isEmpty ? nil : draft.comment,
            size: ByteCount(draft.files.reduce(0) { $0 + $1.length }), storedBytes: record.bytesStored,
            pages: draft.files.reduce(0) { $0 + UInt64($1.pages) }, pagesStored: record.pagesStored,
            engine: draft.engine, verified: deepest.map { Proof(level: $0.key, instant: $0.value) },
            proven: mark.proofs[.restore], preserved: mark.isPreserved, suspect: isSuspect, damaged: isDamaged,
            deleted: mark.deleted, removal: mark.deleted.map { $0 + undelete })
    }
}
