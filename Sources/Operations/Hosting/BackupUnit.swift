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
        var limit = SequenceNumber.max
        while let sequence = try repository.lastSequence(of: id, below: limit) {
            if let record = try? record(sequence), !record.isVoid { return record }
            limit = sequence
        }
        return nil
    }

    /// The newest backup's number, told also when its record can't be read; nil when there is none.
    func newestSequence() throws -> SequenceNumber? {
        var limit = SequenceNumber.max
        while let sequence = try repository.lastSequence(of: id, below: limit) {
            if (try? record(sequence))?.isVoid != true { return sequence }
            limit = sequence
        }
        return nil
    }

    package func record(_ sequence: SequenceNumber) throws -> PointRecord { try repository.record(sequence, of: id) }
    package func image(of sequence: SequenceNumber) throws -> Image { try repository.image(sequence, of: id) }
    func damage() throws -> DamageList { try repository.knownDamage(of: id) }

    func beginBackup(compression: Compression) throws -> PointWriter {
        try repository.startPoint(of: id, compression: compression)
    }

    /// Ids up to this may have been used for files of this unit, beside those of the image that a backup is built on.
    ///
    /// Every backup takes at least one id for a unit of one file. Images that can't be read may hold any that came after
    /// those of readable ones; so many new files between two backups that can be read are out of question.
    func takenFileIDs(before sequence: SequenceNumber, healing: Bool) throws -> UInt32 {
        let byNumber = UInt32(truncatingIfNeeded: sequence) - 1
        guard healing else { return byNumber }
        let readable = try repository.sequences(of: id).compactMap { try? record($0) }
        let highest = readable.flatMap(\.draft.files).map(\.id).max() ?? 0
        return max(byNumber, highest) + (1 << 20)
    }

    /// All backups, oldest first, void points left out.
    package func records() throws -> [PointRecord] {
        try repository.sequences(of: id).map(record).filter { !$0.isVoid }
    }

    /// The backup after the last full that found no drift: from there on backups are suspect when drift is found.
    func firstSuspect(upTo newest: PointRecord) throws -> SequenceNumber {
        var limit = newest.sequence + 1
        while let sequence = try repository.lastSequence(of: id, below: limit) {
            let record = try record(sequence)
            if !record.isVoid, record.draft.kind == .full, record.draft.drift == nil { return sequence + 1 }
            limit = sequence
        }
        return 1
    }
}
