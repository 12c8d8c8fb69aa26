import Model
import Policies
import Testing

@Suite struct MaintenancePlannerTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var when: String
        var zone: String
        var after: String
        var starts: [String]

        init(_ when: String, _ zone: String, after: String, _ starts: String...) {
            (self.when, self.zone, self.after, self.starts) = (when, zone, after, starts)
        }

        var testDescription: String { "\(when) in \(zone) after \(after)" }
    }

    @Test(arguments: [
        // Gap 02:00 to 03:00 on 2026-03-29, overlap 02:00 to 03:00 on 2026-10-25, both Sundays.
        Row(
            "Sun 02:30", "Europe/Berlin", after: "2026-03-22T12:00:00Z", "2026-03-29T01:00:00Z", "2026-04-05T00:30:00Z"),
        Row(
            "Sun 02:30", "Europe/Berlin", after: "2026-10-18T12:00:00Z", "2026-10-25T00:30:00Z", "2026-11-01T01:30:00Z"),
        // A midnight that isn't there.
        Row("Fri 00:00", "Africa/Cairo", after: "2026-04-20T12:00:00Z", "2026-04-23T22:00:00Z", "2026-04-30T21:00:00Z"),
        // Year end and leap day.
        Row("Thu 23:30", "UTC", after: "2026-12-28T00:00:00Z", "2026-12-31T23:30:00Z", "2027-01-07T23:30:00Z"),
        Row("Fri 00:00", "Asia/Tokyo", after: "2026-12-28T00:00:00Z", "2026-12-31T15:00:00Z", "2027-01-07T15:00:00Z"),
        Row("Tue 02:00", "UTC", after: "2028-02-23T00:00:00Z", "2028-02-29T02:00:00Z", "2028-03-07T02:00:00Z"),
        Row("Sun *-*-1..7 02:00", "UTC", after: "2026-11-22T00:00:00Z", "2026-12-06T02:00:00Z", "2027-01-03T02:00:00Z"),
    ])
    func comesAtTheseInstantsAndNoOther(row: Row) throws {
        var rules = MaintenanceRules.onlyWeekly()
        rules.weekly.when = row.when
        let planner = try MaintenancePlanner(rules, zone: zone(row.zone))
        let found = planner.windows(after: time(row.after), count: row.starts.count)
        #expect(found.map(\.start) == row.starts.map(time), "\(found.map { $0.start.rfc3339() })")
        // The length is elapsed time.
        #expect(found.allSatisfy { $0.end - $0.start == .seconds(7200) })
    }

    @Test func aWindowSaysWhatTheClocksDidToItsStart() throws {
        var rules = MaintenanceRules.onlyWeekly()
        rules.weekly.when = "Sun 02:30"
        let planner = try MaintenancePlanner(rules, zone: zone("Europe/Berlin"))
        let gap = planner.next(.weekly, after: time("2026-03-28T00:00:00Z"))
        #expect(gap?.shift?.hasSuffix("runs at 03:00") == true)
        let overlap = planner.next(.weekly, after: time("2026-10-24T00:00:00Z"))
        #expect(overlap?.shift?.hasSuffix("runs at the first") == true)
        #expect(planner.next(.weekly, after: time("2026-11-01T00:00:00Z"))?.shift == nil)
    }

    struct Merge: CustomTestStringConvertible, Sendable {
        var weekly: String
        var hours: Int
        var daily: String
        /// Days of November 2026, by UTC, on which the daily window is skipped; the 22nd is a Sunday.
        var skipped: [Int]
        var zone = "UTC"

        var testDescription: String { "\(weekly) for \(hours) h, \(daily) in \(zone)" }
    }

    @Test(arguments: [
        Merge(weekly: "Sun 02:00", hours: 2, daily: "03:00", skipped: [22]),
        Merge(weekly: "Sun 02:00", hours: 2, daily: "23:00", skipped: [22]),
        Merge(weekly: "Sun 22:00", hours: 1, daily: "00:00", skipped: [22]),
        // Across midnight, either way.
        Merge(weekly: "Sun 23:00", hours: 2, daily: "00:30", skipped: [22, 23]),
        Merge(weekly: "Sun 23:00", hours: 2, daily: "01:00", skipped: [22]),
        Merge(weekly: "Sun 00:15", hours: 2, daily: "23:30", skipped: [21, 22]),
        Merge(weekly: "Sun 00:30", hours: 2, daily: "23:30", skipped: [22]),
        // A day is that of the weekly window's zone.
        Merge(weekly: "Sun 02:00", hours: 1, daily: "14:00 UTC", skipped: [22], zone: "Asia/Tokyo"),
        Merge(weekly: "Sun 10:00", hours: 1, daily: "23:30 UTC", skipped: [21], zone: "Asia/Tokyo"),
        Merge(weekly: "Sun,Wed 02:00", hours: 1, daily: "03:00", skipped: [22, 25]),
        Merge(weekly: "Sun 02:00", hours: 24, daily: "01:00", skipped: [22, 23]),
    ])
    func aDailyWindowMakesWayForAWeeklyOneOfItsDay(row: Merge) throws {
        var rules = MaintenanceRules()
        rules.weekly.when = row.weekly
        rules.weekly.lengthSeconds = row.hours * 3600
        rules.weekly.tasks = []
        rules.daily.when = row.daily
        let planner = try MaintenancePlanner(rules, zone: zone(row.zone))
        var last = time("2026-11-18T12:00:00Z")
        var skipped: [Int] = []
        while let window = planner.next(.daily, after: last), window.start < time("2026-11-26T00:00:00Z") {
            last = window.start
            guard let weekly = window.weeklyInstead else { continue }
            skipped.append(CivilTime(window.start).day)
            #expect(planner.next(.weekly, after: weekly - .seconds(1))?.start == weekly)
        }
        #expect(skipped == row.skipped)
        rules.weekly.enabled = false
        let alone = try MaintenancePlanner(rules, zone: zone(row.zone))
        #expect(alone.windows(after: time("2026-11-18T12:00:00Z"), count: 9).allSatisfy { $0.weeklyInstead == nil })
    }

    @Test func thePreviewShowsBothKindsInOrder() throws {
        let planner = try MaintenancePlanner(MaintenanceRules(), zone: .utc)
        let found = planner.windows(after: time("2026-11-20T12:00:00Z"), count: 4)
        #expect(found.map(\.kind) == [.daily, .weekly, .daily, .daily])
        #expect(
            found.map { $0.start.rfc3339().prefix(13) } == [
                "2026-11-21T03", "2026-11-22T02", "2026-11-22T03",
                "2026-11-23T03",
            ])
        #expect(found.map(\.weeklyInstead) == [nil, nil, time("2026-11-22T02:00:00Z"), nil])
        #expect(found[1].latestStart == time("2026-11-22T03:00:00Z"))
    }

    @Test func aRuleOfWhichNoDateIsLeftIsRefusedWhetherEnabledOrNot() throws {
        var rules = MaintenanceRules.onlyDaily
        rules.weekly.when = "2026-03-01 02:00"
        let planner = try MaintenancePlanner(rules, zone: zone("Europe/Berlin"))
        try planner.requireOccurrence(of: .weekly, after: time("2026-02-01T00:00:00Z"))
        try planner.requireOccurrence(of: .daily, after: time("2026-11-20T12:00:00Z"))
        let fault = #expect(throws: Fault.self) {
            try planner.requireOccurrence(of: .weekly, after: time("2026-11-20T12:00:00Z"))
        }
        #expect(fault?.code == .badSettings && fault?.message.contains("\"2026-03-01 02:00\" never comes") == true)
        #expect(planner.zone(of: .weekly).name == "Europe/Berlin")
    }

    @Test func whatIsSwitchedOffNeverComes() throws {
        var rules = MaintenanceRules()
        rules.daily.enabled = false
        rules.weekly.enabled = false
        #expect(try MaintenancePlanner(rules, zone: .utc).windows(after: time("2026-11-20T12:00:00Z"), count: 4) == [])
    }

    @Test func eachRuleMayHaveAZoneOfItsOwn() throws {
        var rules = MaintenanceRules.onlyWeekly()
        rules.weekly.timeZone = "Asia/Tokyo"
        let planner = try MaintenancePlanner(rules, zone: .utc) { name throws(Fault) in
            do { return try SystemZones.rules(name) } catch { throw Fault.wrapping(error) }
        }
        #expect(
            planner.next(.weekly, after: time("2026-11-20T12:00:00Z"))?.start == time("2026-11-21T17:00:00Z"))
    }

    private func zone(_ name: String) throws -> ZoneRules { name == "UTC" ? .utc : try SystemZones.rules(name) }
}
