import Model

/// Reads the fields of one word of a calendar expression.
struct FieldScanner {
    enum Field {
        case year, month, day, lastDay, hour, minute, second

        var name: String {
            switch self {
            case .year: "year"
            case .month: "month"
            case .day: "day"
            case .lastDay: "day"
            case .hour: "hour"
            case .minute: "minute"
            case .second: "second"
            }
        }

        /// What may stand in it; seconds are in microseconds.
        var range: ClosedRange<Int> {
            switch self {
            case .year: CalendarExpression.years
            case .month: 1...12
            case .day: 1...31
            // The 29th-last day is not in every month.
            case .lastDay: 1...28
            case .hour: 0...23
            case .minute: 0...59
            case .second: 0...CalendarExpression.microsecondsOfMinute - 1
            }
        }

        var unit: Int {
            if case .second = self { return 1_000_000 }
            return 1
        }
    }

    private let text: ScheduleText
    private let end: Int
    private var position: Int

    init(word: ScheduleText.Word, text: ScheduleText) {
        self.text = text
        position = word.range.lowerBound
        end = word.range.upperBound
    }

    var atEnd: Bool { position == end }
    /// What hasn't been read.
    var rest: Range<Int> { position..<end }

    mutating func skip(_ mark: String) -> Bool {
        guard text.characters[position..<end].starts(with: mark) else { return false }
        position += mark.count
        return true
    }

    mutating func letters() -> Range<Int> { take { $0.isLetter } }

    private mutating func take(_ holds: (Character) -> Bool) -> Range<Int> {
        let start = position
        while position < end, holds(text.characters[position]) { position += 1 }
        return start..<position
    }

    /// A list of values, ranges and repetitions in normal form; nil for `*`.
    mutating func field(_ field: Field) throws(Fault) -> [CalendarComponent]? {
        if skip("*") {
            if position < end, text.characters[position] == "/" {
                throw text.fault(
                    position - 1..<end, "`*` can't be repeated",
                    hint: "write \(field.range.lowerBound)/… instead of */…")
            }
            return nil
        }
        var components: [CalendarComponent] = []
        repeat { components.append(try component(field)) } while skip(",")
        components.sort { ($0.start, $0.stop ?? -1, $0.step) < ($1.start, $1.stop ?? -1, $1.step) }
        return components.reduce(into: []) { if $0.last != $1 { $0.append($1) } }
    }

    private mutating func component(_ field: Field) throws(Fault) -> CalendarComponent {
        let begin = position
        let start = try value(field)
        var stop = skip("..") ? try value(field) : nil
        var step = stop == nil ? 0 : field.unit
        if skip("/") {
            step = try repetition(field, after: start)
        } else if let stop, stop > start, stop - start < step {
            throw text.fault(begin..<position, "a range of less than a second holds nothing", hint: "add `/0.1`")
        }
        if let last = stop {
            guard start <= last else {
                throw text.fault(
                    begin..<position, "the range runs backwards", hint: "write the smaller number first")
            }
            // As far as the repetition gets.
            stop = last - (last - start) % step
            if stop == start { (stop, step) = (nil, 0) }
        } else if step > 0 {
            let fits = field == .lastDay ? start - step >= 1 : start + step <= field.range.upperBound
            guard fits else {
                throw text.fault(
                    begin..<position, "the repetition never comes round, the field ends before", hint: "leave it out")
            }
        }
        return CalendarComponent(start: start, stop: stop, step: step)
    }

    private mutating func value(_ field: Field) throws(Fault) -> Int {
        let (number, place) = try number(field)
        var value = number
        // Two digits mean 1970 to 2069.
        if case .year = field, value < 100 { value += value < 70 ? 2000 : 1900 }
        guard field.range.contains(value) else { throw outside(field, place, value < field.range.lowerBound) }
        return value
    }

    private func outside(_ field: Field, _ place: Range<Int>, _ isLow: Bool) -> Fault {
        let bounds = field.range
        let written = String(text.characters[place])
        return switch field {
        case .year: text.fault(place, "years are \(bounds.lowerBound) to \(bounds.upperBound)")
        case .month: text.fault(place, "there is no month \(written)", hint: "months are 1 to 12")
        case .day: text.fault(place, "no month has a day \(written)", hint: "days are 1 to 31")
        case .lastDay:
            text.fault(
                place, isLow ? "the last day of the month is `~01`" : "not every month has that many days",
                hint: "write ~01 to ~28")
        case .hour: text.fault(place, "there is no hour \(written)", hint: "hours are 0 to 23")
        case .minute: text.fault(place, "there is no minute \(written)", hint: "minutes are 0 to 59")
        case .second: text.fault(place, "there is no second \(written)", hint: "seconds are 0 to 59.999999")
        }
    }

    private mutating func repetition(_ field: Field, after start: Int) throws(Fault) -> Int {
        let (step, place) = try number(field)
        guard step > 0 else { throw text.fault(place, "a repetition is 1 or more", hint: "leave it out, or write /1") }
        guard step <= field.range.upperBound - field.range.lowerBound else {
            throw text.fault(
                place, "the repetition is longer than all the \(field.name)s", hint: "write a smaller number")
        }
        return step
    }

    /// A number as it is written; seconds in microseconds, rounded.
    private mutating func number(_ field: Field) throws(Fault) -> (Int, Range<Int>) {
        let start = position
        let digits = take { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty, let whole = Int(String(text.characters[digits])), digits.count <= 6 else {
            let found = take { !",-~:/ ".contains($0) }
            guard start < end else { throw text.fault(start..<end, "after it belongs a \(field.name)") }
            // A separator where a number should be is the offender itself.
            let place = digits.isEmpty && found.isEmpty ? start..<start + 1 : start..<position
            throw text.fault(place, "here belongs a \(field.name), a number")
        }
        guard field.unit > 1 else { return (whole, digits) }
        var value = whole * field.unit
        if position < end, text.characters[position] == ".", position + 1 < end, text.characters[position + 1] != "." {
            position += 1
            let fraction = take { $0.isASCII && $0.isNumber }
            guard let first = text.characters[fraction].first, first.isNumber else {
                throw text.fault(start..<position, "after the point belong digits")
            }
            let seven = (String(text.characters[fraction].prefix(7)) + "0000000").prefix(7)
            value += ((Int(seven) ?? 0) + 5) / 10
        }
        return (value, start..<position)
    }
}
