import Catalog
import Model
import Policies
import Testing

@Suite struct MaintenanceTests {
    private let instant = Instant(seconds: 1_795_341_600)

    @Test func rulesStateHistoryAndMessagesOutliveAStart() throws {
        let scratch = try Scratch()
        let rule = MaintenanceRule.weekly
        let skip = MaintenanceSkip(MaintenanceWindow(rule: rule, start: instant), .clients(["till of carl"]))
        var state = MaintenanceState()
        state.lastNumber = 7
        state.carried = [.optimise]
        try scratch.catalog.setMaintenance([("main", .weekly, rule)], by: .daemon, at: instant)
        try scratch.catalog.keepMaintenance(
            state, of: "main", ended: [.skip(skip)],
            messages: [MessageDraft(.warning, .maintenanceSkipped, "skipped")], at: instant)
        try scratch.reopen()
        let catalog = scratch.catalog
        #expect(try catalog.maintenanceRules() == ["main": [rule]])
        #expect(try catalog.maintenanceState(of: "main") == state)
        #expect(try catalog.maintenanceState(of: "crm") == nil)
        #expect(try catalog.maintenanceHistory(of: "main", limit: 9).map(\.entry) == [.skip(skip)])
        let codes = try catalog.messages().map(\.code)
        #expect(codes == [.maintenanceChanged, .maintenanceSkipped])
        try catalog.setMaintenance([("main", .weekly, nil)], by: .daemon, at: instant)
        #expect(try catalog.maintenanceRules() == [:])
    }

    @Test func historyIsBounded() throws {
        let scratch = try Scratch()
        let catalog = scratch.catalog
        let skip = MaintenanceSkip(MaintenanceWindow(rule: .daily, start: instant), .missed)
        for _ in 0..<210 {
            try catalog.keepMaintenance(MaintenanceState(), of: "main", ended: [.skip(skip)], messages: [], at: instant)
        }
        let kept = try catalog.maintenanceHistory(of: "main", limit: 1000)
        #expect(kept.count == 200 && kept.first?.id == 210)
    }
}
