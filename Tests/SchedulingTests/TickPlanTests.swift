import Model
import Policies
import Scheduling
import Testing

@Suite struct TickPlanTests {
    let noon = Instant(seconds: 1_800_014_400)  // 2027-01-15T12:00:00Z
    let zone: ZoneOffset = { _ in 0 }
    let rules = [
        ServerRules(
            server: "crm", progressive: .every(.seconds(300)), full: .daily(hour: 23, minute: 0, second: 0))
    ]
    let progressive = TickKey(server: "crm", kind: .progressive)
    let full = TickKey(server: "crm", kind: .full)

    func plan(_ last: [TickKey: Instant] = [:], at now: Instant? = nil) -> TickPlan {
        var plan = TickPlan(last: last, zone: zone)
        plan.setRules(rules, now: now ?? noon)
        return plan
    }

    func after(_ seconds: Int) -> Instant { noon + .seconds(seconds) }

    @Test func beginsWithAProgressiveTickAndKeepsItsBeat() {
        var plan = plan()
        #expect(plan.takeDue(now: noon).map(\.key) == [progressive])
        plan.finish(server: "crm")
        #expect(plan.nextDue == after(300))
        #expect(plan.takeDue(now: after(299)) == [])
        // A little late, but the next one is due at its regular time.
        #expect(plan.takeDue(now: after(302)).map(\.mark) == [after(300)])
        plan.finish(server: "crm")
        #expect(plan.nextDue == after(600))
    }

    @Test func neverTwoAtOnceForOneServer() {
        var plan = plan()
        #expect(plan.takeDue(now: noon).count == 1)
        #expect(plan.takeDue(now: after(86_400)) == [])
        #expect(plan.nextDue == nil)
        plan.finish(server: "crm")
        let late = plan.takeDue(now: after(86_400))
        #expect(late.map(\.key) == [full])
    }

    @Test func serversDoNotWaitForEachOther() {
        var plan = TickPlan(last: [:], zone: zone)
        let every = TickRule.every(.seconds(60))
        plan.setRules(
            ["a", "b"].map { ServerRules(server: $0, progressive: every, full: .off) }, now: noon)
        #expect(plan.takeDue(now: noon).map(\.server) == ["a", "b"])
        plan.finish(server: "b")
        #expect(plan.takeDue(now: after(60)).map(\.server) == ["b"])
    }

    @Test func aFullStandsForTheProgressiveTickDueWithIt() {
        let eleven = after(11 * 3600)
        var plan = plan([progressive: eleven - .seconds(300), full: eleven - .seconds(86_400)])
        #expect(plan.takeDue(now: eleven).map(\.key) == [full])
        plan.finish(server: "crm")
        #expect(plan.takeDue(now: eleven + .seconds(1)) == [])
        #expect(plan.nextDue == eleven + .seconds(300))
    }

    @Test func whatDowntimeMissedIsCaughtUpOnce() {
        var plan = plan([progressive: noon - .seconds(7 * 86_400), full: noon - .seconds(4 * 86_400 + 3600)])
        let due = plan.takeDue(now: noon)
        #expect(due.map(\.key) == [full])
        #expect(due.map(\.isCatchUp) == [true])
        #expect(due.map(\.mark) == [noon])
        plan.finish(server: "crm")
        #expect(plan.takeDue(now: noon) == [])
        #expect(plan.nextDue == after(300))
        _ = plan.takeDue(now: after(300))
        plan.finish(server: "crm")
        var times: [Instant] = []
        while let next = plan.nextDue, times.count < 200 {
            let due = plan.takeDue(now: next)
            plan.finish(server: "crm")
            times += due.filter { $0.kind == .full }.map(\.occurrence)
        }
        #expect(times.first == after(11 * 3600))
    }

    @Test func aClockSetForwardRunsWhatIsDueOnce() {
        var plan = plan()
        _ = plan.takeDue(now: noon)
        plan.finish(server: "crm")
        let due = plan.takeDue(now: after(3600))
        #expect(due.map(\.isCatchUp) == [true])
        plan.finish(server: "crm")
        #expect(plan.nextDue == after(3900))
    }

    @Test func aClockSetBackDoesNotStopTheTicks() {
        var plan = plan([progressive: noon, full: noon - .seconds(3600)])
        let back = noon - .seconds(7 * 86_400)
        #expect(plan.takeDue(now: back) == [])
        #expect(plan.nextDue == back + .seconds(300))
        #expect(plan.takeDue(now: back + .seconds(300)).count == 1)
        plan.finish(server: "crm")
        let eleven = back + .seconds(11 * 3600)
        #expect(plan.takeDue(now: eleven).map(\.key) == [full])
    }

    @Test func aClockSetBackByAnHourDoesNotRepeatTheDailyFull() {
        let eleven = after(11 * 3600)
        var plan = plan([full: eleven, progressive: eleven], at: eleven)
        let back = eleven - .seconds(3600)
        _ = plan.takeDue(now: back)
        _ = plan.takeDue(now: back + .seconds(300))
        plan.finish(server: "crm")
        #expect(plan.takeDue(now: eleven).allSatisfy { $0.kind == .progressive })
    }

    @Test func newRulesApplyAtOnceAndForgetNothing() {
        var plan = plan([progressive: noon - .seconds(100), full: noon - .seconds(3600)])
        #expect(plan.nextDue == after(200))
        plan.setRules(
            [ServerRules(server: "crm", progressive: .every(.seconds(60)), full: .off)], now: noon)
        #expect(plan.takeDue(now: noon).map(\.occurrence) == [noon - .seconds(40)])
        plan.finish(server: "crm")
        plan.setRules([ServerRules(server: "crm", progressive: .off, full: .off)], now: noon)
        #expect(plan.nextDue == nil)
        plan.setRules(rules, now: after(10))
        #expect(plan.nextDue == after(260))
    }
}
