package import Model

/// Which layers make an image, newest first. A pure decision over names.
package enum LayerCover {
    package enum Part: Sendable, Hashable {
        case delta(SequenceNumber)
        case map(ClosedRange<SequenceNumber>)

        package var range: ClosedRange<SequenceNumber> {
            switch self {
            case .delta(let sequence): sequence...sequence
            case .map(let range): range
            }
        }
    }

    /// From the end of `range` down to its start: the widest map that ends there, else the delta.
    ///
    /// - Parameter maps: all usable maps, in any order.
    package static func parts(
        of range: ClosedRange<SequenceNumber>, maps: some Sequence<ClosedRange<SequenceNumber>>
    ) -> [Part] {
        var widest: [SequenceNumber: SequenceNumber] = [:]
        for map in maps where map.lowerBound >= range.lowerBound && map.upperBound <= range.upperBound {
            widest[map.upperBound] = min(widest[map.upperBound] ?? .max, map.lowerBound)
        }
        var parts: [Part] = []
        var position = range.upperBound
        while position >= range.lowerBound {
            let start = widest[position]
            parts.append(start.map { .map($0...position) } ?? .delta(position))
            let first = start ?? position
            guard first > range.lowerBound else { break }
            position = first - 1
        }
        return parts
    }
}
