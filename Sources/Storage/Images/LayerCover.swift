package import Model

/// Which layers make an image, newest first. A pure decision over names.
package enum LayerCover {
    package enum Part: Sendable, Hashable {
        case delta(SequenceNumber)
        /// What a kept backup holds since a prune, of all numbers after the kept one before it.
        case folded(ClosedRange<SequenceNumber>)
        case map(ClosedRange<SequenceNumber>)

        package var range: ClosedRange<SequenceNumber> {
            switch self {
            case .delta(let sequence): sequence...sequence
            case .folded(let range), .map(let range): range
            }
        }
    }

    /// From the end of `range` down to its start: the widest map that ends there, else the delta.
    ///
    /// - Parameter maps: all usable maps, in any order.
    package static func parts(
        of range: ClosedRange<SequenceNumber>, maps: some Sequence<ClosedRange<SequenceNumber>>
    ) -> [Part] {
        parts(of: range, maps: MapIndex(maps), head: nil)
    }

    /// As above; up to the head's last number only the backups that it lists have layers. O(parts).
    static func parts(of range: ClosedRange<SequenceNumber>, maps: MapIndex, head: Head?) -> [Part] {
        var parts: [Part] = []
        var position = range.upperBound
        while position >= range.lowerBound {
            var part = Part.delta(position)
            if let head, position <= head.upTo {
                guard let index = head.lastPoint(upTo: position) else { break }
                part = .folded(head.range(of: index))
                position = head.points[index].sequence
                guard position >= range.lowerBound else { break }
            }
            if let start = maps.widest(endingAt: position, from: range.lowerBound) { part = .map(start...position) }
            parts.append(part)
            guard part.range.lowerBound > range.lowerBound else { break }
            position = part.range.lowerBound - 1
        }
        return parts
    }
}
