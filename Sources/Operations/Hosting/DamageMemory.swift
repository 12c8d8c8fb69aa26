import Model
import Storage
import Synchronization

/// Whether backups suffer from damage that is known: worked out once for what is noted of a unit and for each backup asked
/// about, since it takes the places of a whole image.
final class DamageMemory: Sendable {
    private struct Verdict {
        var sequence: SequenceNumber
        var damage: DamageList
        var isDamaged: Bool
    }

    /// Of the backup that was asked about last, for units that have any damage.
    private let verdicts = Mutex<[UnitID: Verdict]>([:])

    /// O(1) for a unit without damage in a repository that is open for writing.
    /// - Throws: when that can't be told.
    func isDamaged(_ sequence: SequenceNumber, of unit: BackupUnit) throws -> Bool {
        let damage = try unit.damage()
        guard !damage.isEmpty else { return false }
        if let known = verdicts.withLock({ $0[unit.id] }), known.sequence == sequence, known.damage == damage {
            return known.isDamaged
        }
        let isDamaged = try !unit.repository.affected(by: damage, of: unit.id, among: [sequence]).isEmpty
        verdicts.withLock { $0[unit.id] = Verdict(sequence: sequence, damage: damage, isDamaged: isDamaged) }
        return isDamaged
    }
}
