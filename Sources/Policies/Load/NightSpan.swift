package import Model

/// The hours that count as night, by what local clocks show: `22:00-06:00`.
///
/// A night that begins in a gap of the clocks begins after it; in an overlap the clocks are believed both times.
package struct NightSpan: Sendable, Hashable {
    /// Seconds since midnight.
    private let start: Int
    /// Seconds since midnight; the first that is day again. Before `start` when midnight lies in between.
    private let end: Int

    /// Nil when the text is not `HH:MM-HH:MM`, or both are the same.
    package init?(_ text: String) {
        let times = text.split(separator: "-", omittingEmptySubsequences: false).map {
            TimeOfDay($0.trimming(" "))
        }
        guard times.count == 2, let start = times[0]?.secondOfDay, let end = times[1]?.secondOfDay, start != end else {
            return nil
        }
        (self.start, self.end) = (start, end)
    }

    package func contains(_ instant: Instant, zone: ZoneOffset) -> Bool {
        let civil = LocalTime.civil(at: instant, zone: zone)
        let second = civil.hour * 3600 + civil.minute * 60 + civil.second
        return start < end ? (start..<end).contains(second) : second >= start || second < end
    }
}

extension NightSpan: CustomStringConvertible {
    package var description: String { [start, end].map(Self.text).joined(separator: "-") }

    private static func text(_ second: Int) -> String {
        TimeOfDay.text(second / 3600, second / 60 % 60, second % 60)
    }
}

extension TimeOfDay {
    fileprivate var secondOfDay: Int { hour * 3600 + minute * 60 + second }
}

extension Substring {
    fileprivate func trimming(_ character: Character) -> Substring {
        var rest = drop { $0 == character }
        while rest.last == character { rest.removeLast() }
        return rest
    }
}
