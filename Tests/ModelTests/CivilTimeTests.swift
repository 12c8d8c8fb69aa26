import Model
import Testing

@Suite struct CivilTimeTests {
    /// Counts days one by one with the plain rule of the calendar, 400 years to each side of 1970.
    @Test func everyDayOfEightHundredYearsIsWhereTheCalendarPutsIt() {
        var forward = (year: 1970, month: 1, day: 1)
        var backward = forward
        for number in 0..<146_097 {
            check(forward, number)
            check(backward, -number)
            forward.day += 1
            if forward.day > length(forward.month, forward.year) { forward = (forward.year, forward.month + 1, 1) }
            if forward.month > 12 { forward = (forward.year + 1, 1, 1) }
            backward.day -= 1
            if backward.day < 1 {
                backward.month -= 1
                if backward.month < 1 { backward = (backward.year - 1, 12, 0) }
                backward.day = length(backward.month, backward.year)
            }
        }
        #expect(forward == (2370, 1, 1))
        #expect(backward == (1570, 1, 1))
    }

    @Test func everySecondOfADayHasItsTime() {
        for second in 0..<86_400 {
            for day in [Int64(-1), 0, 20_000] {
                let civil = CivilTime(Instant(seconds: day * 86_400 + Int64(second)))
                #expect(civil.hour * 3600 + civil.minute * 60 + civil.second == second)
                #expect(civil.secondsSince1970 == day * 86_400 + Int64(second))
            }
        }
    }

    @Test(arguments: [
        CivilTime(year: 2026, month: 2, day: 29), CivilTime(year: 1900, month: 2, day: 29),
        CivilTime(year: 2026, month: 0, day: 1), CivilTime(year: 2026, month: 13, day: 1),
        CivilTime(year: 2026, month: 6, day: 31), CivilTime(year: 2026, month: 1, day: 1, hour: 24),
        CivilTime(year: 2026, month: 1, day: 1, minute: -1), CivilTime(year: 2026, month: 1, day: 1, second: 61),
    ])
    func aTimeThatNoCalendarHasIsNone(civil: CivilTime) {
        #expect(civil.secondsSince1970 == nil)
    }

    @Test func februaryFollowsTheGregorianRule() {
        #expect(CivilTime.days(inMonth: 2, of: 2024) == 29)
        #expect(CivilTime.days(inMonth: 2, of: 2026) == 28)
        #expect(CivilTime.days(inMonth: 2, of: 2100) == 28)
        #expect(CivilTime.days(inMonth: 2, of: 2000) == 29)
    }

    private func check(_ date: (year: Int, month: Int, day: Int), _ days: Int) {
        let expected = CivilTime(year: date.year, month: date.month, day: date.day)
        let civil = CivilTime(Instant(seconds: Int64(days) * 86_400))
        // A comparison first: 300,000 recorded expectations would take longer than the arithmetic.
        if civil != expected { Issue.record("day \(days) is \(civil), not \(expected)") }
        if expected.secondsSince1970 != Int64(days) * 86_400 { Issue.record("\(expected) is not day \(days)") }
    }

    private func length(_ month: Int, _ year: Int) -> Int {
        if month != 2 { return [31, 0, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1] }
        if year.isMultiple(of: 400) { return 29 }
        if year.isMultiple(of: 100) { return 28 }
        return year.isMultiple(of: 4) ? 29 : 28
    }
}
