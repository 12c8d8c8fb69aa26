package import Model

/// Which maps a unit should have. A pure decision over names.
package enum MapPlan {
    /// Deltas of a segment, and segments of the next wider one.
    package static let fan: SequenceNumber = 16

    /// Segments that are missing up to backup `newest`, narrow ones first: aligned runs of 16, 256, 4096 … backups.
    package static func missingSegments(
        newest: SequenceNumber, maps: some Sequence<ClosedRange<SequenceNumber>>
    ) -> [ClosedRange<SequenceNumber>] {
        let present = Set(maps)
        var missing: [ClosedRange<SequenceNumber>] = []
        var width = fan
        while width <= newest {
            for end in stride(from: width, through: newest, by: Int(width)) {
                let segment = (end - width + 1)...end
                if !present.contains(segment) { missing.append(segment) }
            }
            width *= fan
        }
        return missing
    }

    /// Whether a whole map pays: what has to be read on top of the lowest layer exceeds a quarter of the image.
    package static func needsWhole(pagesAbove: UInt64, imagePages: UInt64) -> Bool {
        pagesAbove > imagePages / 4
    }
}
