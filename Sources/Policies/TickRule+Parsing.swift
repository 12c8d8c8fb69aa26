package import Model

extension TickRule {
    /// Reads `off`, `every 5m`, `hourly`, `daily`, `*-*-* 23:00`, `*-*-* 23:00:30` or `23:00`.
    ///
    /// - Throws: `bad-settings` for anything else.
    package init(parsing text: String) throws(Fault) {
        let words = text.split(separator: " ").map(String.init)
        switch (words.count, words.first) {
        case (1, "off"): self = .off
        case (1, "hourly"): self = .hourly
        case (1, "daily"): self = .daily(hour: 0, minute: 0, second: 0)
        case (2, "every"): self = try .every(Self.interval(words[1], of: text))
        case (2, "*-*-*"): self = try Self.daily(words[1], of: text)
        case (1, _): self = try Self.daily(words[0], of: text)
        default: throw Self.unreadable(text)
        }
    }

    private static func interval(_ word: String, of text: String) throws(Fault) -> Duration {
        guard let duration = DurationText.duration(word), duration >= .seconds(1) else { throw unreadable(text) }
        return duration
    }

    private static func daily(_ word: String, of text: String) throws(Fault) -> TickRule {
        guard let time = TimeOfDay(word) else { throw unreadable(text) }
        return .daily(hour: time.hour, minute: time.minute, second: time.second)
    }

    private static func unreadable(_ text: String) -> Fault {
        Fault(
            .badSettings, "cannot read \"\(text)\" as a recurrence",
            hint: "write `every 5m` (1s or longer), `*-*-* 23:00` for once a day, `hourly` or `off`")
    }
}

extension TickRule: CustomStringConvertible {
    package var description: String {
        switch self {
        case .off: "off"
        case .every(let duration): "every \(DurationText.text(duration))"
        case .hourly: "hourly"
        case .daily(let hour, let minute, let second): "*-*-* \(TimeOfDay.text(hour, minute, second))"
        }
    }
}
