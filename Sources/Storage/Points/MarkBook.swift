package import Model

/// The marks of a unit, listed once and read for the backups that are asked for.
///
/// Bytes: about 32 for each mark.
package struct MarkBook: Sendable {
    private let unit: UnitStore
    /// Ascending by number.
    private let names: [ObjectName]

    init(of unit: UnitStore) throws {
        self.unit = unit
        names = try unit.list("marks")
    }

    /// Numbers that were softly deleted, told by the names of their marks alone. O(marks).
    package var deleted: Set<SequenceNumber> {
        var last: [SequenceNumber: (number: UInt64, isDeleted: Bool)] = [:]
        for case .mark(let sequence, let number, let kind) in names where kind == .deleted || kind == .undeleted {
            if number > last[sequence]?.number ?? 0 { last[sequence] = (number, kind == .deleted) }
        }
        return Set(last.filter(\.value.isDeleted).keys)
    }

    /// O(log marks + the backup's marks).
    package func state(of sequence: SequenceNumber, preservedAtBirth: Bool) throws -> MarkState {
        var state = MarkState(isPreserved: preservedAtBirth)
        var (low, high) = (0, names.count)
        while low < high {
            let middle = (low + high) / 2
            if names[middle].sequence < sequence { low = middle + 1 } else { high = middle }
        }
        let own = names[low...].prefix { $0.sequence == sequence }
        guard !own.isEmpty else { return state }
        for item in try unit.read(Array(own))[sequence] ?? [] { state.apply(item.mark) }
        return state
    }
}

extension Repository {
    package func markBook(of unit: UnitID) throws -> MarkBook { try MarkBook(of: unitStore(unit)) }
}
