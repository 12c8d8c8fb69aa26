import Model
import Policies
import Testing

/// Late wake-ups, clocks that are set, rules that change.
@Suite struct MaintenanceTimeTests {
    @Test(arguments: [
        ("2026-11-22T03:00:00Z", true), ("2026-11-22T03:00:01Z", false), ("2026-11-22T10:00:00Z", false),
    ])
    func nothingIsMadeUpAfterTheLatestStart(wake: String, begins: Bool) throws {
        var course = try MaintenanceCourse(.onlyWeekly())
        let orders = try course.at(wake)
        #expect(orders.steps == (begins ? [.close] : []))
        #expect(orders.skips.map(\.reason) == (begins ? [] : [.missed]))
        if begins { #expect(try course.runToEnd().window.end == time("2026-11-22T04:00:00Z")) }
    }

    @Test func theLatestStartIsAsTheRuleSays() throws {
        var rules = MaintenanceRules.onlyWeekly()
        rules.weekly.latestStartSeconds = 0
        var course = try MaintenanceCourse(rules)
        #expect(try course.at("2026-11-22T02:00:00.001Z").skips.map(\.reason) == [.missed])
    }

    @Test func windowsMissedInARowAreOneSkip() throws {
        var course = try MaintenanceCourse(.onlyDaily)
        let skips = try course.at("2026-12-01T12:00:00Z").skips
        #expect(skips.map(\.window.start) == [time("2026-12-01T03:00:00Z")])
        #expect(skips.map(\.earlier) == [9])
        #expect(
            skips.first?.text(zone: .utc) == "daily maintenance of 2026-12-01 03:00 and 9 earlier was skipped: "
                + "nothing ran until its latest start was past")
    }

    @Test func nothingIsOwedFromBeforeTheDaemonKnew() throws {
        var course = try MaintenanceCourse(.onlyWeekly(), at: "2026-11-22T02:00:01Z")
        #expect(try course.at("2026-11-22T03:00:00Z") == [])
        #expect(course.machine.nextDue(course.terms) == time("2026-11-29T02:00:00Z"))
    }

    /// Clocks jump within the window, forth and back.
    @Test(arguments: [
        ("2026-03-28T12:00:00Z", "2026-03-29T00:30:00Z", "2026-03-29T02:30:00Z"),
        ("2026-10-24T12:00:00Z", "2026-10-24T23:30:00Z", "2026-10-25T01:30:00Z"),
    ])
    func theLengthIsElapsedTime(known: String, start: String, end: String) throws {
        var rules = MaintenanceRules.onlyWeekly()
        rules.weekly.when = "Sun 01:30"
        var course = try MaintenanceCourse(rules, at: known, zone: SystemZones.rules("Europe/Berlin"))
        #expect(try course.at(start).steps == [.close])
        try course.run(to: .backup)
        #expect(try course.at((time(end) - .seconds(601)).rfc3339()) == [])
        #expect(try course.at(end).steps == [.reopen])
    }

    // MARK: Two windows

