import Model

/// Reads calendar events word by word: weekdays, date, time, zone; each may be left out.
struct CalendarParser {
    private typealias Word = ScheduleText.Word

    private let text: ScheduleText
    /// Where the day field stands, for dates that no calendar has.
    private var dayPlace: Range<Int>?
    private(set) var zonePlace: Range<Int>?

    init(_ text: String) { self.text = ScheduleText(text) }

    mutating func fields() throws(Fault) -> CalendarExpression.Fields {
        var words = text.words[...]
        guard let first = words.first else {
            throw Fault(
                .badSchedule, "the schedule is empty", hint: ScheduleText.examples,
                context: ["column": "1", "length": "0"])
        }
        let zone = zone(&words)
        var fields = try fields(of: words, first: first)
        if fields.zone == nil { fields.zone = zone }
        return fields
    }

    /// The last word, when it begins like the name of a zone and something stands before it.
    private mutating func zone(_ words: inout ArraySlice<Word>) -> String? {
        guard words.count > 1, let last = words.last, let initial = last.characters.first, initial.isLetter,
            !isWeekday(last), Self.shorthands[last.lowercased] == nil
        else { return nil }
        words.removeLast()
        zonePlace = last.range
        return last.lowercased == "utc" ? "UTC" : last.text
    }

    private mutating func fields(of all: ArraySlice<Word>, first: Word) throws(Fault) -> CalendarExpression.Fields {
        var words = all
        if let shorthand = Self.shorthands[first.lowercased] {
            if words.count > 1, let extra = words.dropFirst().first {
                throw text.fault(
                    extra.range, "`\(first.lowercased)` says all by itself",
                    hint: "write `*-*-* 23:00` for every day at 23:00")
            }
            return shorthand
        }
        if first.characters.first == "@" { return try unixTime(words) }

        var fields = CalendarExpression.Fields()
        if first.characters.first?.isLetter == true {
            fields.weekdays = try weekdays(first)
            words.removeFirst()
        }
        if let word = words.first, !word.characters.contains(":"),
            word.characters.contains(where: { "-~".contains($0) })
        {
            try date(word, into: &fields)
            words.removeFirst()
        }
        if let word = words.first {
            try time(word, into: &fields)
            words.removeFirst()
        } else {
            fields.hours = [CalendarComponent(start: 0, stop: nil, step: 0)]
            fields.minutes = fields.hours
            fields.seconds = fields.hours
        }
        if let extra = words.first { throw unexpected(extra) }
        return fields
    }

    private func isWeekday(_ word: Word) -> Bool {
        Self.weekdays.contains { word.lowercased.hasPrefix($0.prefix(3)) } && (try? weekdays(word)) != nil
    }

    // MARK: Shorthands

    private static let shorthands: [String: CalendarExpression.Fields] = {
        func single(_ values: Int...) -> [CalendarComponent] {
            values.map { CalendarComponent(start: $0, stop: nil, step: 0) }
        }
        var minutely = CalendarExpression.Fields()
        minutely.seconds = single(0)
        var hourly = minutely
        hourly.minutes = single(0)
        var daily = hourly
        daily.hours = single(0)
        var weekly = daily
        weekly.weekdays = 1
        var monthly = daily
        monthly.days = single(1)
        func months(_ months: Int...) -> CalendarExpression.Fields {
            var fields = monthly
            fields.months = months.map { CalendarComponent(start: $0, stop: nil, step: 0) }
            return fields
        }
        return [
            "minutely": minutely, "hourly": hourly, "daily": daily, "weekly": weekly, "monthly": monthly,
            "yearly": months(1), "annually": months(1), "quarterly": months(1, 4, 7, 10),
            "semiannually": months(1, 7), "semi-annually": months(1, 7), "biannually": months(1, 7),
            "bi-annually": months(1, 7),
        ]
    }()

    // MARK: Seconds since 1970

    private func unixTime(_ words: ArraySlice<Word>) throws(Fault) -> CalendarExpression.Fields {
        guard let word = words.first else { return CalendarExpression.Fields() }
        guard word.characters.dropFirst().allSatisfy({ $0.isASCII && $0.isNumber }),
            let seconds = Int64(String(word.characters.dropFirst())), seconds < 7_258_118_400
        else {
            throw text.fault(
                word.range, "after @ belong seconds since 1970, up to the year 2199",
                hint: "write for example @1493187147")
        }
        if words.count > 1, let extra = words.dropFirst().first { throw unexpected(extra) }
        if let zonePlace, String(text.characters[zonePlace]).lowercased() != "utc" {
            throw text.fault(zonePlace, "@ names an instant, which needs no time zone", hint: "leave the zone out")
        }
        let civil = CivilTime(Instant(seconds: seconds))
        func single(_ value: Int) -> [CalendarComponent] { [CalendarComponent(start: value, stop: nil, step: 0)] }
        return CalendarExpression.Fields(
            years: single(civil.year), months: single(civil.month), days: single(civil.day), hours: single(civil.hour),
            minutes: single(civil.minute), seconds: single(civil.second * 1_000_000), zone: "UTC")
    }

    // MARK: Weekdays

    private static let weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

