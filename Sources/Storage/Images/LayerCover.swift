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
        parts(of: range, maps: maps, head: nil)
    }

    /// As above; up to the head's last number only the backups that it lists have layers.
    static func parts(
        of range: ClosedRange<SequenceNumber>, maps: some Sequence<ClosedRange<SequenceNumber>>, head: Head?
    ) -> [Part] {
        var widest: [SequenceNumber: SequenceNumber] = [:]
        for map in maps where map.lowerBound >= range.lowerBound && map.upperBound <= range.upperBound {
            widest[map.upperBound] = min(widest[map.upperBound] ?? .max, map.lowerBound)
        }
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
            if let start = widest[position] { part = .map(start...position) }
            parts.append(part)
            guard part.range.lowerBound > range.lowerBound else { break }
            position = part.range.lowerBound - 1
        }
        return parts
    }
}
