package import Model
package import Storage

/// The backups of one unit in an open repository.
package struct BackupUnit: Sendable {
    package let repository: Repository
    package let id: UnitID

    package init(_ id: UnitID, in repository: Repository) {
        self.id = id
        self.repository = repository
    }

    package func newest() throws -> PointRecord? { try repository.newest(of: id) }
    /// The newest backup whose record can be read; for names and listings only, never to build on.
    package func newestReadable() throws -> PointRecord? {
        try repository.sequences(of: id).reversed().lazy.compactMap { try? record($0) }.first { !$0.isVoid }
    }

    package func record(_ sequence: SequenceNumber) throws -> PointRecord { try repository.record(sequence, of: id) }
    package func image(of sequence: SequenceNumber) throws -> Image { try repository.image(sequence, of: id) }
    func damage() throws -> DamageList { try repository.knownDamage(of: id) }

    func beginBackup(compression: Compression) throws -> PointWriter {
        try repository.startPoint(of: id, compression: compression)
    }

    /// All backups, oldest first, void points left out.
    package func records() throws -> [PointRecord] {
        try repository.sequences(of: id).map(record).filter { !$0.isVoid }
    }

    /// The backup after the last full that found no drift: from there on backups are suspect when drift is found.
    func firstSuspect(upTo newest: PointRecord) throws -> SequenceNumber {
        for sequence in try repository.sequences(of: id).reversed() where sequence <= newest.sequence {
            let record = try record(sequence)
            if !record.isVoid, record.draft.kind == .full, record.draft.drift == nil { return sequence + 1 }
        }
        return 1
    }
}
