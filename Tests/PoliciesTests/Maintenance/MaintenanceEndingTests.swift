import Model
import Policies
import Testing

/// Windows that end early, and what they leave behind.
@Suite struct MaintenanceEndingTests {
    static let tasks: [MaintenanceTask] = [.init(.engineCheck), .init(.optimise), .init(.prune)]
    static let root = Actor.user(uid: 0, name: "root")
    /// All steps before reopening, and the tasks that are left when the window is cut there.
    static let steps: [(MaintenanceStep, [MaintenanceTask.Kind])] = [
        (.close, [.engineCheck, .optimise, .prune]), (.countdown, [.engineCheck, .optimise, .prune]),
        (.disconnect, [.engineCheck, .optimise, .prune]), (.backup, [.engineCheck, .optimise, .prune]),
        (.task(.engineCheck), [.engineCheck, .optimise, .prune]), (.task(.optimise), [.optimise, .prune]),
        (.check, []),
    ]

    private func course(at step: MaintenanceStep, _ tasks: [MaintenanceTask] = tasks) throws -> MaintenanceCourse {
        var course = try MaintenanceCourse(.onlyWeekly(tasks))
        _ = try course.at("2026-11-22T02:00:00Z")
        try course.run(to: step)
        return course
    }

    @Test(arguments: steps) func anAbortReopensAtOnce(step: MaintenanceStep, left: [MaintenanceTask.Kind]) throws {
        var course = try course(at: step)
        let orders = try course.send(.aborted(by: Self.root))
        #expect(orders.steps == [.reopen] && orders.hasCancelled == (step != .countdown))
        #expect(try course.send(.aborted(by: Self.root)) == [])
        let report = try course.runToEnd()
        #expect(report.ending == .aborted(by: Self.root) && report.undone == left)
        #expect(course.machine.state.carried == left)
    }

    @Test(arguments: steps) func aKilledDaemonReopensFirst(step: MaintenanceStep, left: [MaintenanceTask.Kind]) throws {
        var course = try course(at: step)
        try course.kill()
        #expect(course.machine.nextDue(course.terms) == course.wall)
        course.pass(5)
        let orders = try course.send(.tick)
        #expect(orders.steps == [.reopen] && !orders.hasCancelled)
        // Once more, in the middle of it.
        try course.kill()
        #expect(try course.send(.clients([])).steps == [.reopen])
        let report = try course.runToEnd()
        #expect(report.ending == .killed(step) && report.undone == left)
        #expect(report.steps.filter { $0.step == .reopen }.map(\.outcome) == [.cutOff, .done])
    }

    /// A step hangs, and so does whoever should end it at its deadline, until ticks come again at the hard end.
    @Test(arguments: steps) func theWatchdogReopensAtTheHardEnd(
        step: MaintenanceStep, left: [MaintenanceTask.Kind]
    ) throws {
        var course = try course(at: step)
        let orders = try course.at("2026-11-22T04:00:00Z")
        #expect(orders.steps == [.reopen] && orders.hasCancelled == (step != .countdown))
        let report = try course.runToEnd()
        #expect(report.ending == .hardEnd && report.undone == left)
    }

    @Test(arguments: [
        (MaintenanceStep.close, MaintenanceOutcome.failed(reason: "no answer")), (.close, .timedOut),
        (.disconnect, .failed(reason: "no answer")), (.disconnect, .timedOut), (.backup, .failed(reason: "disk full")),
        (.backup, .timedOut),
    ])
    func whatMustNotFailStopsTheWindow(step: MaintenanceStep, outcome: MaintenanceOutcome) throws {
        var course = try course(at: step)
        let orders = try course.end(outcome)
        #expect(orders.steps == [.reopen] && !orders.hasCancelled)
        let report = try course.runToEnd()
        #expect(report.ending == .stopped(step) && report.undone == Self.tasks.map(\.kind))
        #expect(report.steps.dropLast().last?.outcome == outcome)
    }

    @Test func aTaskThatFailsStopsTheWindowOrDoesNotAsItSays() throws {
        for (policy, next) in [(MaintenanceTask.FailurePolicy.goOn, MaintenanceStep.task(.prune)), (.stop, .reopen)] {
            var course = try course(at: .task(.optimise), [.init(.optimise, onFailure: policy), .init(.prune)])
            #expect(try course.end(.failed(reason: "no space")).steps == [next])
            let report = try course.runToEnd()
            // It was tried: it doesn't come first next time.
            #expect(report.undone == (policy == .stop ? [.prune] : []))
            #expect(!report.isFlawless)
            #expect(report.text(zone: .utc).contains("optimise failed: no space"))
        }
    }

    @Test func aTaskThatIsSkippedIsNoFailureAndSaysWhy() throws {
        for (policy, next) in [(MaintenanceTask.FailurePolicy.goOn, MaintenanceStep.task(.prune)), (.stop, .reopen)] {
            var course = try course(at: .task(.optimise), [.init(.optimise, onFailure: policy), .init(.prune)])
            #expect(try course.end(.skipped(reason: "nothing is left")).steps == [next])
            let report = try course.runToEnd()
            #expect(!report.isFlawless, "it was not done")
            #expect(report.text(zone: .utc).contains("optimise was skipped: nothing is left"))
            #expect(!report.text(zone: .utc).contains("failed"))
        }
    }

