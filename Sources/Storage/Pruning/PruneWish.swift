import Archiving
import Model

/// Which backups a prune may delete: decided at its beginning, and asked again at its switch, since people go on
/// preserving and undeleting backups meanwhile.
struct PruneWish {
    private let unit: UnitStore
    private let stillMeant: (Set<SequenceNumber>) throws -> Set<SequenceNumber>
    private let preservedAtBirth: Set<SequenceNumber>
    private let softlyDeleted: Set<SequenceNumber>

    /// What may be deleted as far as is known now.
    let deleting: Set<SequenceNumber>

    /// - Parameter stillMeant: those that the caller wants deleted still.
    init(
        _ requested: Set<SequenceNumber>, of unit: UnitStore,
        stillMeant: @escaping (Set<SequenceNumber>) throws -> Set<SequenceNumber>
    ) throws {
        self.unit = unit
        self.stillMeant = stillMeant
        let bench = try FrameBench()
        let born = try requested.intersection(unit.sequences()).filter { sequence in
            let record = try? unit.record(of: unit.open(.point(sequence), by: bench), by: bench)
            return record?.draft.preserved ?? false
        }
        preservedAtBirth = born
        let states = try unit.markStates(preservedAtBirth: born) { requested.contains($0) }
        softlyDeleted = Set(states.filter { $0.value.deleted != nil }.keys)
        deleting = requested.filter { !(states[$0]?.isPreserved ?? false) }
    }

    /// Those of `deleted` that must not be deleted any more. No mark may be set from this call on until the switch.
    func spared(of deleted: Set<SequenceNumber>) throws -> Set<SequenceNumber> {
        guard !deleted.isEmpty else { return [] }
        var spared = deleted.subtracting(try stillMeant(deleted))
        let states = try unit.markStates(preservedAtBirth: preservedAtBirth.intersection(deleted)) {
            deleted.contains($0)
        }
        for sequence in deleted {
            let isPreserved = states[sequence]?.isPreserved ?? false
            let isUndeleted = softlyDeleted.contains(sequence) && states[sequence]?.deleted == nil
            if isPreserved || isUndeleted { spared.insert(sequence) }
        }
        return spared
    }
}
