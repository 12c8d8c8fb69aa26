package import Model

/// Which maps a unit should have. A pure decision over names.
package enum MapPlan {
    /// Layers of a segment, and segments of the next wider one.
    package static let fan = 16

    /// Segments that are missing up to backup `newest` of a unit that was never pruned, narrow ones first: aligned runs of
    /// 16, 256, 4096 … backups.
    package static func missingSegments(
        newest: SequenceNumber, maps: some Sequence<ClosedRange<SequenceNumber>>
    ) -> [ClosedRange<SequenceNumber>] {
        missingSegments(of: newest == 0 ? [] : (1...newest).map { $0...$0 }, maps: maps)
    }

    /// As above, of layers in order, each merging a range of numbers.
    package static func missingSegments(
        of layers: [ClosedRange<SequenceNumber>], maps: some Sequence<ClosedRange<SequenceNumber>>
    ) -> [ClosedRange<SequenceNumber>] {
        let present = Set(maps)
        var missing: [ClosedRange<SequenceNumber>] = []
        var width = fan
        while width <= layers.count {
            for end in stride(from: width, through: layers.count, by: width) {
                let segment = layers[end - width].lowerBound...layers[end - 1].upperBound
                if !present.contains(segment) { missing.append(segment) }
            }
            width *= fan
        }
        return missing
    }

    /// Whether a whole map pays: what has to be read on top of the lowest layer exceeds a quarter of the image. Files
    /// that complete the image of one backup only count for neither.
    package static func needsWhole(pagesAbove: UInt64, imagePages: UInt64) -> Bool {
        pagesAbove > imagePages / 4
    }
}