    @Test func aStepIsCancelledAtItsDeadlineAndItsLateResultIsIgnored() throws {
        var course = try course(at: .task(.engineCheck))
        let hung = try #require(course.awaited).number
        course.pass(1799)
        #expect(try course.send(.tick) == [])
        course.pass(1)
        let orders = try course.send(.tick)
        #expect(orders.first == .cancel(number: hung) && orders.steps == [.task(.optimise)])
        #expect(try course.send(.ended(number: hung, .done)) == [])
        #expect(try course.runToEnd().steps.contains { $0.step == .task(.engineCheck) && $0.outcome == .timedOut })
    }

    @Test func aFailedFinalCheckIsReportedAndOpensAllTheSame() throws {
        var course = try course(at: .check)
        #expect(try course.end(.failed(reason: "damaged")).steps == [.reopen])
        let report = try course.runToEnd()
        #expect(report.ending == .completed && !report.isFlawless)
    }

    @Test func whatAWindowGoesOnWithoutIsInItsReport() throws {
        var course = try course(at: .task(.engineCheck))
        let held = MaintenanceOmission(
            name: "crm/a.db", reason: "it is held by till (pid 7)", holders: ["till (pid 7)"])
        let unit = MaintenanceOmission(name: "unit crm.service", reason: "cannot stop crm.service")
        for omission in [held, unit, held] { #expect(try course.send(.leftOut(omission)) == []) }
        let report = try course.runToEnd()
        #expect(report.leftOut == [held, unit] && !report.isFlawless && report.ending == .completed)
        #expect(report.text(zone: .utc).contains("left out: crm/a.db (it is held by till (pid 7)), unit crm.service"))
        // Of the next window nothing is known yet, and outside of one nothing is left out.
        #expect(try course.send(.leftOut(held)) == [] && course.machine.state.run == nil)
    }

    // MARK: What doesn't fit

    @Test func whatDoesNotFitIsLeftOutAndComesFirstNextTime() throws {
        var rules = MaintenanceRules.onlyWeekly([
            .init(.engineCheck, deadlineSeconds: 600), .init(.restoreDrill, deadlineSeconds: 5400),
            .init(.prune, deadlineSeconds: 600), .init(.repositoryVerify, deadlineSeconds: 3000),
        ])
        rules.daily.tasks = [.init(.engineCheck), .init(.prune)]
        var course = try MaintenanceCourse(rules)
        _ = try course.at("2026-11-22T02:00:00Z")
        try course.run(to: .backup)
        // An hour is gone: neither the drill nor the verification fits any more.
        _ = try course.end(after: 3600)
        let report = try course.runToEnd()
        #expect(report.ending == .completed && report.undone == [.restoreDrill, .repositoryVerify])
        #expect(report.text(zone: .utc).hasSuffix("is over; first next time: restore-drill, repository-verify"))
        // A window that doesn't have them leaves them to the next.
        _ = try course.send(.requested(.daily))
        #expect(try course.runToEnd().isFlawless)
        #expect(course.machine.state.carried == [.restoreDrill, .repositoryVerify])
        _ = try course.at("2026-11-29T02:00:00Z")
        let next = try course.runToEnd()
        #expect(next.tasks == [.restoreDrill, .repositoryVerify, .engineCheck, .prune])
        #expect(course.machine.state.carried == [])
    }

    // MARK: Reopening

    @Test func reopeningIsTriedUntilItSucceedsAndComplainedAboutOnce() throws {
        var course = try course(at: .reopen)
        let window = try #require(course.machine.state.run).window
        let failure = MaintenanceOutcome.failed(reason: "no answer")
        #expect(try course.end(failure) == [.reopenFailed(window, failure)])
        for pause in [5, 10, 20, 40, 60, 60] {
            course.pass(pause - 1)
            #expect(try course.send(.tick) == [])
            course.pass(1)
            #expect(try course.send(.tick).steps == [.reopen])
            #expect(course.machine.isClosed)
            #expect(try course.end(failure) == [])
        }
        // One that hangs is given up.
        course.pass(60)
        _ = try course.send(.tick)
        course.pass(60)
        #expect(try course.send(.tick).hasCancelled)
        // An admin needn't wait for the pause.
        #expect(try course.send(.aborted(by: Self.root)).steps == [.reopen])
        let report = try course.runToEnd()
        #expect(report.ending == .completed && report.steps.count { $0.step == .reopen } == 9)
        #expect(try course.send(.tick) == [])
    }

    @Test func aWindowThatWaitsClosesNothingAndIsOnlySkipped() throws {
        var course = try MaintenanceCourse(.onlyDaily)
        _ = try course.at("2026-11-22T03:00:00Z")
        try course.kill()
        #expect(try course.send(.tick) == [])
        #expect(course.machine.wantsClients)
        #expect(try course.send(.aborted(by: Self.root)).skips.map(\.reason) == [.aborted(by: Self.root)])
        #expect(try course.send(.aborted(by: Self.root)) == [])
    }
}
