import Model

/// Names of maps, found by where they end: O(1) each, whatever their number.
struct MapIndex: Sendable {
    private struct Entry {
        var from: SequenceNumber
        var generation: UInt64
    }

    /// Few end at the same number.
    private var byEnd: [SequenceNumber: [Entry]] = [:]

    init() {}

    init(_ maps: some Sequence<ClosedRange<SequenceNumber>>) {
        for map in maps { insert(map, generation: 0) }
    }

    /// The generation of a map; nil when there is none.
    subscript(range: ClosedRange<SequenceNumber>) -> UInt64? {
        byEnd[range.upperBound]?.first { $0.from == range.lowerBound }?.generation
    }

    /// In no order.
    var ranges: some Sequence<ClosedRange<SequenceNumber>> {
        byEnd.lazy.flatMap { end, entries in entries.map { $0.from...end } }
    }

    mutating func insert(_ range: ClosedRange<SequenceNumber>, generation: UInt64) {
        remove(range)
        byEnd[range.upperBound, default: []].append(Entry(from: range.lowerBound, generation: generation))
    }

    mutating func remove(_ range: ClosedRange<SequenceNumber>) {
        byEnd[range.upperBound]?.removeAll { $0.from == range.lowerBound }
    }

    /// The start of the widest map that ends at `end` and begins at `lowest` or later.
    func widest(endingAt end: SequenceNumber, from lowest: SequenceNumber) -> SequenceNumber? {
        byEnd[end]?.lazy.map(\.from).filter { $0 >= lowest }.min()
    }
}
