import Model
import Policies
import Testing

/// Slots of local time where calendars and clocks are odd.
@Suite struct RetentionTimeTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var name: String
        var rules: RetentionRules
        var zone: ZoneOffset
        var backups: [String]
        /// Counted from 1.
        var kept: [SequenceNumber]

        var testDescription: String { name }
    }

    static let rows = [
        Row(
            name: "an hour that local clocks show twice is two hours", rules: RetentionRules(hourly: 3),
            zone: Zones.berlin,
            backups: [
                "2026-10-25T01:30:00+02:00", "2026-10-25T02:10:00+02:00", "2026-10-25T02:50:00+02:00",
                "2026-10-25T02:10:00+01:00", "2026-10-25T02:50:00+01:00", "2026-10-25T03:10:00+01:00",
            ],
            kept: [3, 5, 6]),
        Row(
            name: "the hour before a gap and the one after it", rules: RetentionRules(hourly: 2), zone: Zones.berlin,
            backups: ["2026-03-29T01:10:00+01:00", "2026-03-29T01:59:59+01:00", "2026-03-29T03:00:00+02:00"],
            kept: [2, 3]),
        Row(
            name: "half an hour twice", rules: RetentionRules(hourly: 2), zone: Zones.lordHowe,
            backups: ["2026-04-05T01:45:00+11:00", "2026-04-05T01:35:00+10:30", "2026-04-05T01:50:00+10:30"],
            kept: [1, 3]),
        Row(
            name: "days end at local midnight", rules: RetentionRules(daily: 2), zone: Zones.berlin,
            backups: ["2026-07-01T21:59:59Z", "2026-07-01T22:00:00Z", "2026-07-02T21:59:59Z", "2026-07-02T22:00:00Z"],
            kept: [3, 4]),
        Row(
            name: "a day of 25 hours is one day", rules: RetentionRules(daily: 2), zone: Zones.berlin,
            backups: ["2026-10-24T23:59:59+02:00", "2026-10-25T00:00:00+02:00", "2026-10-25T23:59:59+01:00"],
            kept: [1, 3]),
        Row(
            name: "a midnight that never was", rules: RetentionRules(daily: 2), zone: Zones.cairo,
            backups: ["2026-04-23T23:59:59+02:00", "2026-04-24T01:00:00+03:00", "2026-04-24T02:00:00+03:00"],
            kept: [1, 3]),
        Row(
            name: "a day that never was", rules: RetentionRules(daily: 2), zone: Zones.apia,
            backups: ["2011-12-28T23:00:00-10:00", "2011-12-29T23:00:00-10:00", "2011-12-31T00:00:00+14:00"],
            kept: [2, 3]),
        Row(
            name: "leap day", rules: RetentionRules(daily: 3, monthly: 2), zone: Zones.utc,
            backups: [
                "2024-01-31T12:00:00Z", "2024-02-28T12:00:00Z", "2024-02-29T00:00:00Z", "2024-02-29T23:59:59Z",
                "2024-03-01T00:00:00Z",
            ],
            kept: [2, 4, 5]),
        Row(
            name: "weeks begin on Monday and don't end with the year", rules: RetentionRules(weekly: 2),
            zone: Zones.utc,
            backups: ["2026-12-27T23:59:59Z", "2026-12-28T00:00:00Z", "2027-01-01T00:00:00Z", "2027-01-03T23:59:59Z"],
            kept: [1, 4]),
        Row(
            name: "years end at local midnight", rules: RetentionRules(yearly: 2), zone: Zones.berlin,
            backups: ["2025-12-31T22:59:59Z", "2025-12-31T23:00:00Z", "2026-12-31T22:59:59Z", "2026-12-31T23:00:00Z"],
            kept: [3, 4]),
        Row(
            name: "around 1970", rules: RetentionRules(daily: 2, yearly: 2), zone: Zones.utc,
            backups: ["1969-12-31T23:59:58Z", "1969-12-31T23:59:59Z", "1970-01-01T00:00:00Z"], kept: [2, 3]),
        Row(
            name: "2100 is no leap year", rules: RetentionRules(daily: 3), zone: Zones.utc,
            backups: ["2100-02-27T12:00:00Z", "2100-02-28T12:00:00Z", "2100-02-28T13:00:00Z", "2100-03-01T12:00:00Z"],
            kept: [1, 3, 4]),
    ]

    @Test(arguments: rows) func countsSlotsAsLocalClocksShowThem(row: Row) {
        let backups = row.backups.enumerated().map {
            RetainedBackup(sequence: SequenceNumber($0 + 1), instant: time($1), kind: .full)
        }
        let plan = RetentionPlanTests.plan(backups, row.rules, now: time("2101-01-01T00:00:00Z"), zone: row.zone)
        #expect(plan.verdicts.filter { $0.fate == .kept }.map(\.sequence) == row.kept)
    }

    @Test func thinsByLocalHoursAcrossAnOverlap() {
        let start = time("2026-10-25T00:00:00+02:00")
        let backups = (0..<300).map {
            RetainedBackup(
                sequence: SequenceNumber($0 + 1), instant: start + .seconds($0 * 300), kind: .progressive)
        }
        let plan = RetentionPlanTests.plan(backups, now: start + .seconds(2 * 90_000), zone: Zones.berlin)
        // 25 hours, each by its last backup.
        #expect(plan.verdicts.filter { $0.fate == .kept }.map(\.sequence) == (1...25).map { $0 * 12 })
    }
}
