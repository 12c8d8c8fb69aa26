import Foundation
import Model
import Policies
import Testing

@Suite struct MaintenanceRuleTests {
    struct Row: CustomTestStringConvertible, Sendable {
        var change: @Sendable (inout MaintenanceRule) -> Void
        var reason: String

        init(_ reason: String, _ change: @escaping @Sendable (inout MaintenanceRule) -> Void) {
            (self.reason, self.change) = (reason, change)
        }

        var testDescription: String { reason }
    }

    @Test(arguments: [
        Row("its length of 14m59s is outside 15m to 1d") { $0.lengthSeconds = 899 },
        Row("its length of 1d1s is outside 15m to 1d") { $0.lengthSeconds = 86_401 },
        Row("its countdown of -1s is outside 0s to 1d") { $0.countdownSeconds = -1 },
        Row("its countdown of 2h leaves no time for work in 2h") { $0.countdownSeconds = 7200 },
        Row("its countdown of 1h46m leaves no time for work in 2h") { $0.countdownSeconds = 6360 },
        Row("beginning up to -1s late leaves no time for work") { $0.latestStartSeconds = -1 },
        Row("beginning up to 2h late leaves no time for work") { $0.latestStartSeconds = 7200 },
        Row("beginning up to 1h45m late leaves no time for work") { $0.latestStartSeconds = 6300 },
        Row("its quiet time of -1s is outside 0s to 1d") { $0.quietSeconds = -1 },
        Row("an announcement 0s ahead is outside 1s to 7d") { $0.announceSeconds = [3600, 0] },
        Row("an announcement 7d1s ahead is outside 1s to 7d") { $0.announceSeconds = [604_801] },
        Row("its announcement 1h ahead is there twice") { $0.announceSeconds = [3600, 600, 3600] },
        Row("its task prune is there twice") { $0.tasks = [.init(.prune), .init(.optimise), .init(.prune)] },
        Row("the deadline of prune, 0s, doesn't fit") { $0.tasks = [.init(.prune, deadlineSeconds: 0)] },
        Row("the deadline of prune, 30m by default, doesn't fit") {
            ($0.lengthSeconds, $0.tasks, $0.latestStartSeconds) = (1200, [.init(.prune)], 0)
        },
        Row("the deadline of prune, 1h44m1s, doesn't fit") { $0.tasks = [.init(.prune, deadlineSeconds: 6241)] },
        Row("\"every 7d\" names no day and time that come again") { $0.when = "every 7d" },
        Row("\"once 2026-11-22T02:00\" names no day and time that come again") { $0.when = "once 2026-11-22T02:00" },
        Row("\"hourly\" comes again every 1h, before the window of 2h is over") { $0.when = "hourly" },
        Row("it stands where the weekly one belongs") { $0.kind = .daily },
    ])
    func refusesWhatCannotBeCarriedOut(row: Row) throws {
        var rules = MaintenanceRules()
        row.change(&rules.weekly)
        let fault = try #require(throws: Fault.self) { try MaintenancePlanner(rules, zone: .utc) }
        #expect(fault.code == .badSettings)
        #expect(fault.message.hasSuffix("maintenance window: \(row.reason)"), "\(fault.message)")
        #expect(fault.hint?.isEmpty == false)
    }

    @Test func theDefaultsAndTheShortestWindowAreValid() throws {
        var rules = MaintenanceRules()
        _ = try MaintenancePlanner(rules, zone: .utc)
        rules.weekly.lengthSeconds = 900
        rules.weekly.tasks = []
        _ = try MaintenancePlanner(rules, zone: .utc)
    }

    @Test func anExpressionOrZoneThatCannotBeReadSaysSo() throws {
        var rules = MaintenanceRules()
        rules.weekly.when = "Sunday at two"
        #expect(try #require(throws: Fault.self) { try MaintenancePlanner(rules, zone: .utc) }.code == .badSchedule)
        rules.weekly.when = "Sun 02:00"
        rules.weekly.timeZone = "Mars/Olympus"
        #expect(try #require(throws: Fault.self) { try MaintenancePlanner(rules, zone: .utc) }.code == .badSchedule)
    }

    @Test func whatIsLeftOutTakesTheDefaultsOfTheKind() throws {
        let decoder = JSONDecoder()
        #expect(try decoder.decode(MaintenanceRule.self, from: Data(#"{"kind":"daily"}"#.utf8)) == .daily)
        let text = #"{"kind":"weekly","when":"Sat 23:00","tasks":[{"kind":"system-updates","onFailure":"stop"}]}"#
        let rule = try decoder.decode(MaintenanceRule.self, from: Data(text.utf8))
        var expected = MaintenanceRule.weekly
        expected.when = "Sat 23:00"
        expected.tasks = [MaintenanceTask(.systemUpdates, deadlineSeconds: 1800, onFailure: .stop)]
        #expect(rule == expected)
        #expect(try decoder.decode(MaintenanceRule.self, from: JSONEncoder().encode(rule)) == rule)
    }
}
