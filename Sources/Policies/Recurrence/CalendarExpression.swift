package import Model

/// A set of local times, written as systemd writes calendar events: `Mon..Fri 23:00`, `*-*-01 02:30`, `*:0/15`.
///
/// Source: systemd.time(7), "Calendar events". Years are 1970 to 2199, times have microseconds.
package struct CalendarExpression: Sendable {
    /// The fields as they were written, in normal form. A field that is nil holds every value.
    struct Fields: Sendable, Hashable {
        /// Bit 0 is Monday.
        var weekdays: UInt8 = allWeekdays
        var years: [CalendarComponent]?
        var months: [CalendarComponent]?
        var days: [CalendarComponent]?
        /// Days count from the last of the month, which is 1.
        var daysCountFromEnd = false
        var hours: [CalendarComponent]?
        var minutes: [CalendarComponent]?
        /// Microseconds.
        var seconds: [CalendarComponent]?
        var zone: String?

        static let allWeekdays: UInt8 = 0x7F
    }

    static let years = 1970...2199
    static let microsecondsOfMinute = 60_000_000

    /// The normal form, as `systemd-analyze calendar` prints it.
    package let description: String
    /// The zone that the expression names; nil when it names none.
    package let zone: String?

    let weekdays: UInt8
    let years: [CalendarComponent]
    /// Bit 1 is January.
    let months: UInt32
    /// Bit 1 is the first; for months of 28, 29, 30 and 31 days.
    let days: SIMD4<UInt32>
    let hours: UInt32
    let minutes: UInt64
    /// Microseconds of the minute.
    let seconds: [CalendarComponent]

    /// - Throws: `bad-schedule`, with `column` (1-based) and `length` of what can't be read in its context.
    package init(_ text: String) throws(Fault) {
        var parser = CalendarParser(text)
        self.init(try parser.fields())
        try parser.check(self)
    }

    private init(_ fields: Fields) {
        description = fields.description
        zone = fields.zone
        weekdays = fields.weekdays
        years = fields.years ?? [CalendarComponent(start: Self.years.lowerBound, stop: nil, step: 1)]
        months = UInt32(fields.months?.bits(limit: 12) ?? 0x1FFE)
        var days = SIMD4<UInt32>()
        for index in 0..<4 { days[index] = Self.days(fields, length: 28 + index) }
        self.days = days
        hours = UInt32(fields.hours?.bits(limit: 23) ?? 0xFF_FFFF)
        minutes = fields.minutes?.bits(limit: 59) ?? 0xFFF_FFFF_FFFF_FFFF
        seconds = fields.seconds ?? [CalendarComponent(start: 0, stop: nil, step: 1_000_000)]
    }

    /// The days of a month of `length` days.
    private static func days(_ fields: Fields, length: Int) -> UInt32 {
        let month = UInt32((UInt64(2) << UInt64(length)) - 2)
        guard let components = fields.days else { return month }
        guard fields.daysCountFromEnd else { return UInt32(components.bits(limit: 31)) & month }
        // `~05` is the fifth-last day, `~05/1` every day from it to the last; a range counts on from its earlier day.
        let counted = components.map { component in
            let first = length + 1 - (component.stop ?? component.start)
            return CalendarComponent(
                start: first, stop: component.stop == nil ? nil : length + 1 - component.start, step: component.step)
        }
        return UInt32(counted.bits(limit: length)) & month
    }

    /// Whether the expression holds in all 24 hours of the day: then it goes by elapsed time where clocks are set back.
    package var coversAllHours: Bool { hours == 0xFF_FFFF }
}

extension CalendarExpression: Hashable, CustomStringConvertible {
    package static func == (left: CalendarExpression, right: CalendarExpression) -> Bool {
        left.description == right.description
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(description) }
}
