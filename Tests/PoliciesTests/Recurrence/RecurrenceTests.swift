import Model
import Policies
import Testing

@Suite struct RecurrenceTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var rule: String
        var zone: String
        var after: String
        var due: [String]

        init(_ rule: String, _ zone: String, after: String, _ due: String...) {
            (self.rule, self.zone, self.after, self.due) = (rule, zone, after, due)
        }

        var testDescription: String { "\(rule) in \(zone) after \(after)" }
    }

    static let rows = [
        // Gap 02:00 to 03:00 on 2026-03-29.
        Row(
            "*-*-* 02:30", "Europe/Berlin", after: "2026-03-28T01:30:00Z", "2026-03-29T01:00:00Z",
            "2026-03-30T00:30:00Z"),
        Row("02:0/5", "Europe/Berlin", after: "2026-03-28T02:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"),
        Row("02,3:00", "Europe/Berlin", after: "2026-03-28T02:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:00:00Z"),
        Row(
            "hourly", "Europe/Berlin", after: "2026-03-28T23:30:00Z", "2026-03-29T00:00:00Z", "2026-03-29T01:00:00Z",
            "2026-03-29T02:00:00Z"),
        Row(
            "*:0/15", "Europe/Berlin", after: "2026-03-29T00:44:00Z", "2026-03-29T00:45:00Z", "2026-03-29T01:00:00Z",
            "2026-03-29T01:15:00Z"),
        // Overlap 02:00 to 03:00 on 2026-10-25.
        Row(
            "*-*-* 02:30", "Europe/Berlin", after: "2026-10-24T10:00:00Z", "2026-10-25T00:30:00Z",
            "2026-10-26T01:30:00Z"),
        Row(
            "0/1:30", "Europe/Berlin", after: "2026-10-24T23:00:00Z", "2026-10-24T23:30:00Z", "2026-10-25T00:30:00Z",
            "2026-10-25T01:30:00Z", "2026-10-25T02:30:00Z"),
        Row("0/2:00", "Europe/Berlin", after: "2026-10-24T22:00:00Z", "2026-10-25T00:00:00Z", "2026-10-25T03:00:00Z"),
        Row(
            "every 1h", "Europe/Berlin", after: "2026-10-24T23:30:00Z", "2026-10-25T00:00:00Z", "2026-10-25T01:00:00Z",
            "2026-10-25T02:00:00Z"),
        // Midnight gaps, and a midnight that comes twice: 24:00 back to 23:00.
        Row("daily", "Africa/Cairo", after: "2026-04-22T23:00:00Z", "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z"),
        Row("daily", "America/Santiago", after: "2026-09-05T05:00:00Z", "2026-09-06T04:00:00Z", "2026-09-07T03:00:00Z"),
        Row("23:30", "Africa/Cairo", after: "2026-10-29T00:00:00Z", "2026-10-29T20:30:00Z", "2026-10-30T21:30:00Z"),
        // Half an hour: gap 02:00 to 02:30 on 2026-10-04, overlap 01:30 to 02:00 on 2026-04-05.
        Row(
            "02:15", "Australia/Lord_Howe", after: "2026-10-03T00:00:00Z", "2026-10-03T15:30:00Z",
            "2026-10-04T15:15:00Z"),
        Row(
            "01:45", "Australia/Lord_Howe", after: "2026-04-04T00:00:00Z", "2026-04-04T14:45:00Z",
            "2026-04-05T15:15:00Z"),
        Row(
            "*:45", "Australia/Lord_Howe", after: "2026-04-04T14:00:00Z", "2026-04-04T14:45:00Z",
            "2026-04-04T15:15:00Z", "2026-04-04T16:15:00Z"),
        // 30 December 2011 never was: what belongs to it comes at the midnight after it.
        Row("12:00", "Pacific/Apia", after: "2011-12-29T23:00:00Z", "2011-12-30T10:00:00Z", "2011-12-30T22:00:00Z"),
        Row("2011-12-30 18:00", "Pacific/Apia", after: "2011-01-01T00:00:00Z", "2011-12-30T10:00:00Z"),
        // Winter time is the exception in Dublin, by the files.
        Row("01:30", "Europe/Dublin", after: "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"),
        Row("01:30", "Europe/Dublin", after: "2026-10-24T12:00:00Z", "2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"),
        // Two hours at once.
        Row("02:30", "Antarctica/Troll", after: "2026-03-28T12:00:00Z", "2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"),
        // Leap days and year ends.
        Row("*-02-29", "UTC", after: "2026-01-01T00:00:00Z", "2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z"),
        Row("*-02-29", "UTC", after: "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
        Row("*-02~1", "UTC", after: "2027-01-01T00:00:00Z", "2027-02-28T00:00:00Z", "2028-02-29T00:00:00Z"),
        Row("*-*-31", "UTC", after: "2026-01-31T00:00:00Z", "2026-03-31T00:00:00Z", "2026-05-31T00:00:00Z"),
        Row(
            "*-12-31 23:59:59", "UTC", after: "2026-12-31T23:59:58.999Z", "2026-12-31T23:59:59Z", "2027-12-31T23:59:59Z"
        ),
        Row("*:59:59", "UTC", after: "2026-12-31T22:59:59Z", "2026-12-31T23:59:59Z", "2027-01-01T00:59:59Z"),
        Row("2199-12-31 23:59", "UTC", after: "2026-01-01T00:00:00Z", "2199-12-31T23:59:00Z"),
        Row("*:*:0/2.5", "UTC", after: "2026-01-01T00:00:55Z", "2026-01-01T00:00:57.500Z", "2026-01-01T00:01:00Z"),
        // A zone in the text wins.
        Row("*-*-* 23:00 UTC", "Europe/Berlin", after: "2026-07-01T00:00:00Z", "2026-07-01T23:00:00Z"),
        Row("*-*-* 23:00 Asia/Tokyo", "Europe/Berlin", after: "2026-07-01T00:00:00Z", "2026-07-01T14:00:00Z"),
        Row("@1798761600", "Europe/Berlin", after: "2026-07-01T00:00:00Z", "2027-01-01T00:00:00Z"),
        // Once.
        Row("once 2026-11-22T10:00", "Europe/Berlin", after: "2026-01-01T00:00:00Z", "2026-11-22T09:00:00Z"),
        Row("once 2026-11-22 10:00:30", "Europe/Berlin", after: "2026-01-01T00:00:00Z", "2026-11-22T09:00:30Z"),
        Row("once 2026-11-22T10:00 Asia/Tokyo", "Europe/Berlin", after: "2026-01-01T00:00:00Z", "2026-11-22T01:00:00Z"),
        Row("once 2026-11-22T10:00+03:00", "Europe/Berlin", after: "2026-01-01T00:00:00Z", "2026-11-22T07:00:00Z"),
        Row("once 2026-11-22T10:00Z", "Europe/Berlin", after: "2026-01-01T00:00:00Z", "2026-11-22T10:00:00Z"),
        Row("once 2026-03-29T02:30", "Europe/Berlin", after: "2026-01-01T00:00:00Z", "2026-03-29T01:00:00Z"),
        Row("once 2026-10-25T02:30", "Europe/Berlin", after: "2026-01-01T00:00:00Z", "2026-10-25T00:30:00Z"),
        Row("every 1d", "Europe/Berlin", after: "2026-03-28T12:00:00Z", "2026-03-29T00:00:00Z", "2026-03-30T00:00:00Z"),
    ]

    @Test(arguments: rows) func isDueAtTheseInstantsAndNoOther(row: Row) throws {
        let recurrence = try rule(row.rule, row.zone)
        let found = recurrence.occurrences(after: time(row.after), count: row.due.count)
        #expect(found.map(\.instant) == row.due.map(time), "\(found.map { $0.instant.rfc3339() })")
        for (earlier, later) in zip(found, found.dropFirst()) {
            #expect(recurrence.previous(before: later.instant) == earlier)
        }
    }

    private func rule(_ text: String, _ zone: String = "UTC") throws -> Recurrence {
        try Recurrence(text, zone: zone == "UTC" ? .utc : SystemZones.rules(zone)) { name throws(Fault) in
            do { return try SystemZones.rules(name) } catch { throw Fault.wrapping(error) }
        }
    }

    @Test(arguments: [
        (
            "02:30", "Europe/Berlin", "2026-03-29T00:00:00Z", "gap",
            "02:30 doesn't exist on 2026-03-29 in Europe/Berlin (clocks go from 02:00 to 03:00); runs at 03:00"
        ),
        (
            "02:0/20", "Europe/Berlin", "2026-03-29T00:00:00Z", "gap",
            "02:00 to 02:40 don't exist on 2026-03-29 in Europe/Berlin (clocks go from 02:00 to 03:00); runs at 03:00"
        ),
        (
            "02:30", "Europe/Berlin", "2026-10-25T00:00:00Z", "overlap",
            "02:30 comes twice on 2026-10-25 in Europe/Berlin (clocks go back from 03:00 to 02:00); runs at the first"
        ),
        (
            "daily", "Africa/Cairo", "2026-04-23T12:00:00Z", "gap",
            "00:00 doesn't exist on 2026-04-24 in Africa/Cairo (clocks go from 00:00 to 01:00); runs at 01:00"
        ),
        (
            "23:30", "Africa/Cairo", "2026-10-29T00:00:00Z", "overlap",
            "23:30 comes twice on 2026-10-29 in Africa/Cairo (clocks go back from 2026-10-30 00:00 to 23:00); "
                + "runs at the first"
        ),
        (
            "12:00", "Pacific/Apia", "2011-12-30T00:00:00Z", "gap",
            "12:00 doesn't exist on 2011-12-30 in Pacific/Apia (clocks go from 00:00 to 2011-12-31 00:00); "
                + "runs at 2011-12-31 00:00"
        ),
        (
            "*:15", "Australia/Lord_Howe", "2026-10-03T15:20:00Z", "gap",
            "02:15 doesn't exist on 2026-10-04 in Australia/Lord_Howe (clocks go from 02:00 to 02:30); runs at 02:30"
        ),
        (
            "once 2026-03-29T02:30", "Europe/Berlin", "2026-01-01T00:00:00Z", "gap",
            "02:30 doesn't exist on 2026-03-29 in Europe/Berlin (clocks go from 02:00 to 03:00); runs at 03:00"
        ),
        (
            "once 2026-10-25T02:30", "Europe/Berlin", "2026-01-01T00:00:00Z", "overlap",
            "02:30 comes twice on 2026-10-25 in Europe/Berlin (clocks go back from 03:00 to 02:00); runs at the first"
        ),
    ])
    func saysWhyAnOccurrenceIsShifted(
        text: String, zone: String, after: String, kind: String, reason: String
    ) throws {
        let shift = try #require(rule(text, zone).next(after: time(after))?.shift)
        #expect(shift.kind.rawValue == kind)
        #expect(shift.reason == reason)
    }

    @Test func evenTimesAndEveryHourRulesHaveNoShift() throws {
        for text in ["02:30", "*:0/5", "hourly", "*:30", "every 5m"] {
            let isHourly = text != "02:30"
            let after = isHourly ? "2026-10-25T00:00:00Z" : "2026-10-26T00:00:00Z"
            let found = try rule(text, "Europe/Berlin").occurrences(after: time(after), count: 30)
            #expect(found.allSatisfy { $0.shift == nil })
        }
        // Due at the end of the gap anyway: nothing is shifted.
        #expect(try rule("hourly", "Europe/Berlin").next(after: time("2026-03-29T00:30:00Z"))?.shift == nil)
    }

    @Test func intervalsKeepAGridOfElapsedTime() throws {
        let free = try rule("every 1h30m")
        #expect(free.isInterval && free.description == "every 1h30m" && free.period == .seconds(5400))
        #expect(free.next(after: time("1970-01-01T00:00:00Z"))?.instant == time("1970-01-01T01:30:00Z"))
        #expect(free.previous(before: time("1970-01-01T00:00:00Z")) == nil)
        let start = time("2026-01-01T00:00:07Z")
        let anchored = try Recurrence("every 5m", zone: .utc, starts: start)
        #expect(anchored.next(after: time("2020-01-01T00:00:00Z"))?.instant == start)
        #expect(anchored.next(after: start)?.instant == time("2026-01-01T00:05:07Z"))
        #expect(anchored.previous(before: time("2026-01-01T00:05:07Z"))?.instant == start)
        #expect(anchored.previous(before: start) == nil)
    }

    @Test func nothingIsPlannedOutsideOfStartAndEnd() throws {
        for text in ["daily", "every 1d"] {
            let rule = try Recurrence(
                text, zone: .utc, starts: time("2026-05-01T00:00:00Z"), ends: time("2026-05-03T00:00:00Z"),
                spread: .seconds(3600), seed: "nightly")
            let all = rule.occurrences(after: time("2020-01-01T00:00:00Z"), count: 9)
            #expect(all.map { $0.planned.rfc3339() } == (1...3).map { "2026-05-0\($0)T00:00:00.000Z" })
            #expect(rule.previous(before: time("2030-01-01T00:00:00Z")) == all.last)
            #expect(rule.previous(before: all[0].instant) == nil)
        }
        let once = try Recurrence("once 2026-11-22T10:00", zone: .utc, ends: time("2026-11-22T09:00:00Z"))
        #expect(once.next(after: time("2026-01-01T00:00:00Z")) == nil)
    }

    @Test func spreadIsStableAndWithinItsBounds() throws {
        let plain = try rule("*:0/5", "Europe/Berlin")
        let start = time("2026-10-25T00:00:00Z")
        var offsets: Set<Int64> = []
        for number in 0..<200 {
            func make() throws -> Recurrence {
                try Recurrence(
                    "*:0/5", zone: SystemZones.rules("Europe/Berlin"), spread: .seconds(300), seed: "schedule-\(number)"
                )
            }
            let (rule, again) = (try make(), try make())
            let found = rule.occurrences(after: start, count: 40)
            #expect(rule == again && found == again.occurrences(after: start, count: 40))
            let shift = try #require(found.first).instant - found[0].planned
            #expect(shift >= .zero && shift < .seconds(300))
            #expect(found.allSatisfy { $0.instant - $0.planned == shift })
            let planned = plain.occurrences(after: start - shift, count: 40).map(\.planned)
            #expect(found.map(\.planned) == planned)
            #expect(zip(found, found.dropFirst()).allSatisfy { $0.instant < $1.instant })
            offsets.insert(shift.microseconds)
        }
        #expect(offsets.count > 190)
        // Written down once and for all: another value would move schedules.
        let fixed = try Recurrence("daily", zone: .utc, spread: .seconds(3600), seed: "nightly").next(after: start)
        #expect(fixed.map { $0.instant - $0.planned } == .microseconds(2_655_055_471))
    }

    @Test func previousUndoesNext() throws {
        var random = PrintedSeed()
        let zones = [
            "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia", "Africa/Cairo", "Africa/Casablanca", "UTC",
        ]
        var count = 0
        for _ in 0..<3000 {
            let text = RandomExpression.make(&random)
            let zone = zones[Int.random(in: 0..<zones.count, using: &random)]
            let start = Instant(microseconds: Int64.random(in: 0...4_102_444_800_000_000, using: &random))
            let rule = try Recurrence(
                text, zone: zone == "UTC" ? .utc : SystemZones.rules(zone), spread: .seconds(count % 3 * 1000),
                seed: text)
            let forth = rule.occurrences(after: start, count: 8)
            var back: [Occurrence] = []
            var end = (forth.last?.instant ?? start) + .microseconds(1)
            while let previous = rule.previous(before: end), previous.instant > start {
                back.append(previous)
                end = previous.instant
            }
            #expect(back.reversed() == forth, "\(text) in \(zone) after \(start.rfc3339())")
            if let previous = rule.previous(before: start) {
                #expect(rule.next(after: previous.instant)?.instant ?? start >= start, "\(text) in \(zone)")
            }
            count += forth.count
        }
        #expect(count > 10_000)
    }

    @Test(arguments: [
        ("daily", 86_400), ("hourly", 3600), ("*:0/5", 300), ("weekly", 604_800), ("Mon..Fri 23:00", 86_400),
        ("monthly", 31 * 86_400), ("quarterly", 91 * 86_400), ("yearly", 365 * 86_400), ("*-02-29", 1461 * 86_400),
        ("2026-11-22,29 10:00", 604_800), ("2026-11-22", 0), ("once 2026-11-22T10:00", 0), ("every 90s", 90),
    ])
    func knowsItsUsualPeriod(text: String, seconds: Int) throws {
        #expect(try rule(text, "Europe/Berlin").period == (seconds == 0 ? nil : .seconds(seconds)))
    }

    @Test(arguments: [
        ("every", 1, 5), ("every 5x", 7, 2), ("every 0s", 7, 2), ("every  soon ", 8, 4), ("once", 1, 4),
        ("once 2026-02-30T10:00", 6, 16), ("once tomorrow", 6, 8), ("once 2026-11-22T25:00", 6, 16),
        ("once 2026-11-22 10:00 11:00", 23, 5), ("daily Europe/Berln", 7, 12),
        ("once 2026-11-22T10:00 Mars/Base", 23, 9),
        ("*:*:0/0.5", 1, 9), ("Mon 25:00", 5, 2),
    ])
    func pointsAtWhatItCannotRead(text: String, column: Int, length: Int) throws {
        let fault = try #require(throws: Fault.self) { try rule(text) }
        #expect(fault.code == .badSchedule && fault.hint != nil)
        #expect(fault.context["column"] == String(column) && fault.context["length"] == String(length), "\(fault)")
    }

    @Test func namesTheZoneThatWasMeant() throws {
        let fault = try #require(throws: Fault.self) { try rule("daily Europe/Berln") }
        #expect(fault.message == "unknown time zone \"Europe/Berln\"")
        #expect(fault.hint == "did you mean Europe/Berlin?")
    }

    @Test(arguments: ["2020-01-01", "Mon 2026-11-22", "*-02-29 12:00", "Sat 1970-01-01"])
    func endsWhereNothingComesAnyMore(text: String) throws {
        #expect(try rule(text, "Europe/Berlin").next(after: time("2199-12-31T23:59:59Z")) == nil)
        #expect(try rule(text, "Europe/Berlin").previous(before: time("1970-01-01T00:00:00Z")) == nil)
        for far in [Instant(microseconds: .max), Instant(microseconds: .min)] {
            _ = try rule(text, "Europe/Berlin").next(after: far)
            _ = try rule(text, "Europe/Berlin").previous(before: far)
        }
    }
}
