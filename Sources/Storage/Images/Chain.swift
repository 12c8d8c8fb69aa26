import Model

/// The layers of a unit as they were when the chain was looked up: a reader sticks to it, whatever a prune does meanwhile.
struct Chain: Sendable {
    /// Nil for a unit that was never pruned.
    var head: Head?
    /// The generation of each usable map.
    var maps: [ClosedRange<SequenceNumber>: UInt64]

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

    /// The parts that layers are merged from, oldest first: those of kept backups, then one for each newer number.
    func baseRanges(newest: SequenceNumber) -> [ClosedRange<SequenceNumber>] {
        let kept = head.map { head in head.points.indices.map(head.range) } ?? []
        let first = (head?.upTo ?? 0) + 1
        return kept + (first <= newest ? (first...newest).map { $0...$0 } : [])
    }
}