    private func weekdays(_ word: Word) throws(Fault) -> UInt8 {
        var scanner = FieldScanner(word: word, text: text)
        var bits: UInt8 = 0
        repeat {
            // A comma at the end is allowed.
            if scanner.atEnd, bits != 0 { break }
            let first = try weekday(&scanner, of: word)
            var last = first
            if scanner.skip("..") || scanner.skip("-") { last = try weekday(&scanner, of: word) }
            guard first.day <= last.day else {
                throw text.fault(
                    first.place.lowerBound..<last.place.upperBound, "the range runs backwards, weeks begin on Monday",
                    hint: "write two ranges, for example Sat,Sun,Mon")
            }
            for day in first.day...last.day { bits |= 1 << day }
        } while scanner.skip(",")
        guard scanner.atEnd else { throw text.fault(scanner.rest, "weekdays are separated by `,` or `..`") }
        return bits
    }

    private func weekday(
        _ scanner: inout FieldScanner, of word: Word
    ) throws(Fault) -> (day: Int, place: Range<Int>) {
        let place = scanner.letters()
        let name = String(text.characters[place]).lowercased()
        if let day = Self.weekdays.firstIndex(where: { $0 == name || $0.prefix(3) == name }) { return (day, place) }
        guard !place.isEmpty else { throw text.fault(scanner.rest, "here belongs a weekday", hint: "write Mon to Sun") }
        if Self.months.contains(where: { name.hasPrefix($0) }) {
            throw text.fault(place, "months are numbers", hint: "write for example `*-02-28` for 28 February")
        }
        let known = Self.weekdays + Self.shorthands.keys.sorted()
        throw text.fault(
            place, "it is no weekday, date or time",
            hint: NearestName.nearest(to: name, among: known).map { "did you mean \($0)?" })
    }

    private static let months = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]

    // MARK: Date and time

    private mutating func date(_ word: Word, into fields: inout CalendarExpression.Fields) throws(Fault) {
        var scanner = FieldScanner(word: word, text: text)
        // Two parts are month and day, three are year, month and day.
        let hasYear = word.characters.count { "-~".contains($0) } > 1
        if hasYear {
            fields.years = try scanner.field(.year)
            guard scanner.skip("-") else { throw text.fault(scanner.rest, "after the year belongs `-`") }
        }
        fields.months = try scanner.field(.month)
        let fromEnd = scanner.skip("~")
        guard fromEnd || scanner.skip("-") else {
            throw text.fault(scanner.rest, "between month and day belongs `-` or `~`")
        }
        let start = scanner.rest.lowerBound
        fields.days = try scanner.field(fromEnd ? .lastDay : .day)
        fields.daysCountFromEnd = fromEnd && fields.days != nil
        dayPlace = start..<scanner.rest.lowerBound
        guard scanner.atEnd else { throw text.fault(scanner.rest, "a date ends with its day") }
    }

    private func time(_ word: Word, into fields: inout CalendarExpression.Fields) throws(Fault) {
        guard word.characters.contains(":"), !word.characters.contains("T") else { throw unexpected(word) }
        var scanner = FieldScanner(word: word, text: text)
        fields.hours = try scanner.field(.hour)
        guard scanner.skip(":") else { throw text.fault(scanner.rest, "after the hour belongs `:`") }
        fields.minutes = try scanner.field(.minute)
        if scanner.skip(":") {
            fields.seconds = try scanner.field(.second)
            // Beside every whole second, whole seconds say nothing more.
            if let seconds = fields.seconds, seconds.contains(CalendarComponent(start: 0, stop: nil, step: 1_000_000)),
                seconds.allSatisfy({ $0.start % 1_000_000 == 0 && $0.step % 1_000_000 == 0 })
            {
                fields.seconds = nil
            }
        } else {
            fields.seconds = [CalendarComponent(start: 0, stop: nil, step: 0)]
        }
        guard scanner.atEnd else { throw text.fault(scanner.rest, "here the time should end") }
    }

    private func unexpected(_ word: Word) -> Fault {
        if word.characters.contains("T"), word.characters.contains(":") {
            return text.fault(word.range, "date and time are separated by a space", hint: "write `2026-11-22 10:00`")
        }
        if isWeekday(word) {
            return text.fault(word.range, "weekdays come first, in one word", hint: "write `Mon,Tue 23:00`")
        }
        return text.fault(word.range, "it is neither a date nor a time")
    }

    // MARK: Dates that no calendar has

    /// - Throws: `bad-schedule` when the expression has a date that doesn't exist, and no other.
    func check(_ expression: CalendarExpression) throws(Fault) {
        let months = (1...12).filter { expression.months >> $0 & 1 == 1 }
        guard let dayPlace, let month = months.first else { return }
        let leaps = CalendarExpression.years.filter {
            expression.years.next(from: $0, limit: $0) == $0 && CivilTime.days(inMonth: 2, of: $0) == 29
        }
        let exists = months.contains { month in
            let length = month == 2 && leaps.isEmpty ? 28 : CivilTime.days(inMonth: month, of: 2000)
            return expression.days[length - 28] != 0
        }
        guard !exists else { return }
        if expression.days[1] != 0 {
            throw text.fault(
                dayPlace, "29 February is in leap years only", hint: "write `*-02-29`, or `*-02~01` for the last day")
        }
        let names = [
            "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
            "November", "December",
        ]
        let name = months.count == 1 ? names[month - 1] : "each of these months"
        throw text.fault(
            dayPlace, "\(name) has fewer days", hint: "write `~01` for the last day of a month, for example `*-02~01`")
    }
}
