package import Model

/// Times as people give them on a command line.
package enum HumanTime {
    /// Reads RFC 3339 and PostgreSQL's own texts, `2026-11-22`, `2026-11-22T10:00[:30[.5]]` (or with a space), `10:00` (today), `now`,
    /// `today`/`yesterday`/`tomorrow [18:00]` and `2h ago`.
    ///
    /// A day alone is its midnight. Without an offset local time is meant: in an overlap the first of the two instants,
    /// in a gap the first instant after it.
    ///
    /// - Throws: `wrong-usage`.
    package static func parse(_ text: String, now: Instant, zone: ZoneOffset) throws(Fault) -> Instant {
        let trimmed = String(text.drop { $0 == " " })
        if trimmed == "now" { return now }
        if let instant = Instant(withOffset: trimmed) ?? ago(trimmed, now: now) { return instant }
        let (whole, fraction) = Instant.splittingFraction(trimmed)
        if let civil = civil(whole, today: LocalTime.civil(at: now, zone: zone)),
            let found = LocalTime.instant(of: civil, zone: zone)
        {
            return found.instant + fraction
        }
        throw Fault(
            .wrongUsage, "\"\(text)\" is not a time",
            hint: "write for example `2026-11-22T10:00`, `yesterday 18:00`, `2h ago` or `2026-11-22T10:00:00+01:00`")
    }

    private static func ago(_ text: String, now: Instant) -> Instant? {
        guard text.hasSuffix(" ago"), let duration = DurationText.duration(String(text.dropLast(4))) else { return nil }
        return now - duration
    }

    private static func civil(_ text: String, today: CivilTime) -> CivilTime? {
        let parts = text.split(maxSplits: 1, whereSeparator: { $0 == " " || $0 == "T" })
        guard let first = parts.first else { return nil }
        if let day = day(first, today: today) {
            guard parts.count == 2 else { return text.hasSuffix("T") ? nil : day }
            return TimeOfDay(parts[1]).map { day.at($0) }
        }
        return parts.count == 1 ? TimeOfDay(first).map { today.at($0) } : nil
    }

    /// Midnight of a day.
    private static func day(_ word: Substring, today: CivilTime) -> CivilTime? {
        let midnight = CivilTime(year: today.year, month: today.month, day: today.day)
        switch word {
        case "today": return midnight
        case "yesterday": return midnight.adding(days: -1)
        case "tomorrow": return midnight.adding(days: 1)
        default: break
        }
        let parts = word.split(separator: "-", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0) }
        guard parts.map(\.count) == [4, 2, 2], numbers.count == 3 else { return nil }
        let day = CivilTime(year: numbers[0], month: numbers[1], day: numbers[2])
        return day.secondsSince1970 == nil ? nil : day
    }
}

extension CivilTime {
    /// The same time of day so many calendar days later.
    fileprivate func adding(days: Int) -> CivilTime {
        let midnight = CivilTime(year: year, month: month, day: day)
        guard let seconds = midnight.secondsSince1970 else { return self }
        var moved = CivilTime(Instant(seconds: seconds + Int64(days) * 86_400))
        (moved.hour, moved.minute, moved.second) = (hour, minute, second)
        return moved
    }

    fileprivate func at(_ time: TimeOfDay) -> CivilTime {
        CivilTime(year: year, month: month, day: day, hour: time.hour, minute: time.minute, second: time.second)
    }
}
