import Model

/// Tells the forms of a recurrence apart and reads them.
struct RecurrenceReader {
    let zone: ZoneRules
    let zoneNamed: Recurrence.ZoneSource
    private let text: ScheduleText

    init(text: String, zone: ZoneRules, zoneNamed: @escaping Recurrence.ZoneSource) {
        self.text = ScheduleText(text)
        self.zone = zone
        self.zoneNamed = zoneNamed
    }

    func read() throws(Fault) -> (Recurrence.Rule, ZoneRules, String) {
        switch text.words.first?.lowercased {
        case "every":
            let duration = try interval()
            return (.every(duration.microseconds), zone, "every \(DurationText.text(duration))")
        case "once": return try once()
        default: return try calendar()
        }
    }

    private func calendar() throws(Fault) -> (Recurrence.Rule, ZoneRules, String) {
        let expression = try CalendarExpression(text.text)
        if expression.isFasterThanSecond {
            throw text.fault(
                text.characters.indices, "it comes round more often than once a second",
                hint: "write `*:*:*` for each second")
        }
        let zone = try expression.zone.map { name throws(Fault) in try named(name) } ?? zone
        return (.calendar(expression), zone, expression.description)
    }

    /// The zone of the last word.
    private func named(_ name: String) throws(Fault) -> ZoneRules {
        if name == "UTC" { return .utc }
        do { return try zoneNamed(name) } catch {
            throw text.words.last.map { text.placing(error, at: $0.range) } ?? error
        }
    }

    private func interval() throws(Fault) -> Duration {
        guard text.words.count > 1, let last = text.words.last else {
            throw text.fault(text.words[0].range, "after it belongs a duration", hint: "write `every 5m`")
        }
        let range = text.words[1].range.lowerBound..<last.range.upperBound
        guard let duration = DurationText.duration(String(text.characters[range])) else {
            throw text.fault(range, "it is no duration", hint: "write for example `every 5m` or `every 1h30m`")
        }
        guard duration >= .seconds(1) else {
            throw text.fault(range, "the shortest interval is one second", hint: "write `every 1s` or longer")
        }
        return duration
    }

    // MARK: Once

    private func once() throws(Fault) -> (Recurrence.Rule, ZoneRules, String) {
        var words = text.words.dropFirst()
        var zone = zone
        var named: String?
        if words.count > 1, let last = words.last, last.characters.first?.isLetter == true {
            named = last.lowercased == "utc" ? "UTC" : last.text
            zone = try self.named(named ?? "")
            words.removeLast()
        }
        guard let first = words.first, let last = words.last, words.count <= 2 else {
            let range = (words.dropFirst(2).first ?? text.words[0]).range
            throw text.fault(range, "after `once` belong a date and a time", hint: Self.example)
        }
        let range = first.range.lowerBound..<last.range.upperBound
        let written = words.map(\.text).joined(separator: "T")
        if let (civil, instant, offset) = Self.withOffset(written) {
            return (.once(civil, instant, .none), zone, "once \(instant.brief(offsetSeconds: offset))")
        }
        let parts = written.split(separator: "T", omittingEmptySubsequences: false)
        guard parts.count <= 2, let day = Self.day(parts[0]) else {
            throw text.fault(range, "it is no date and time", hint: Self.example)
        }
        var civil = day
        if parts.count == 2 {
            guard let time = TimeOfDay(parts[1]) else {
                throw text.fault(range, "it is no date and time", hint: Self.example)
            }
            (civil.hour, civil.minute, civil.second) = (time.hour, time.minute, time.second)
        }
        guard let (instant, shift) = LocalTime.instant(of: civil, zone: zone) else {
            throw text.fault(range, "no calendar has that day", hint: Self.example)
        }
        let time = TimeOfDay.text(civil.hour, civil.minute, civil.second)
        let date = "\(pad(civil.year, 4))-\(pad(civil.month, 2))-\(pad(civil.day, 2))"
        return (.once(civil, instant, shift), zone, "once \(date)T\(time)\(named.map { " \($0)" } ?? "")")
    }

    private static let example = "write for example `once 2026-11-22T10:00` or `once 2026-11-22T10:00:00+01:00`"

    /// `2026-11-22`.
    private static func day(_ text: Substring) -> CivilTime? {
        let parts = text.split(separator: "-", omittingEmptySubsequences: false)
        let numbers = parts.compactMap { Int($0) }
        guard parts.map(\.count) == [4, 2, 2], numbers.count == 3, parts.allSatisfy({ $0.allSatisfy(\.isNumber) })
        else {
            return nil
        }
        return CivilTime(year: numbers[0], month: numbers[1], day: numbers[2])
    }

    /// A time with its offset, with or without seconds.
    private static func withOffset(_ written: String) -> (CivilTime, Instant, Int)? {
        let time = written.split(separator: "T").last ?? ""
        guard let mark = time.lastIndex(where: { "+-Zz".contains($0) }) else { return nil }
        let isShort = time[..<mark].count { $0 == ":" } == 1
        let full = isShort ? "\(written[..<mark]):00\(written[mark...])" : written
        guard written.contains("T"), let instant = Instant(rfc3339: full) else { return nil }
        let offset = Instant(rfc3339: "1970-01-01T00:00:00\(written[mark...])").map { -Int($0.seconds) } ?? 0
        return (CivilTime(instant + .seconds(offset)), instant, offset)
    }
}

extension Instant {
    /// RFC 3339 without a fraction where there is none.
    fileprivate func brief(offsetSeconds: Int) -> String {
        rfc3339(offsetSeconds: offsetSeconds).replacing(".000", with: "")
    }
}

extension CalendarExpression {
    /// Whether two times can be less than a second apart.
    fileprivate var isFasterThanSecond: Bool {
        var last = seconds.previous(upTo: Self.microsecondsOfMinute - 1).map { $0 - Self.microsecondsOfMinute }
        var from = 0
        while let next = seconds.next(from: from, limit: Self.microsecondsOfMinute - 1) {
            if let last, next - last < 1_000_000 { return true }
            last = next
            from = next + 1
        }
        return false
    }
}
