import Model
import Policies

/// A backup unit with the page versions that its backups stored, on which plans are carried out.
struct SimulatedUnit {
    struct Version {
        var page: Int
        var born: SequenceNumber
        var replaced: SequenceNumber?
    }

    private(set) var history: RetentionHistory
    private(set) var versions: [Version] = []

    init(_ random: RandomHistory) {
        history = random.history
        var current = [Int?](repeating: nil, count: RandomHistory.pages)
        for (backup, changes) in zip(history.backups, random.changes) {
            for page in 0..<RandomHistory.pages where changes & (1 << page) != 0 {
                if let old = current[page] { versions[old].replaced = backup.sequence }
                current[page] = versions.count
                versions.append(Version(page: page, born: backup.sequence))
            }
        }
    }

    /// Does what the plan's lists say, and nothing else; then drops the dead page versions.
    mutating func carryOut(_ plan: RetentionPlan, now: Instant) {
        let released = plan.released
        let deleted = plan.finallyDeleted
        for index in history.backups.indices where released.contains(history.backups[index].sequence) {
            history.backups[index].softDeletion = .init(since: now, by: .policy)
        }
        history.backups.removeAll { deleted.contains($0.sequence) }
        let liveness = Liveness(kept: plan.remaining)
        versions.removeAll { !liveness.isNeeded(born: $0.born, replaced: $0.replaced) }
    }

    /// Whether the stored versions make the image of each backup whole, and no version is stored that none needs.
    func isWholeAndLean() -> Bool {
        var needed = [Bool](repeating: false, count: versions.count)
        for backup in history.backups {
            var pages = 0
            for (index, version) in versions.enumerated() where version.born <= backup.sequence {
                if let replaced = version.replaced, replaced <= backup.sequence { continue }
                pages += 1
                needed[index] = true
            }
            if pages != RandomHistory.pages { return false }
        }
        return needed.allSatisfy { $0 }
    }
}
