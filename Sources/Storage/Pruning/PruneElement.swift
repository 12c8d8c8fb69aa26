import Archiving
import Model

/// A number in the list of a unit's backups, as a prune finds it.
struct PruneElement {
    var sequence: SequenceNumber
    /// The numbers that its layer merges.
    var range: ClosedRange<SequenceNumber>
    /// The generation of its map; nil when its own delta is its layer.
    var map: UInt64?
    var isVoid: Bool
    /// Its record, its places or what holds them can't be read: nothing that it may need is touched.
    var isUnreadable: Bool
    /// Packs of its own; nil when the head tells them.
    var packs: [ObjectName]?
    var holdsWholeImage: Bool
    /// Whether it stays in the list.
    var stays = true

    /// All that the unit lists, ascending. Reads the records of backups that are newer than the head. O(backups) of memory.
    static func list(_ unit: UnitStore, _ chain: Chain, unreadable: Set<SequenceNumber>) throws -> [PruneElement] {
        let bench = try FrameBench()
        let newest = try unit.list("points").last?.sequence ?? 0
        let kept = chain.head.map { head in
            head.points.indices.map { index in
                let point = head.points[index]
                return PruneElement(
                    sequence: point.sequence, range: head.range(of: index), map: point.map, isVoid: point.isVoid,
                    isUnreadable: unreadable.contains(point.sequence), packs: nil, holdsWholeImage: false)
            }
        }
        let first = (chain.head?.upTo ?? 0) + 1
        let newer = first <= newest ? Array(first...newest) : []
        return (kept ?? [])
            + newer.map { sequence in
                let record = try? unit.record(of: unit.open(.point(sequence), by: bench), by: bench)
                return PruneElement(
                    sequence: sequence, range: sequence...sequence, map: nil, isVoid: record?.isVoid ?? false,
                    isUnreadable: record == nil || unreadable.contains(sequence), packs: record?.packs,
                    holdsWholeImage: record?.holdsWholeImage ?? false)
            }
    }
}

extension [PruneElement] {
    /// Decides what stays: all backups that are not to be deleted, what can't be read and the backup below it, and a fence
    /// at the top.
    ///
    /// - Returns: backups that were to be deleted and stay.
    mutating func mark(deleting: Set<SequenceNumber>) -> Set<SequenceNumber> {
        var left: Set<SequenceNumber> = []
        for index in indices {
            self[index].stays =
                self[index].isUnreadable || !self[index].isVoid && !deleting.contains(self[index].sequence)
        }
        for index in indices where self[index].isUnreadable {
            // What it merges with what is below can't be told, so what is below must go on standing for itself.
            if let below = self[..<index].lastIndex(where: { !$0.isVoid }) { self[below].stays = true }
        }
        for element in self where element.stays && deleting.contains(element.sequence) { left.insert(element.sequence) }
        if contains(where: \.stays), let top = last, top.isVoid { self[count - 1].stays = true }
        return left
    }

    /// Whether no backup stays.
    var isEmptied: Bool { allSatisfy { $0.isVoid || !$0.stays } }

    /// Runs of elements that end with one that stays and is no fence; what is left after the last is the tail.
    func intervals() -> (folds: [ArraySlice<PruneElement>], tail: ArraySlice<PruneElement>) {
        var folds: [ArraySlice<PruneElement>] = []
        var start = startIndex
        for index in indices where self[index].stays && !self[index].isVoid {
            folds.append(self[start...index])
            start = index + 1
        }
        return (folds, self[start...])
    }
}
