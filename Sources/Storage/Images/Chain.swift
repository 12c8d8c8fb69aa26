import Model

/// The layers of a unit as they were when the chain was looked up: a reader sticks to it, whatever a prune does meanwhile.
struct Chain: Sendable {
    /// Nil for a unit that was never pruned.
    var head: Head?
    /// The usable maps.
    var maps: MapIndex

    /// Maps that are written now belong to it.
    var generation: UInt64 { head?.generation ?? 0 }

    func name(ofMap range: ClosedRange<SequenceNumber>) -> ObjectName {
        .map(range.lowerBound, range.upperBound, generation: maps[range] ?? generation)
    }

    /// What holds the layer of a kept backup: its own delta, or the map that a prune wrote.
    func layer(of range: ClosedRange<SequenceNumber>) -> ObjectName {
        let point = head?.lastPoint(upTo: range.upperBound).flatMap { head?.points[$0] }
        return point?.map.map { .map(range.lowerBound, range.upperBound, generation: $0) } ?? .point(range.upperBound)
    }

    /// How many parts layers are merged from: those of kept backups, then one for each newer number.
    func baseCount(newest: SequenceNumber) -> Int {
        let upTo = head?.upTo ?? 0
        return (head?.points.count ?? 0) + (newest > upTo ? Int(newest - upTo) : 0)
    }

    /// What a part merges, counted from the oldest. O(1).
    func baseRange(_ index: Int) -> ClosedRange<SequenceNumber> {
        guard let head else { return SequenceNumber(index + 1)...SequenceNumber(index + 1) }
        if index < head.points.count { return head.range(of: index) }
        let sequence = head.upTo + SequenceNumber(index - head.points.count + 1)
        return sequence...sequence
    }
}
