package import Model

/// Seconds that local clocks are east of UTC at an instant.
package typealias ZoneOffset = @Sendable (Instant) -> Int

/// Translation between instants and what local clocks show.
///
/// Everything rests on one rule: a local time means the first instant at which local clocks show it *or have passed it*.
/// In a gap that is the first instant after the gap, in an overlap the first of the two.
package enum LocalTime {
    /// How a local time came to its instant.
    package enum Shift: Sendable, Hashable {
        case none
        /// No local clock ever showed this time: the first instant after the gap stands for it.
        case gap
        /// Local clocks showed this time twice: the first one counts.
        case overlap
    }

    /// What local clocks show at `instant`.
    package static func civil(at instant: Instant, zone: ZoneOffset) -> CivilTime {
        CivilTime(instant + .seconds(zone(instant)))
    }

    package static func civil(at instant: Instant, zone: ZoneRules) -> CivilTime {
        CivilTime(instant + .seconds(zone.offsetSeconds(at: instant)))
    }

    /// The instant of a local time; nil for one that no calendar has.
    package static func instant(of civil: CivilTime, zone: ZoneRules) -> (instant: Instant, shift: Shift)? {
        guard let seconds = civil.secondsSince1970 else { return nil }
        var spans = [zone.span(at: seconds - OffsetSpan.reach)]
        while let last = spans.last, last.end < seconds + OffsetSpan.reach { spans.append(zone.span(at: last.end)) }
        return instant(of: seconds, in: spans)
    }

    /// The instant of a local time; nil for one that no calendar has.
    ///
    /// Of a zone that is known only by its offsets: a stretch of less than an hour between two changes may be missed.
    package static func instant(of civil: CivilTime, zone: ZoneOffset) -> (instant: Instant, shift: Shift)? {
        guard let seconds = civil.secondsSince1970 else { return nil }
        let first = seconds - 2 * 86_400
        var spans = [
            OffsetSpan(start: first, end: seconds + 2 * 86_400, offset: zone(Instant(seconds: first)))
        ]
        for hour in 1...96 {
            let offset = zone(Instant(seconds: first + Int64(hour) * 3600))
            let last = spans[spans.count - 1]
            guard offset != last.offset else { continue }
            let change = change(after: first + Int64(hour - 1) * 3600, by: first + Int64(hour) * 3600, zone: zone)
            spans[spans.count - 1].end = change
            spans.append(OffsetSpan(start: change, end: last.end, offset: offset))
        }
        return instant(of: seconds, in: spans)
    }

    /// - Parameter spans: in order and without holes, around all instants that could show `local`.
    private static func instant(of local: Int64, in spans: [OffsetSpan]) -> (instant: Instant, shift: Shift)? {
        guard let index = spans.firstIndex(where: { $0.end + Int64($0.offset) > local }) else { return nil }
        let span = spans[index]
        guard span.start + Int64(span.offset) <= local else { return (Instant(seconds: span.start), .gap) }
        let again = spans[(index + 1)...].contains {
            $0.start + Int64($0.offset) <= local && local < $0.end + Int64($0.offset)
        }
        return (Instant(seconds: local - Int64(span.offset)), again ? .overlap : .none)
    }

    /// The second at which the offset changes from that of `early` to that of `late`.
    private static func change(after early: Int64, by late: Int64, zone: ZoneOffset) -> Int64 {
        let offset = zone(Instant(seconds: early))
        var low = early
        var high = late
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if zone(Instant(seconds: middle)) == offset { low = middle } else { high = middle }
        }
        return high
    }
}
