import Model
import Policies
import Testing

@Suite struct TickRuleTests {
    struct Row: Sendable {
        var rule: String
        var zone: ZoneOffset
        var after: String
        var due: [String]
    }

    static let rows = [
        Row(
            rule: "*-*-* 23:00", zone: Zones.berlin, after: "2026-11-22T10:00:00+01:00",
            due: ["2026-11-22T23:00:00+01:00", "2026-11-23T23:00:00+01:00"]),
        Row(
            rule: "*-*-* 02:30", zone: Zones.berlin, after: "2026-03-28T02:30:00+01:00",
            due: ["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]),
        Row(
            rule: "*-*-* 02:30", zone: Zones.berlin, after: "2026-10-24T02:30:00+02:00",
            due: ["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]),
        Row(
            rule: "*-*-* 02:30", zone: Zones.berlin, after: "2026-10-25T02:45:00+02:00",
            due: ["2026-10-26T02:30:00+01:00"]),
        Row(
            rule: "daily", zone: Zones.cairo, after: "2026-04-23T00:00:00+02:00",
            due: ["2026-04-24T01:00:00+03:00", "2026-04-25T00:00:00+03:00"]),
        Row(
            rule: "*-*-* 02:15", zone: Zones.lordHowe, after: "2026-10-03T02:15:00+10:30",
            due: ["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"]),
        Row(
            rule: "*-*-* 01:45", zone: Zones.lordHowe, after: "2026-04-04T01:45:00+11:00",
            due: ["2026-04-05T01:45:00+11:00", "2026-04-06T01:45:00+10:30"]),
        Row(
            rule: "*-*-* 23:00", zone: Zones.apia, after: "2011-12-29T23:00:00-10:00",
            due: ["2011-12-31T00:00:00+14:00", "2011-12-31T23:00:00+14:00"]),
        Row(
            rule: "*-*-* 12:00:30", zone: Zones.utc, after: "2028-02-28T12:00:30Z",
            due: ["2028-02-29T12:00:30Z", "2028-03-01T12:00:30Z"]),
        Row(
            rule: "23:59", zone: Zones.utc, after: "2026-12-31T23:58:59Z",
            due: ["2026-12-31T23:59:00Z", "2027-01-01T23:59:00Z"]),
        Row(
            rule: "hourly", zone: Zones.berlin, after: "2026-10-25T01:30:00+02:00",
            due: [
                "2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00",
            ]),
        Row(
            rule: "hourly", zone: Zones.berlin, after: "2026-03-29T01:00:00+01:00",
            due: ["2026-03-29T03:00:00+02:00", "2026-03-29T04:00:00+02:00"]),
        Row(
            rule: "hourly", zone: Zones.lordHowe, after: "2026-10-04T01:00:00+10:30",
            due: ["2026-10-04T03:00:00+11:00"]),
        Row(
            rule: "every 5m", zone: Zones.berlin, after: "2026-03-29T01:58:00+01:00",
            due: ["2026-03-29T03:03:00+02:00", "2026-03-29T03:08:00+02:00"]),
    ]

    @Test(arguments: rows) func isDueAtTheseInstantsAndNoOther(row: Row) throws {
        let rule = try TickRule(parsing: row.rule)
        var instant = time(row.after)
        for due in row.due {
            instant = try #require(rule.next(after: instant, zone: row.zone))
            #expect(instant == time(due), "\(instant.rfc3339()) instead of \(due)")
        }
    }

    @Test func offIsNeverDue() throws {
        #expect(try TickRule(parsing: "off").next(after: time("2026-01-01T00:00:00Z"), zone: Zones.utc) == nil)
    }

    @Test(arguments: [
        "", "Sun 02:00", "*-*-* 24:00", "*-*-* 2:0", "every", "every 0s", "every 5", "every -5m", "*-*-01 02:00",
        "every 5m 3", "12:00:61", "weekly",
    ])
    func refusesWhatItCannotKeep(text: String) {
        let fault = #expect(throws: Fault.self) { try TickRule(parsing: text) }
        #expect(fault?.code == .badSettings)
        #expect(fault?.hint != nil)
    }

    @Test(arguments: ["off", "every 5m", "every 1h30m", "hourly", "*-*-* 23:00", "*-*-* 02:30:15"])
    func readsWhatItWrites(text: String) throws {
        #expect(try TickRule(parsing: text).description == text)
    }

    @Test func everyDayHasExactlyOneDailyTick() throws {
        let rule = try TickRule(parsing: "*-*-* 02:30")
        var instant = time("2026-01-01T02:30:00+01:00")
        for day in 1..<365 {
            instant = try #require(rule.next(after: instant, zone: Zones.berlin))
            let local = LocalTime.civil(at: instant, zone: Zones.berlin)
            let expected = CivilTime(time("2026-01-01T00:00:00Z") + .seconds(day * 86_400))
            #expect((local.month, local.day) == (expected.month, expected.day))
        }
    }
}
