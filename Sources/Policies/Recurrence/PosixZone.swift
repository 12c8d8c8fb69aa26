import Model

/// Rules for all years, as the footer of a TZif file gives them: `CET-1CEST,M3.5.0,M10.5.0/3`.
///
/// Source: POSIX.1-2017 §8.3 (TZ), with the hours of RFC 8536 §3.3.1 (−167 to 167).
struct PosixZone: Sendable, Hashable {
    /// A day of every year.
    enum Day: Sendable, Hashable {
        /// `Jn`: 1 to 365, 29 February never counted.
        case ordinal(Int)
        /// `n`: 0 to 365, 29 February counted.
        case zeroBased(Int)
        /// `Mm.w.d`: weekday 0 (Sunday) to 6 of week 1 to 5, where 5 is the last.
        case weekday(month: Int, week: Int, day: Int)
    }

    struct Jump: Sendable, Hashable {
        var day: Day
        /// Of local time before the jump.
        var secondOfDay: Int
        /// East of UTC, before and after.
        var before: Int
        var after: Int

        /// Seconds since 1970.
        func time(in year: Int) -> Int64 { day.start(in: year) + Int64(secondOfDay - before) }
    }

    let standard: Int
    /// Into daylight saving time and back; nil when the offset is the same for ever.
    let jumps: [Jump]

    init?(_ text: ArraySlice<UInt8>) {
        var reader = PosixZoneReader(rest: text)
        guard reader.skipName(), let west = reader.time(hours: 24) else { return nil }
        standard = -west
        guard !reader.atEnd else {
            jumps = []
            return
        }
        guard reader.skipName() else { return nil }
        let saving: Int
        if reader.peek == UInt8(ascii: ",") {
            saving = standard + 3600
        } else {
            guard let west = reader.time(hours: 24) else { return nil }
            saving = -west
        }
        guard let begin = reader.jump(before: standard, after: saving),
            let finish = reader.jump(before: saving, after: standard), reader.atEnd
        else { return nil }
        jumps = [begin, finish]
    }

    func span(at seconds: Int64) -> OffsetSpan {
        guard !jumps.isEmpty else {
            return OffsetSpan(start: OffsetSpan.distantPast, end: OffsetSpan.distantFuture, offset: standard)
        }
        let changes = changes(around: CivilTime(Instant(seconds: seconds)).year)
        // The first change is only there to tell what lies before the second.
        guard changes.count > 1 else {
            return OffsetSpan(start: OffsetSpan.distantPast, end: OffsetSpan.distantFuture, offset: changes[0].after)
        }
        let index = changes.lastIndex { $0.time <= seconds } ?? 0
        return OffsetSpan(
            start: changes[index].time,
            end: index + 1 < changes.count ? changes[index + 1].time : OffsetSpan.distantFuture,
            offset: changes[index].after)
    }

    /// The changes of the offset from two years before to two years after, in order.
    private func changes(around year: Int) -> [(time: Int64, after: Int)] {
        var changes: [(time: Int64, after: Int)] = []
        changes.reserveCapacity(10)
        for year in year - 2...year + 3 {
            let times = (jumps[0].time(in: year), jumps[1].time(in: year))
            for index in times.0 <= times.1 ? [0, 1] : [1, 0] {
                let time = index == 0 ? times.0 : times.1
                // Where one jump undoes another at the same instant, the later one counts: so says RFC 8536 how daylight
                // saving time all year is written.
                if changes.last?.time == time { changes.removeLast() }
                if changes.last?.after != jumps[index].after { changes.append((time, jumps[index].after)) }
            }
        }
        // What would undo the last one is not in sight.
        if changes.count > 1 { changes.removeLast() }
        return changes
    }
}

extension PosixZone.Day {
    /// Seconds from 1970 to the day's midnight, as if read at UTC.
    func start(in year: Int) -> Int64 {
        let newYear = CivilTime(year: year, month: 1, day: 1).secondsSince1970 ?? 0
        switch self {
        case .ordinal(let day):
            let leap = CivilTime.days(inMonth: 2, of: year) == 29
            return newYear + Int64(leap && day > 59 ? day : day - 1) * 86_400
        case .zeroBased(let day):
            return newYear + Int64(day) * 86_400
        case .weekday(let month, let week, let day):
            let first = (CivilTime(year: year, month: month, day: 1).secondsSince1970 ?? 0) / 86_400
            // 1970-01-01 was a Thursday, 4.
            let weekday = Int(((first + 4) % 7 + 7) % 7)
            var date = (day - weekday + 7) % 7 + 1 + (week - 1) * 7
            while date > CivilTime.days(inMonth: month, of: year) { date -= 7 }
            return (first + Int64(date) - 1) * 86_400
        }
    }
}

private struct PosixZoneReader {
    var rest: ArraySlice<UInt8>

    var atEnd: Bool { rest.isEmpty }
    var peek: UInt8? { rest.first }

    mutating func skip(_ character: Unicode.Scalar) -> Bool {
        guard rest.first == UInt8(ascii: character) else { return false }
        rest.removeFirst()
        return true
    }

    /// At least three letters, or anything in angle brackets.
    mutating func skipName() -> Bool {
        if skip("<") {
            guard let end = rest.firstIndex(of: UInt8(ascii: ">")) else { return false }
            rest = rest[(end + 1)...]
            return true
        }
        let letters = rest.prefix { UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 | 0x20 }
        rest = rest.dropFirst(letters.count)
        return letters.count >= 3
    }

    mutating func number(_ range: ClosedRange<Int>) -> Int? {
        let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
        rest = rest.dropFirst(digits.count)
        guard let number = Int(String(decoding: digits, as: UTF8.self)), range.contains(number) else { return nil }
        return number
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time(hours: Int) -> Int? {
        let negative = skip("-")
        if !negative { _ = skip("+") }
        guard let hour = number(0...hours) else { return nil }
        var seconds = hour * 3600
        for unit in [60, 1] where skip(":") {
            guard let part = number(0...59) else { return nil }
            seconds += part * unit
        }
        return negative ? -seconds : seconds
    }

    /// `,date[/time]`.
    mutating func jump(before: Int, after: Int) -> PosixZone.Jump? {
        guard skip(","), let day = day() else { return nil }
        guard skip("/") else { return PosixZone.Jump(day: day, secondOfDay: 7200, before: before, after: after) }
        guard let time = time(hours: 167) else { return nil }
        return PosixZone.Jump(day: day, secondOfDay: time, before: before, after: after)
    }

    private mutating func day() -> PosixZone.Day? {
        if skip("J") { return number(1...365).map { .ordinal($0) } }
        guard skip("M") else { return number(0...365).map { .zeroBased($0) } }
        guard let month = number(1...12), skip("."), let week = number(1...5), skip("."), let day = number(0...6) else {
            return nil
        }
        return .weekday(month: month, week: week, day: day)
    }
}
