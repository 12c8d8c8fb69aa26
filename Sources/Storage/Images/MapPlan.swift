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
        let present = Set(maps)
        return missingSegments(
            count: Int(newest), after: 0, layer: { SequenceNumber($0 + 1)...SequenceNumber($0 + 1) },
            isPresent: { present.contains($0) })
    }

    /// As above, of so many layers in order, each merging a range of numbers. O(layers after `done`).
    ///
    /// - Parameter done: segments of the first so many layers are not looked at.
    package static func missingSegments(
        count: Int, after done: Int, layer: (Int) -> ClosedRange<SequenceNumber>,
        isPresent: (ClosedRange<SequenceNumber>) -> Bool
    ) -> [ClosedRange<SequenceNumber>] {
        var missing: [ClosedRange<SequenceNumber>] = []
        var width = fan
        while width <= count {
            for end in stride(from: (done / width + 1) * width, through: count, by: width) {
                let segment = layer(end - width).lowerBound...layer(end - 1).upperBound
                if !isPresent(segment) { missing.append(segment) }
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
