import Model

/// A day of the calendar with its place in the month's table.
private struct Month {
    var year: Int
    var number: Int

    var length: Int { CivilTime.days(inMonth: number, of: year) }

    /// Days from 1970-01-01 to the first of the month.
    var firstDay: Int { Int((CivilTime(year: year, month: number, day: 1).secondsSince1970 ?? 0) / 86_400) }
}

private let microsecondsOfDay: Int64 = 86_400_000_000

/// Local times are microseconds since 1970 as if read at UTC.
extension CalendarExpression {
    /// The first local time from `local` on; nil when there is none up to the year 2199.
    func next(from local: Int64) -> Int64? {
        let day = floorDivide(local, microsecondsOfDay)
        let time = local - day * microsecondsOfDay
        guard let found = nextDay(from: Int(day)) else { return nil }
        if found == Int(day) {
            if let time = nextTime(from: time) { return day * microsecondsOfDay + time }
            guard let later = nextDay(from: Int(day) + 1), let time = nextTime(from: 0) else { return nil }
            return Int64(later) * microsecondsOfDay + time
        }
        guard let time = nextTime(from: 0) else { return nil }
        return Int64(found) * microsecondsOfDay + time
    }

    /// The last local time up to `local`; nil when there is none from the year 1970 on.
    func previous(upTo local: Int64) -> Int64? {
        let day = floorDivide(local, microsecondsOfDay)
        let time = local - day * microsecondsOfDay
        guard let found = previousDay(upTo: Int(day)) else { return nil }
        if found == Int(day) {
            if let time = previousTime(upTo: time) { return day * microsecondsOfDay + time }
            guard let earlier = previousDay(upTo: Int(day) - 1),
                let time = previousTime(upTo: microsecondsOfDay - 1)
            else { return nil }
            return Int64(earlier) * microsecondsOfDay + time
        }
        guard let time = previousTime(upTo: microsecondsOfDay - 1) else { return nil }
        return Int64(found) * microsecondsOfDay + time
    }

    func contains(_ local: Int64) -> Bool { next(from: local) == local }

    // MARK: Days, counted from 1970-01-01

    private func nextDay(from day: Int) -> Int? {
        let civil = CivilTime(Instant(seconds: Int64(day) * 86_400))
        var month = Month(year: civil.year, number: civil.month)
        var first = civil.day
        while let year = years.next(from: month.year, limit: Self.years.upperBound) {
            if year != month.year { (month, first) = (Month(year: year, number: 1), 1) }
            var left = months.bits(from: month.number)
            while left != 0 {
                let number = left.trailingZeroBitCount
                if number != month.number { (month.number, first) = (number, 1) }
                let start = month.firstDay
                let days = self.days(of: month, start: start).bits(from: first)
                if days != 0 { return start + days.trailingZeroBitCount - 1 }
                left &= left - 1
            }
            (month, first) = (Month(year: year + 1, number: 1), 1)
        }
        return nil
    }

    private func previousDay(upTo day: Int) -> Int? {
        let civil = CivilTime(Instant(seconds: Int64(day) * 86_400))
        var month = Month(year: civil.year, number: civil.month)
        var last = civil.day
        while let year = years.previous(upTo: min(month.year, Self.years.upperBound)) {
            if year != month.year { (month, last) = (Month(year: year, number: 12), 31) }
            var left = months.bits(below: month.number + 1)
            while left != 0 {
                let number = 31 - left.leadingZeroBitCount
                if number != month.number { (month.number, last) = (number, 31) }
                let start = month.firstDay
                let days = self.days(of: month, start: start).bits(below: last + 1)
                if days != 0 { return start + 30 - days.leadingZeroBitCount }
                left ^= 1 << UInt32(number)
            }
            (month, last) = (Month(year: year - 1, number: 12), 31)
        }
        return nil
    }

    /// A bit for each day of the month that the date and the weekday allow.
    private func days(of month: Month, start: Int) -> UInt32 {
        let days = self.days[month.length - 28]
        guard weekdays != Fields.allWeekdays else { return days }
        // 1970-01-01 was a Thursday, 3. Rotates the week so that bit 0 is the weekday of the first.
        let weekday = UInt64(((start + 3) % 7 + 7) % 7)
        let week = UInt64(weekdays)
        let rotated = (week >> weekday | week << (7 - weekday)) & 0x7F
        let weeks = rotated | rotated << 7 | rotated << 14 | rotated << 21 | rotated << 28
        return days & UInt32(truncatingIfNeeded: weeks << 1)
    }

    // MARK: Times of day, in microseconds

    private func nextTime(from time: Int64) -> Int64? {
        var hour = Int(time / 3_600_000_000)
        var minute = Int(time / 60_000_000 % 60)
        if hours >> UInt32(hour) & 1 != 0 {
            if minutes >> UInt64(minute) & 1 != 0,
                let second = seconds.next(from: Int(time % 60_000_000), limit: Self.microsecondsOfMinute - 1)
            {
                return compose(hour, minute, second)
            }
            minute += 1
            let left = minutes.bits(from: minute)
            if left != 0 { return firstSecond.map { compose(hour, left.trailingZeroBitCount, $0) } }
        }
        hour += 1
        let left = hours.bits(from: hour)
        guard left != 0 else { return nil }
        return firstSecond.map { compose(left.trailingZeroBitCount, minutes.trailingZeroBitCount, $0) }
    }

    private func previousTime(upTo time: Int64) -> Int64? {
        let hour = Int(time / 3_600_000_000)
        let minute = Int(time / 60_000_000 % 60)
        if hours >> UInt32(hour) & 1 != 0 {
            if minutes >> UInt64(minute) & 1 != 0, let second = seconds.previous(upTo: Int(time % 60_000_000)) {
                return compose(hour, minute, second)
            }
            let left = minutes.bits(below: minute)
            if left != 0 { return lastSecond.map { compose(hour, 63 - left.leadingZeroBitCount, $0) } }
        }
        let left = hours.bits(below: hour)
        guard left != 0 else { return nil }
        return lastSecond.map { compose(31 - left.leadingZeroBitCount, 63 - minutes.leadingZeroBitCount, $0) }
    }

    private var firstSecond: Int? { seconds.next(from: 0, limit: Self.microsecondsOfMinute - 1) }
    private var lastSecond: Int? { seconds.previous(upTo: Self.microsecondsOfMinute - 1) }

    private func compose(_ hour: Int, _ minute: Int, _ second: Int) -> Int64 {
        Int64(hour) * 3_600_000_000 + Int64(minute) * 60_000_000 + Int64(second)
    }
}

extension FixedWidthInteger {
    fileprivate func bits(from index: Int) -> Self { (self >> index) << index }
    fileprivate func bits(below index: Int) -> Self { self & ~(~0 << index) }
}

/// Rounds down, also below zero.
func floorDivide(_ value: Int64, _ divisor: Int64) -> Int64 {
    let (quotient, remainder) = value.quotientAndRemainder(dividingBy: divisor)
    return remainder < 0 ? quotient - 1 : quotient
}