    @Test func aWindowThatComesDueWhileAnotherIsUnderWayWaitsForItOrIsSkipped() throws {
        for (hour, begins) in [("02:40", true), ("03:10", false)] {
            var course = try MaintenanceCourse(.onlyWeekly([]))
            _ = try course.at("2026-11-22T01:50:00Z", .requested(.weekly))
            try course.run(to: .backup)
            #expect(try course.at("2026-11-22T02:00:00Z") == [])
            if !begins { #expect(try course.at("2026-11-22T03:00:01Z").skips.map(\.reason) == [.occupied]) }
            #expect(try course.at("2026-11-22T\(hour):00Z") == [])
            let orders = try course.end(after: 0)
            #expect(orders.steps == [.check])
            _ = try course.end(after: 0)
            #expect(try course.end(after: 0).steps == (begins ? [.close] : []))
        }
    }

    // MARK: Rules

    @Test func aWindowUnderWayKeepsItsPlan() throws {
        var course = try MaintenanceCourse(.onlyWeekly())
        _ = try course.at("2026-11-22T02:00:00Z")
        try course.run(to: .backup)
        var rules = MaintenanceRules.onlyWeekly([.init(.systemUpdates)])
        rules.weekly.lengthSeconds = 1800 * 2
        rules.weekly.enabled = false
        course.planner = try MaintenancePlanner(rules, zone: .utc)
        #expect(try course.send(.tick) == [])
        let report = try course.runToEnd()
        #expect(report.isFlawless && report.window.rule == MaintenanceRules.onlyWeekly().weekly)
    }

    @Test func rulesPlanNothingBeforeTheyAreInForce() throws {
        var course = try MaintenanceCourse(.onlyWeekly(), at: "2026-11-22T10:00:00Z")
        var rules = MaintenanceRules.onlyWeekly()
        rules.weekly.when = "Sun 09:30"
        course.planner = try MaintenancePlanner(rules, zone: .utc)
        #expect(try course.at("2026-11-22T10:00:10Z") == [])
        #expect(course.machine.nextDue(course.terms) == time("2026-11-29T09:30:00Z"))
    }

    @Test func aWindowThatCameDueBeforeTheRulesChangedIsNotForgotten() throws {
        for (when, reason) in [("Sun 02:00", MaintenanceSkip.Reason.missed), ("Sun 04:00", .rulesChanged)] {
            var course = try MaintenanceCourse(.onlyWeekly())
            var rules = MaintenanceRules.onlyWeekly([])
            rules.weekly.when = when
            try course.kill()
            course.planner = try MaintenancePlanner(rules, zone: .utc)
            #expect(try course.at("2026-11-22T03:30:00Z").skips.map(\.reason) == [reason])
        }
    }

    // MARK: Clocks

    @Test func aClockThatIsSetBackRepeatsNoWindow() throws {
        var course = try MaintenanceCourse(.onlyWeekly())
        _ = try course.at("2026-11-22T02:00:00Z")
        _ = try course.runToEnd()
        _ = try course.at("2026-11-22T01:00:00Z")
        #expect(try course.at("2026-11-22T02:00:00Z") == [])
    }

    @Test func aClockThatRanFarAheadDoesNotEndMaintenance() throws {
        var course = try MaintenanceCourse(.onlyWeekly())
        _ = try course.at("2031-01-01T12:00:00Z")
        _ = try course.at("2026-11-28T12:00:00Z")
        #expect(try course.at("2026-11-29T02:00:00Z").steps == [.close])
    }

    @Test func whileTheClockIsInDoubtNothingBegins() throws {
        var course = try MaintenanceCourse(.onlyWeekly())
        course.trusted = false
        #expect(try course.at("2026-11-22T02:00:00Z") == [])
        course.trusted = true
        #expect(try course.at("2026-11-22T02:10:00Z").steps == [.close])
        _ = try course.runToEnd()
        course.trusted = false
        #expect(try course.at("2026-11-29T02:00:00Z") == [])
        course.trusted = true
        #expect(try course.at("2026-11-29T03:10:00Z").skips.map(\.reason) == [.clockInDoubt])
    }

    @Test(arguments: [-7200, -61])
    func aClockThatIsSetToBeforeTheStartDisconnectsNobody(shift: Int) throws {
        var course = try MaintenanceCourse(.onlyWeekly())
        _ = try course.at("2026-11-22T02:00:00Z")
        try course.run(to: .countdown)
        course.wall = time("2026-11-22T02:00:00Z") + .seconds(shift)
        #expect(try course.send(.tick).steps == [.reopen])
        #expect(try course.runToEnd().ending == .clockSet)
    }

    @Test func aSmallCorrectionOnlyLengthensTheCountdown() throws {
        var course = try MaintenanceCourse(.onlyWeekly())
        _ = try course.at("2026-11-22T02:00:00Z")
        try course.run(to: .countdown)
        course.pass(120)
        course.wall = time("2026-11-22T01:59:30Z")
        #expect(try course.send(.tick) == [])
        #expect(course.machine.nextDue(course.terms) == time("2026-11-22T02:00:00Z"))
        #expect(try course.at("2026-11-22T02:00:00Z").steps == [.disconnect])
    }

    @Test func theHardEndComesByElapsedTimeWhenTheClockIsSetBack() throws {
        var course = try MaintenanceCourse(.onlyWeekly())
        _ = try course.at("2026-11-22T02:00:00Z")
        try course.run(to: .backup)
        course.wall = course.wall - .seconds(36_000)
        #expect(try course.send(.tick) == [])
        course.pass(7200 - 140)
        #expect(try course.send(.tick).steps == [.reopen])
        #expect(try course.runToEnd().ending == .hardEnd)
    }

    @Test func aMachineThatSleptThroughItsWindowReopensWhenItWakes() throws {
        var course = try MaintenanceCourse(.onlyWeekly())
        _ = try course.at("2026-11-22T02:00:00Z")
        try course.run(to: .countdown)
        #expect(try course.at("2026-11-22T10:00:00Z").steps == [.reopen])
    }
}
