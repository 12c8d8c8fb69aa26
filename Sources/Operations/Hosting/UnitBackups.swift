import Model
import Storage
import Wire

/// The backups of one unit from the newest to the oldest, one record at a time; void points left out.
///
/// A record that can't be read keeps nobody from the others; `holdfast repository check` names it.
struct UnitBackups {
    /// A backup with what is known of it beside its record.
    struct Item {
        var record: PointRecord
        var mark: MarkState
        /// Drift was found after it, and it was not proven since.
        var isSuspect: Bool
        /// It suffers from damage that is known.
        var isDamaged: Bool
    }

    private let unit: BackupUnit
    private var rest: ArraySlice<SequenceNumber>
    private let marks: MarkBook
    private let damaged: Set<SequenceNumber>
    /// Of those that came so far, which are all that are newer.
    private var drifts: [FoundDrift] = []

    /// O(backups) names.
    init(of unit: BackupUnit) throws {
        self.unit = unit
        rest = try unit.repository.sequences(of: unit.id)[...]
        marks = try unit.repository.markBook(of: unit.id)
        damaged = try unit.repository.affected(by: unit.damage(), of: unit.id)
    }

    /// - Throws: what is no damage of a record.
    mutating func next() throws -> Item? {
        while let sequence = rest.popLast() {
            guard let record = try? unit.record(sequence), !record.isVoid else { continue }
            let mark = try marks.state(of: sequence, preservedAtBirth: record.draft.preserved)
            let isSuspect = drifts.contains { $0.makesSuspect(sequence, proven: mark.proofs[.restore]) }
            if let drift = FoundDrift(record) { drifts.append(drift) }
            return Item(record: record, mark: mark, isSuspect: isSuspect, isDamaged: damaged.contains(sequence))
        }
        return nil
    }
}

/// Drift that a backup found.
struct FoundDrift {
    private let suspects: Range<SequenceNumber>
    private let finished: Instant

    init?(_ record: PointRecord) {
        guard let drift = record.draft.drift else { return nil }
        suspects = min(drift.suspectFrom, record.sequence)..<record.sequence
        finished = record.draft.finished
    }

    func makesSuspect(_ sequence: SequenceNumber, proven: Instant?) -> Bool {
        suspects.contains(sequence) && (proven.map { $0 < finished } ?? true)
    }
}

extension BackupUnit {
    /// One backup; nil when there is none, or its record can't be read.
    ///
    /// O(points) names; reads the records up to the next full without drift, each once in the life of a process that may
    /// write.
    func item(_ sequence: SequenceNumber) throws -> UnitBackups.Item? {
        let sequences = try repository.sequences(of: id)
        guard sequences.contains(sequence), let record = try? record(sequence), !record.isVoid else { return nil }
        let mark = try repository.markState(of: sequence, id, preservedAtBirth: record.draft.preserved)
        let later = sequences[(sequences.lastIndex(of: sequence).map { $0 + 1 } ?? sequences.endIndex)...]
        let isSuspect = try isSuspect(sequence, later: later, proven: mark.proofs[.restore])
        let isDamaged = try !repository.affected(by: damage(), of: id, among: [sequence]).isEmpty
        return UnitBackups.Item(record: record, mark: mark, isSuspect: isSuspect, isDamaged: isDamaged)
    }

    /// Only fulls find drift, and what one found ends at the full before it that found none.
    private func isSuspect(
        _ sequence: SequenceNumber, later: ArraySlice<SequenceNumber>, proven: Instant?
    ) throws -> Bool {
        for next in later where !repository.isKnownProgressive(next, of: id) {
            guard let record = try? record(next), !record.isVoid, record.draft.kind == .full else { continue }
            guard let drift = FoundDrift(record) else { return false }
            if drift.makesSuspect(sequence, proven: proven) { return true }
        }
        return false
    }

    /// Backups that aren't deleted, from the newest on, until `body` returns something.
    ///
    /// - Parameter body: gets numbers of points, which may be void or can't be read. The state of the first is looked up alone.
    func firstLiving<Result>(_ body: (SequenceNumber) throws -> Result?) throws -> Result? {
        guard let newest = try repository.lastSequence(of: id) else { return nil }
        if try repository.markState(of: newest, id).deleted == nil, let found = try body(newest) { return found }
        let marks = try repository.markBook(of: id)
        var limit = newest
        while let sequence = try repository.lastSequence(of: id, below: limit) {
            if try marks.state(of: sequence, preservedAtBirth: false).deleted == nil, let found = try body(sequence) {
                return found
            }
            limit = sequence
        }
        return nil
    }
}
