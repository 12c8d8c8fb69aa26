import Model
import Policies
import Testing

/// Windows as they go when nothing stands in their way, and those that don't begin.
@Suite struct MaintenanceMachineTests {
    @Test func aWeeklyWindowGoesStepByStep() throws {
        let tasks: [MaintenanceTask] = [.init(.engineCheck), .init(.prune, deadlineSeconds: 600)]
        var course = try MaintenanceCourse(.onlyWeekly(tasks))
        #expect(try course.at("2026-11-22T01:59:59Z") == [])
        #expect(!course.machine.isClosed)
        #expect(
            try course.at("2026-11-22T02:00:00Z") == [.perform(.close, number: 1, within: .seconds(120))])
        #expect(course.machine.isClosed)
        let window = try #require(course.machine.state.run).window
        #expect(try course.end() == [.message(window, disconnectIn: .seconds(120))])
        course.pass(119)
        #expect(try course.send(.tick) == [])
        course.pass(1)
        #expect(try course.send(.tick) == [.perform(.disconnect, number: 2, within: .seconds(120))])
        // What is left of two hours after 140 seconds, without the last ten minutes.
        #expect(try course.end() == [.perform(.backup, number: 3, within: .seconds(6460))])
        #expect(try course.end() == [.perform(.task(.engineCheck), number: 4, within: .seconds(1800))])
        #expect(try course.end() == [.perform(.task(.prune), number: 5, within: .seconds(600))])
        #expect(try course.end() == [.perform(.check, number: 6, within: .seconds(540))])
        #expect(try course.end() == [.perform(.reopen, number: 7, within: .seconds(60))])
        #expect(course.machine.isClosed)
        let report = try #require(course.end().reports.first)
        #expect(!course.machine.isClosed)
        #expect(report.isFlawless)
        #expect(report.began == window.start && report.ended == course.wall)
        #expect(
            report.steps.map(\.step) == [
                .close, .countdown, .disconnect, .backup, .task(.engineCheck), .task(.prune), .check, .reopen,
            ])
        #expect(report.steps[1].latestEnd == window.start + .seconds(130))
        #expect(report.steps[3].latestEnd == window.end - .seconds(600))
        #expect(report.steps[7].latestEnd == window.end)
        #expect(zip(report.steps, report.steps.dropFirst()).allSatisfy { $0.ended == $1.began })
        #expect(report.text(zone: .utc) == "weekly maintenance of 2026-11-22 02:00 is over")
        #expect(try course.send(.tick) == [])
    }

    @Test func nobodyIsCountedDownForWhenNobodyIsThere() throws {
        var course = try MaintenanceCourse(.onlyWeekly())
        _ = try course.at("2026-11-22T02:00:00Z")
        _ = try course.end()
        #expect(course.machine.wantsClients)
        #expect(try course.send(.clients([MaintenanceClient(name: "ada", idle: .seconds(9999))])) == [])
        #expect(try course.send(.clients([])).steps == [.disconnect])
    }

    // MARK: Announcements

    @Test func eachAnnouncementComesOnceAlsoOverKills() throws {
        var rules = MaintenanceRules.onlyWeekly()
        rules.weekly.announceSeconds = [600, 86_400, 3600]
        var course = try MaintenanceCourse(rules, at: "2026-11-20T12:00:00Z")
        var announced: [Duration] = []
        for minute in 1...(38 * 60) {
            course.pass(60)
            if minute % 7 == 0 { try course.kill() }
            for case .announce(_, let left) in try course.send(.tick) { announced.append(left) }
        }
        #expect(announced == [.seconds(86_400), .seconds(3600), .seconds(600)])
    }

    @Test(arguments: [
        ("2026-11-21T20:00:00Z", 21_600, [3600, 600]), ("2026-11-22T01:30:00Z", 1800, [600]),
        ("2026-11-22T01:55:00Z", 300, []),
    ])
    func missedAnnouncementsCoalesce(wake: String, left: Int, later: [Int]) throws {
        var rules = MaintenanceRules.onlyWeekly()
        rules.weekly.announceSeconds = [86_400, 3600, 600]
        var course = try MaintenanceCourse(rules, at: "2026-11-20T12:00:00Z")
        let window = try #require(course.planner.next(.weekly, after: course.wall))
        #expect(try course.at(wake) == [.announce(window, startsIn: .seconds(left))])
        for lead in later {
            let due = window.start - .seconds(lead)
            #expect(course.machine.nextDue(course.terms) == due)
            #expect(try course.at(due.rfc3339()) == [.announce(window, startsIn: .seconds(lead))])
        }
        #expect(course.machine.nextDue(course.terms) == window.start)
    }

    @Test func anAnnouncedWindowThatIsMovedOrSwitchedOffIsWithdrawn() throws {
        var rules = MaintenanceRules.onlyWeekly()
        rules.weekly.announceSeconds = [86_400, 3600]
        var course = try MaintenanceCourse(rules, at: "2026-11-20T12:00:00Z")
        let first = try #require(course.planner.next(.weekly, after: course.wall))
        #expect(try course.at("2026-11-21T02:00:00Z") == [.announce(first, startsIn: .seconds(86_400))])
        rules.weekly.when = "Sun 03:00"
        course.planner = try MaintenancePlanner(rules, zone: .utc)
        let second = try #require(course.planner.next(.weekly, after: course.wall))
        #expect(
            try course.at("2026-11-21T04:00:00Z") == [
                .withdraw(first), .announce(second, startsIn: .seconds(82_800)),
            ])
        rules.weekly.enabled = false
        course.planner = try MaintenancePlanner(rules, zone: .utc)
        #expect(try course.send(.tick) == [.withdraw(second)])
        #expect(course.machine.nextDue(course.terms) == nil)
    }

    // MARK: Daily

    static let ada = MaintenanceClient(name: "ada", idle: .seconds(1199))
    static let bob = MaintenanceClient(name: "bob", idle: .seconds(1200))

    @Test func aDailyWindowBeginsAtOnceWhenNobodyIsConnected() throws {
        var course = try MaintenanceCourse(.onlyDaily)
        #expect(try course.at("2026-11-22T03:00:00Z") == [])
        #expect(course.machine.wantsClients && !course.machine.isClosed)
        #expect(try course.send(.clients([])).steps == [.close])
        #expect(try course.runToEnd().isFlawless)
    }

    @Test func aDailyWindowWaitsForItsQuietTime() throws {
        var course = try MaintenanceCourse(.onlyDaily)
        _ = try course.at("2026-11-22T03:00:00Z")
        #expect(try course.send(.clients([Self.ada, Self.bob])) == [])
        course.pass(600)
        #expect(try course.send(.tick) == [])
        #expect(try course.send(.clients([Self.bob])).steps == [.close])
        let report = try course.runToEnd()
        #expect(report.heldUpBy == ["ada"])
        #expect(report.began == time("2026-11-22T03:10:00Z"))
        #expect(report.window.end == time("2026-11-22T04:00:00Z"))
    }

    @Test func aDailyWindowIsSkippedWithTheClientsThatHeldItUp() throws {
        var course = try MaintenanceCourse(.onlyDaily)
        _ = try course.at("2026-11-22T03:00:00Z")
        _ = try course.send(.clients([Self.ada, Self.bob]))
        #expect(try course.at("2026-11-22T03:30:00Z") == [])
        course.pass(1)
        let skip = try #require(try course.send(.clients([])).skips.first)
        #expect(skip.reason == .clients(["ada"]))
        #expect(
            skip.text(zone: .utc) == "daily maintenance of 2026-11-22 03:00 was skipped: clients were active: ada")
        #expect(try course.send(.clients([])) == [])
    }

    @Test func aDailyWindowIsSkippedWhenNobodyCanTellWhoIsActive() throws {
        var course = try MaintenanceCourse(.onlyDaily)
        _ = try course.at("2026-11-22T03:00:00Z")
        #expect(try course.at("2026-11-22T03:30:01Z").skips.map(\.reason) == [.clientsUnknown])
    }

    @Test func aDailyWindowGivesWayToTheWeeklyOneOfItsDay() throws {
        var rules = MaintenanceRules()
        rules.weekly.announceSeconds = []
        var course = try MaintenanceCourse(rules)
        #expect(try course.at("2026-11-22T02:00:00Z").steps == [.close])
        #expect(try course.runToEnd().isFlawless)
        let skips = try course.at("2026-11-22T03:00:00Z").skips
        #expect(skips.map(\.reason) == [.weekly(time("2026-11-22T02:00:00Z"))])
        #expect(!course.machine.wantsClients)
    }

    @Test func aWaitingDailyWindowMakesWayForAWeeklyOneThatNewRulesBring() throws {
        var course = try MaintenanceCourse(.onlyDaily)
        _ = try course.at("2026-11-22T03:00:00Z")
        var rules = MaintenanceRules()
        rules.weekly.when = "Sun 03:20"
        rules.weekly.announceSeconds = []
        course.planner = try MaintenancePlanner(rules, zone: .utc)
        #expect(try course.at("2026-11-22T03:10:00Z") == [])
        let orders = try course.at("2026-11-22T03:20:00Z")
        #expect(orders.skips.map(\.reason) == [.weekly(time("2026-11-22T03:20:00Z"))])
        #expect(orders.steps == [.close])
    }

    // MARK: On demand

    @Test func anAdminStartsAWindowAtAnyTime() throws {
        var course = try MaintenanceCourse(.onlyDaily)
        #expect(try course.send(.requested(.daily)).steps == [.close])
        #expect(try course.send(.requested(.weekly)) == [])
        let report = try course.runToEnd()
        #expect(report.isFlawless && report.window.isOnDemand)
        // The planned one comes all the same, unless the admin's takes its place while it waits.
        _ = try course.at("2026-11-22T03:00:00Z")
        let orders = try course.send(.requested(.weekly))
        #expect(orders.skips.map(\.reason) == [.onDemand])
        #expect(orders.steps == [.close])
    }
}
