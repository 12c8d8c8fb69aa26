package import Model

/// Durations as people write them: `90s`, `10m`, `2h30m`, `1 day 12 hours`.
package enum DurationText {
    private static let units: [(names: Set<String>, seconds: Int64)] = [
        (["s", "sec", "second", "seconds"], 1), (["m", "min", "minute", "minutes"], 60),
        (["h", "hour", "hours"], 3600), (["d", "day", "days"], 86_400), (["w", "week", "weeks"], 604_800),
    ]

    /// Nil when it is none. A number without a unit is none either, except `0`; nor is anything past 100 years.
    package static func duration(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var rest = text.lowercased().filter { $0 != " " }[...]
        var total: Int64 = 0
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            let name = String(rest.prefix { $0.isLetter })
            rest = rest.dropFirst(name.count)
            guard let number = Int64(digits), let unit = units.first(where: { $0.names.contains(name) }) else {
                return nil
            }
            let (product, overflow) = number.multipliedReportingOverflow(by: unit.seconds)
            guard !overflow, product <= longest - total else { return nil }
            total += product
        }
        return .seconds(total)
    }

    private static let longest: Int64 = 100 * 366 * 86_400

    /// The duration, or a fault that shows how to write one.
    ///
    /// - Throws: `code`.
    package static func parse(_ text: String, code: Code = .badSettings) throws(Fault) -> Duration {
        if let duration = duration(text) { return duration }
        throw Fault(code, "\"\(text)\" is not a duration", hint: "write for example 90s, 10m or 2h30m")
    }

    /// The exact text in whole seconds, largest unit first: `2h30m`, `1d`, `0s`.
    package static func text(_ duration: Duration) -> String {
        var seconds = duration.components.seconds
        var text = seconds < 0 ? "-" : ""
        seconds = abs(seconds)
        for (name, size) in [("d", Int64(86_400)), ("h", 3600), ("m", 60), ("s", 1)] where seconds >= size {
            text += "\(seconds / size)\(name)"
            seconds %= size
        }
        return text.isEmpty || text == "-" ? "0s" : text
    }
}
