import Foundation
import Model
import Policies
import Testing

/// A machine at work, and its clock.
struct MaintenanceCourse {
    var machine = MaintenanceMachine()
    var planner: MaintenancePlanner
    var wall: Instant
    var sinceBoot: Duration = .seconds(1_000_000)
    var trusted = true

    /// The work that was ordered last and hasn't ended.
    var awaited: (step: MaintenanceStep, number: Int)?

    /// A machine that was told of its rules at `start`.
    init(_ rules: MaintenanceRules, at start: String = "2026-11-21T12:00:00Z", zone: ZoneRules = .utc) throws {
        planner = try MaintenancePlanner(rules, zone: zone)
        wall = time(start)
        #expect(try send(.tick) == [])
    }

    var terms: MaintenanceTerms {
        MaintenanceTerms(
            reading: ClockReading(sinceBoot: sinceBoot, bootID: "a", wall: wall), clockIsTrusted: trusted,
            planner: planner)
    }

    mutating func send(_ event: MaintenanceEvent) throws -> [MaintenanceOrder] {
        let orders = machine.handle(event, terms)
        for case .perform(let step, let number, _) in orders { awaited = (step, number) }
        #expect(try Self.stored(machine.state) == machine.state)
        return orders
    }

    /// Time passes; both clocks go on.
    mutating func pass(_ seconds: Int) {
        wall = wall + .seconds(seconds)
        sinceBoot += .seconds(seconds)
    }

    mutating func at(_ text: String, _ event: MaintenanceEvent = .tick) throws -> [MaintenanceOrder] {
        sinceBoot += max(.zero, time(text) - wall)
        wall = time(text)
        return try send(event)
    }

    /// Says that the awaited step has ended.
    mutating func end(_ outcome: MaintenanceOutcome = .done, after seconds: Int = 10) throws -> [MaintenanceOrder] {
        pass(seconds)
        let number = try #require(awaited).number
        awaited = nil
        return try send(.ended(number: number, outcome))
    }

    /// Lets everything succeed until a step is under way; the countdown is one, waiting isn't.
    mutating func run(to step: MaintenanceStep) throws {
        for _ in 0..<40 where machine.state.run?.current != step {
            if machine.state.run?.current == .countdown {
                pass(120)
                _ = try send(.tick)
            } else {
                _ = try end()
            }
        }
        #expect(machine.state.run?.current == step)
    }

    /// Lets everything succeed until the window is over.
    mutating func runToEnd() throws -> MaintenanceReport {
        for _ in 0..<40 {
            var orders: [MaintenanceOrder] = []
            if machine.state.run?.current == .countdown {
                pass(120)
                orders = try send(.tick)
            } else {
                orders = try end()
            }
            for case .report(let report) in orders { return report }
        }
        throw Fault(.internalError, "the window doesn't end")
    }

    /// The daemon ends and starts again with what it had stored.
    mutating func kill() throws {
        machine = MaintenanceMachine(restored: try Self.stored(machine.state))
        awaited = nil
    }

    private static func stored(_ state: MaintenanceState) throws -> MaintenanceState {
        try JSONDecoder().decode(MaintenanceState.self, from: JSONEncoder().encode(state))
    }
}

extension MaintenanceRun {
    /// The step under way, as a test sees it.
    var current: MaintenanceStep? {
        switch stage {
        case .waiting, .pausing: nil
        case .countdown: .countdown
        case .performing(let step, _): step
        }
    }
}

extension MaintenanceRules {
    /// One weekly window, Sunday at two for two hours, without announcements.
    static func onlyWeekly(_ tasks: [MaintenanceTask] = MaintenanceRule.weekly.tasks) -> MaintenanceRules {
        var rules = MaintenanceRules()
        rules.weekly.announceSeconds = []
        rules.weekly.tasks = tasks
        rules.daily.enabled = false
        return rules
    }

    /// One daily window, at three for an hour.
    static var onlyDaily: MaintenanceRules {
        var rules = MaintenanceRules()
        rules.weekly.enabled = false
        return rules
    }
}

extension [MaintenanceOrder] {
    /// The steps that are ordered.
    var steps: [MaintenanceStep] {
        compactMap { if case .perform(let step, _, _) = $0 { step } else { nil } }
    }

    var reports: [MaintenanceReport] {
        compactMap { if case .report(let report) = $0 { report } else { nil } }
    }

    var skips: [MaintenanceSkip] {
        compactMap { if case .skip(let skip) = $0 { skip } else { nil } }
    }

    var hasCancelled: Bool {
        contains { if case .cancel = $0 { true } else { false } }
    }
}

extension MaintenanceReport {
    /// The tasks that were begun, in order.
    var tasks: [MaintenanceTask.Kind] {
        steps.compactMap { step -> MaintenanceTask.Kind? in
            if case .task(let kind) = step.step { kind } else { nil }
        }
    }
}
