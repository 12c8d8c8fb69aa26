import Model
import Policies
import Testing

@Suite struct HumanTimeTests {
    let now = time("2026-11-22T14:30:00+01:00")

    @Test(arguments: [
        ("2026-11-22T10:00", "2026-11-22T10:00:00+01:00"), ("2026-11-22 10:00:30", "2026-11-22T10:00:30+01:00"),
        ("2026-07-01", "2026-07-01T00:00:00+02:00"), ("yesterday 18:00", "2026-11-21T18:00:00+01:00"),
        ("yesterday", "2026-11-21T00:00:00+01:00"), ("today 06:15", "2026-11-22T06:15:00+01:00"),
        ("tomorrow", "2026-11-23T00:00:00+01:00"), ("09:05", "2026-11-22T09:05:00+01:00"),
        ("2h ago", "2026-11-22T12:30:00+01:00"), ("1h30m ago", "2026-11-22T13:00:00+01:00"),
        ("2 days ago", "2026-11-20T14:30:00+01:00"), ("now", "2026-11-22T14:30:00+01:00"),
        ("2026-11-22T10:00:00Z", "2026-11-22T11:00:00+01:00"),
        ("2026-11-22T10:00:00.250-05:00", "2026-11-22T15:00:00.250Z"),
        // As PostgreSQL prints them.
        ("2026-11-22 10:00:34.181701+00", "2026-11-22T10:00:34.181701Z"),
        ("2026-11-22 10:00:34+02", "2026-11-22T08:00:34Z"), ("2026-11-22 10:00:34 +02", "2026-11-22T08:00:34Z"),
        ("2026-11-22 10:00:34.5+05:30", "2026-11-22T04:30:34.5Z"), ("2026-11-22T10:00:34-03", "2026-11-22T13:00:34Z"),
        ("1880-01-01 00:00:00+00:53:28", "1879-12-31T23:06:32Z"),
        ("2026-11-22 10:00:34.5 UTC", "2026-11-22T10:00:34.5Z"),
        ("2026-11-22 10:00:34.5", "2026-11-22T10:00:34.5+01:00"),
        ("yesterday 18:00:01.25", "2026-11-21T18:00:01.25+01:00"),
        // The gap and the overlap.
        ("2026-03-29T02:30", "2026-03-29T03:00:00+02:00"), ("2026-10-25T02:30", "2026-10-25T02:30:00+02:00"),
    ])
    func readsWhatPeopleWrite(text: String, expected: String) throws {
        let instant = try HumanTime.parse(text, now: now, zone: Zones.berlin)
        #expect(instant == time(expected), "\(instant.rfc3339())")
    }

    @Test(arguments: [
        "", " ", "soon", "25:00", "2026-02-30", "2026-11-22T", "2026-11-22T10", "yesterday 18", "ago", "h ago", "2h",
        "22.11.2026", "2026-1-1", "-5m ago", "2026-11-22T10:00 x",
        "2026-11-22 10:00:34+2", "2026-11-22 10:00:34.", "2026-11-22 10:00:34.5x", "2026-11-22 10:00.5",
        "2026-11-22 10:00:34+24", "2026-11-22 10:00:34+02:00:00:00", "2026-11-22 10:00:34 CET",
        "2026-11-22 10:00:34+02:",
    ])
    func refusesAnythingElse(text: String) {
        let fault = #expect(throws: Fault.self) { try HumanTime.parse(text, now: now, zone: Zones.berlin) }
        #expect(fault?.code == .wrongUsage)
    }

    @Test(arguments: [
        ("10m", 600), ("90s", 90), ("1h", 3600), ("2h30m", 9000), ("1 day 12 hours", 129_600), ("0", 0),
        ("1w", 604_800),
    ])
    func readsDurations(text: String, seconds: Int) throws {
        #expect(try DurationText.parse(text) == .seconds(seconds))
    }

    @Test(arguments: ["", "10", "m", "-5m", "1.5h", "10x", "99999999999999999999s", "9999999999999999w", "5m3"])
    func refusesWhatIsNoDuration(text: String) {
        let fault = #expect(throws: Fault.self) { try DurationText.parse(text) }
        #expect(fault?.code == .badSettings)
    }

    @Test(arguments: ["2h30m", "1d", "10m", "59s", "1d1h1m1s"]) func writesDurationsAsItReadsThem(text: String) throws {
        #expect(DurationText.text(try DurationText.parse(text)) == text)
    }
}
