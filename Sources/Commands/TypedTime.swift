internal import Client
internal import Foundation
internal import Model
internal import Platform
internal import Wire

/// Reads times as people type them: `2026-11-22T10:00`, `yesterday 18:00`, `18:00`, `2h ago`, `now`, RFC 3339, and as
/// PostgreSQL prints them.
struct TypedTime {
    /// Seconds east of UTC at an instant.
    let offset: (Instant) -> Int
    let now: Instant

    /// - Parameter zone: an IANA name; nil or an unknown one means this process's zone.
    init(zone: String?, now: Instant = WallClock.now()) {
        self.now = now
        if let zone, let known = TimeZone(identifier: zone) {
            offset = { known.secondsFromGMT(for: Date(timeIntervalSince1970: Double($0.seconds))) }
        } else {
            offset = { LocalZone.offsetSeconds(at: $0) }
        }
    }

    /// What is typed for a daemon, whose zone it is asked for when something is; nil for nothing.
    static func instant(_ text: String?, _ client: DaemonClient) async throws -> Instant? {
        guard let text else { return nil }
        return try TypedTime(zone: try await client.identity().timeZone).read(text)
    }

    /// - Throws: `wrong-usage`, with examples.
    func read(_ text: String) throws -> Instant {
        let text = text.trimmingCharacters(in: .whitespaces)
        if let instant = Instant(withOffset: text) ?? ago(text) { return instant }
        let (whole, fraction) = Instant.splittingFraction(text)
        if let instant = named(whole) ?? civil(whole) { return instant + fraction }
        throw Fault(
            .wrongUsage, "cannot read the time `\(text)`",
            hint: "write 2026-11-22T10:00, yesterday 18:00, 2h ago or an RFC 3339 time with its offset")
    }

    /// A time that has been.
    /// - Throws: `wrong-usage`.
    func readPast(_ text: String) throws -> Instant {
        let instant = try read(text)
        guard instant <= now else {
            let time = now.rfc3339(offsetSeconds: offset(now))
            throw Fault(.wrongUsage, "the time `\(text)` is in the future", hint: "it is \(time) now")
        }
        return instant
    }

    /// `2h ago`, `90 min ago`.
    private func ago(_ text: String) -> Instant? {
        guard text.hasSuffix(" ago") else { return nil }
        let amount = text.dropLast(4).replacing(" ", with: "")
        let digits = amount.prefix { $0.isASCII && $0.isNumber }
        let units: [String: Int64] = [
            "s": 1, "sec": 1, "m": 60, "min": 60, "h": 3600, "d": 86_400, "w": 604_800,
        ]
        guard let number = Int64(digits), number < 10_000_000, let unit = units[String(amount.dropFirst(digits.count))]
        else { return nil }
        return now - .seconds(number * unit)
    }

    /// `now`, `today`, `today 09:00`, `yesterday`, `yesterday 18:00`, `18:00`; a day alone is its midnight.
    private func named(_ text: String) -> Instant? {
        if text == "now" { return now }
        let words = text.split(separator: " ")
        let days: [Substring: Int64] = ["today": 0, "yesterday": 1]
        let back = words.count == 2 ? days[words[0]] : words.count == 1 ? 0 : nil
        let isDayAlone = words.count == 1 && days[words[0]] != nil
        let time = isDayAlone ? (0, 0, 0) : words.last.flatMap { Self.time(String($0)) }
        guard let back = isDayAlone ? days[words[0]] : back, let time else { return nil }
        var day = CivilTime(Instant(seconds: now.seconds + Int64(offset(now)) - back * 86_400))
        (day.hour, day.minute, day.second) = time
        return instant(of: day)
    }

    /// `2026-11-22`, `2026-11-22T10:00`, `2026-11-22 10:00:30`.
    private func civil(_ text: String) -> Instant? {
        let parts = text.split { $0 == "T" || $0 == " " }
        let numbers = parts.first?.split(separator: "-").map { Int($0) } ?? []
        guard (1...2).contains(parts.count), numbers.count == 3, let year = numbers[0], let month = numbers[1],
            let day = numbers[2], let time = parts.count == 2 ? Self.time(String(parts[1])) : (0, 0, 0)
        else { return nil }
        return instant(
            of: CivilTime(year: year, month: month, day: day, hour: time.0, minute: time.1, second: time.2))
    }

    private static func time(_ text: String) -> (Int, Int, Int)? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { $0.count == 2 ? Int($0) : nil }
        guard parts.count == 2 || parts.count == 3, let hour = parts[0], let minute = parts[1],
            let second = parts.count == 3 ? parts[2] : 0
        else { return nil }
        return (hour, minute, second)
    }

    /// In an overlap the first of the two.
    private func instant(of civil: CivilTime) -> Instant? {
        guard let seconds = civil.secondsSince1970 else { return nil }
        let guess = Instant(seconds: seconds)
        let earlier = Instant(seconds: seconds - Int64(offset(guess - .seconds(86_400))))
        if offset(earlier) == offset(guess - .seconds(86_400)) { return earlier }
        return Instant(seconds: seconds - Int64(offset(earlier)))
    }
}
