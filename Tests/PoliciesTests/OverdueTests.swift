import Model
import Policies
import Testing

@Suite struct OverdueTests {
    static let noon = time("2026-11-22T12:00:00Z")

    static func plan(
        _ rule: String, lastGood: String?, name: String = "tick"
    ) throws -> Overdue.Plan {
        let rule = try Recurrence(rule, zone: try SystemZones.rules("Europe/Berlin"))
        return Overdue.Plan(schedule: name, lastGood: lastGood.map { time($0) }) { rule.next(after: $0)?.instant }
    }

    @Test(arguments: [(1, 60), (60, 60), (240, 60), (300, 75), (3600, 900), (86_400, 3600), (604_800, 3600)])
    func toleratesAQuarterOfThePeriodFromAMinuteToAnHour(period: Int, tolerance: Int) {
        #expect(Overdue.tolerance(period: .seconds(period)) == .seconds(tolerance))
    }

    struct Row: Sendable {
        var rule: String
        var lastGood: String?
        /// The first instant missed, and when its tolerance ends.
        var planned: String
        var since: String
    }

    static let firstSeen = "2026-03-01T12:00:00Z"
    static let rows = [
        Row(
            rule: "every 5m", lastGood: "2026-11-22T12:00:00Z", planned: "2026-11-22T12:05:00Z",
            since: "2026-11-22T12:06:15Z"),
        Row(
            rule: "every 1s", lastGood: "2026-11-22T12:00:00Z", planned: "2026-11-22T12:00:01Z",
            since: "2026-11-22T12:01:01Z"),
        Row(
            rule: "*-*-* 23:00", lastGood: "2026-11-21T23:00:05+01:00", planned: "2026-11-22T23:00:00+01:00",
            since: "2026-11-23T00:00:00+01:00"),
        // On the day of the gap, of the overlap, and over the end of a leap year's February.
        Row(
            rule: "*-*-* 02:30", lastGood: "2026-03-28T02:31:00+01:00", planned: "2026-03-29T03:00:00+02:00",
            since: "2026-03-29T04:00:00+02:00"),
        Row(
            rule: "*-*-* 02:30", lastGood: "2026-10-24T02:31:00+02:00", planned: "2026-10-25T02:30:00+02:00",
            since: "2026-10-25T02:30:00+01:00"),
        Row(
            rule: "*-*-* 23:00", lastGood: "2028-02-28T23:10:00+01:00", planned: "2028-02-29T23:00:00+01:00",
            since: "2028-03-01T00:00:00+01:00"),
        Row(
            rule: "hourly", lastGood: "2026-12-31T23:00:09+01:00", planned: "2027-01-01T00:00:00+01:00",
            since: "2027-01-01T00:15:00+01:00"),
        // Never backed up: since it was first seen.
        Row(rule: "every 5m", lastGood: nil, planned: "2026-03-01T12:05:00Z", since: "2026-03-01T12:06:15Z"),
        Row(
            rule: "*-*-* 23:00", lastGood: nil, planned: "2026-03-01T23:00:00+01:00",
            since: "2026-03-02T00:00:00+01:00"),
    ]

    @Test(arguments: rows) func isOverdueFromTheEndOfTheToleranceOn(row: Row) throws {
        let plans = [try Self.plan(row.rule, lastGood: row.lastGood)]
        let since = time(row.since)
        let seen = time(Self.firstSeen)
        #expect(Overdue.state(of: plans, firstSeen: seen, now: since - .microseconds(1)) == .onTime)
        #expect(Overdue.nextDue(of: plans, firstSeen: seen, now: since - .microseconds(1)) == since)
        let late = Overdue.since(since, planned: time(row.planned), schedule: "tick")
        #expect(Overdue.state(of: plans, firstSeen: seen, now: since) == late)
        // However long it lasts.
        #expect(Overdue.state(of: plans, firstSeen: seen, now: since + .seconds(90 * 86_400)) == late)
        #expect(Overdue.nextDue(of: plans, firstSeen: seen, now: since) == nil)
    }

    @Test func theLatestOfSeveralSchedulesCounts() throws {
        let plans = [
            try Self.plan("every 5m", lastGood: "2026-11-22T11:50:00Z"),
            try Self.plan("*-*-* 23:00", lastGood: "2026-11-20T23:00:05+01:00", name: "nightly"),
        ]
        let state = Overdue.state(of: plans, firstSeen: Self.noon, now: Self.noon)
        #expect(
            state
                == .since(
                    time("2026-11-22T00:00:00+01:00"), planned: time("2026-11-21T23:00:00+01:00"), schedule: "nightly"))
        let fresh = [try Self.plan("every 5m", lastGood: "2026-11-22T11:59:00Z")]
        #expect(Overdue.state(of: fresh, firstSeen: Self.noon, now: Self.noon) == .onTime)
    }

    @Test func nothingIsAwaitedWithoutASchedule() throws {
        #expect(Overdue.state(of: [], firstSeen: Self.noon, now: Self.noon + .seconds(1_000_000)) == .onTime)
        let off = [Overdue.Plan(schedule: "once", lastGood: nil, next: { _ in nil })]
        #expect(Overdue.state(of: off, firstSeen: Self.noon, now: Self.noon + .seconds(1_000_000)) == .onTime)
        #expect(Overdue.nextDue(of: off, firstSeen: Self.noon, now: Self.noon) == nil)
    }

    @Test func aScheduleAwaitsNothingFromBeforeItWasInForce() throws {
        for lastGood in [nil, "2026-11-20T12:00:00Z"] {
            var plan = try Self.plan("every 5m", lastGood: lastGood)
            let seen = Self.noon - .seconds(1_000_000)
            #expect(Overdue.state(of: [plan], firstSeen: seen, now: Self.noon) != .onTime)
            plan.inForceSince = Self.noon
            #expect(Overdue.state(of: [plan], firstSeen: seen, now: Self.noon) == .onTime)
            #expect(Overdue.nextDue(of: [plan], firstSeen: seen, now: Self.noon) == Self.noon + .seconds(375))
        }
    }

    @Test func aSuccessFromTheFutureSilencesNothing() throws {
        let plans = [try Self.plan("every 5m", lastGood: "2099-01-01T00:00:00Z")]
        let state = Overdue.state(of: plans, firstSeen: Self.noon - .seconds(3600), now: Self.noon)
        #expect(state != .onTime)
    }
}
