import Model

/// What a prune left of a unit: which backups up to a number count, and where their pages are.
///
/// The head of the highest generation decides. Backups after `upTo` stand for themselves, as in a unit without a head.
/// O(backups + packs) of memory.
struct Head: Sendable, Codable, Equatable {
    /// Each head is stored twice, since nothing else says what it says.
    static let copies: UInt64 = 2

    struct Point: Sendable, Codable, Equatable {
        var sequence: SequenceNumber
        /// The lowest number that its layer merges: its own, or lower when deleted backups are folded into it.
        var from: SequenceNumber
        /// The generation of the map `from` … `sequence`; nil when the backup's own delta is the layer.
        var map: UInt64?
        /// A fence, not a backup.
        var isVoid: Bool
    }

    /// From 1.
    var generation: UInt64
    /// The newest number that the prune decided on: no backup gets it, or a lower one, again.
    var upTo: SequenceNumber
    /// Kept backups, void points that still fence a number included; ascending.
    var points: [Point]
    /// What holds their pages besides themselves: packs, folds, and points that are backups no more.
    var objects: [ObjectName]

    /// The kept backup that is not after `sequence`: its position. O(log backups).
    func lastPoint(upTo sequence: SequenceNumber) -> Int? {
        var (low, high) = (0, points.count)
        while low < high {
            let middle = (low + high) / 2
            if points[middle].sequence <= sequence { low = middle + 1 } else { high = middle }
        }
        return low > 0 ? low - 1 : nil
    }

    /// Whether the number is that of a backup or fence, as far as this head decides.
    func lists(_ sequence: SequenceNumber) -> Bool {
        sequence > upTo || lastPoint(upTo: sequence).map { points[$0].sequence == sequence } ?? false
    }

    /// What the layer of a kept backup merges. Numbers between two layers have nothing of their own.
    func range(of index: Int) -> ClosedRange<SequenceNumber> { points[index].from...points[index].sequence }
}
