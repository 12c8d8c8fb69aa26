extension Instant {
    /// RFC 3339 text at an offset from UTC, with milliseconds: `2026-11-22T10:00:00.000+01:00`, or `Z` for offset 0.
    ///
    /// The format has no seconds of offset, which zones had before railway time: they are left out of both.
    package func rfc3339(offsetSeconds: Int = 0) -> String {
        let offsetSeconds = offsetSeconds / 60 * 60
        let local = Instant(microseconds: microseconds + Int64(offsetSeconds) * 1_000_000)
        let civil = CivilTime(local)
        let milliseconds = Int((local.microseconds - local.seconds * 1_000_000) / 1000)
        let date = "\(pad(civil.year, 4))-\(pad(civil.month, 2))-\(pad(civil.day, 2))"
        let time = "\(pad(civil.hour, 2)):\(pad(civil.minute, 2)):\(pad(civil.second, 2)).\(pad(milliseconds, 3))"
        guard offsetSeconds != 0 else { return "\(date)T\(time)Z" }
        let minutes = abs(offsetSeconds) / 60
        return "\(date)T\(time)\(offsetSeconds < 0 ? "-" : "+")\(pad(minutes / 60, 2)):\(pad(minutes % 60, 2))"
    }

    /// As `rfc3339`, with microseconds where there are any, so that reading it gives the same moment.
    package func rfc3339Exact(offsetSeconds: Int = 0) -> String {
        let text = rfc3339(offsetSeconds: offsetSeconds)
        let rest = Int(((microseconds % 1000) + 1000) % 1000)
        guard rest > 0, let dot = text.firstIndex(of: ".") else { return text }
        let end = text.index(dot, offsetBy: 4)
        return text[..<end] + pad(rest, 3) + text[end...]
    }

    /// Reads RFC 3339 text; nil when it is not exactly that.
    package init?(rfc3339 text: String) {
        var reader = DigitReader(text)
        guard let year = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T") || reader.skip("t") || reader.skip(" "),
            let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2), reader.skip(":"),
            let second = reader.number(2)
        else { return nil }
        let fraction = reader.skip(".") ? reader.fraction() : 0
        guard let fraction, let offset = reader.offset(), reader.atEnd else { return nil }
        let civil = CivilTime(year: year, month: month, day: day, hour: hour, minute: minute, second: second)
        guard let seconds = civil.secondsSince1970 else { return nil }
        self.init(microseconds: (seconds - Int64(offset)) * 1_000_000 + fraction)
    }
}

extension Instant {
    /// Reads RFC 3339 text, and a `timestamptz` as PostgreSQL prints it: `2026-11-26 18:51:34.181701+00`, `… +05:30`, `… UTC`.
    ///
    /// Source: postgresql.org/docs/15/datatype-datetime.html, "Date/Time Output"; log lines end in the zone's name.
    package init?(withOffset text: String) {
        if let instant = Instant(rfc3339: text) {
            self = instant
            return
        }
        var reader = DigitReader(text)
        guard let start = reader.number(4), reader.skip("-"), let month = reader.number(2), reader.skip("-"),
            let day = reader.number(2), reader.skip("T") || reader.skip(" "),
            let hour = reader.number(2), reader.skip(":"), let minute = reader.number(2), reader.skip(":"),
            let second = reader.number(2)
        else { return nil }
        let fraction = reader.skip(".") ? reader.fraction() : 0
        guard let fraction, let offset = reader.looseOffset(), reader.atEnd else { return nil }
        let civil = CivilTime(year: start, month: month, day: day, hour: hour, minute: minute, second: second)
        guard let seconds = civil.secondsSince1970 else { return nil }
        self.init(microseconds: (seconds - Int64(offset)) * 1_000_000 + fraction)
    }

    /// Takes the fraction of a second off a time that has one: `18:51:34.5` is `18:51:34` and half a second.
    package static func splittingFraction(_ text: String) -> (text: String, fraction: Duration) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, parts[0].suffix(8).split(separator: ":").map(\.count) == [2, 2, 2] else {
            return (text, .zero)
        }
        var reader = DigitReader(String(parts[1]))
        guard let microseconds = reader.fraction(), reader.atEnd else { return (text, .zero) }
        return (String(parts[0]), .microseconds(microseconds))
    }
}

extension Instant: Codable {
    package init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard let instant = Instant(rfc3339: text) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not an RFC 3339 time"))
        }
        self = instant
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(rfc3339Exact())
    }
}

private func pad(_ number: Int, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.count)) + text
}

private struct DigitReader {
    private var rest: Substring

    init(_ text: String) { rest = text[...] }

    var atEnd: Bool { rest.isEmpty }

    mutating func skip(_ character: Character) -> Bool {
        guard rest.first == character else { return false }
        rest.removeFirst()
        return true
    }

    mutating func number(_ width: Int) -> Int? {
        let digits = rest.prefix(width)
        guard digits.count == width, digits.allSatisfy({ $0.isASCII && $0.isNumber }) else { return nil }
        rest.removeFirst(width)
        return Int(digits)
    }

    /// Microseconds of a fraction of a second; digits past the sixth are dropped.
    mutating func fraction() -> Int64? {
        let digits = rest.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return nil }
        rest.removeFirst(digits.count)
        let six = digits.prefix(6) + String(repeating: "0", count: max(0, 6 - digits.count))
        return Int64(six)
    }

    /// Seconds east of UTC.
    mutating func offset() -> Int? {
        if skip("Z") || skip("z") { return 0 }
        let negative = rest.first == "-"
        guard skip("+") || skip("-"), let hours = number(2), skip(":"), let minutes = number(2), hours < 24,
            minutes < 60
        else { return nil }
        return (negative ? -1 : 1) * (hours * 3600 + minutes * 60)
    }

    /// The same as PostgreSQL writes it: after a space or none, hours alone, or with minutes and seconds.
    mutating func looseOffset() -> Int? {
        while skip(" ") {}
        if rest == "UTC" || rest == "GMT" { rest = "Z" }
        if skip("Z") || skip("z") { return 0 }
        let negative = rest.first == "-"
        guard skip("+") || skip("-"), let hours = number(2), hours < 24 else { return nil }
        var seconds = hours * 3600
        for unit in [60, 1] where !atEnd {
            guard skip(":") || unit == 60, let number = number(2), number < 60 else { return nil }
            seconds += number * unit
        }
        return negative ? -seconds : seconds
    }
}
