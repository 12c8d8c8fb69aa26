import Catalog
import Model
import Scheduling
import Testing

@Suite struct CatalogSimulationTests {
    @Test func weeksOfTroubleOnARealCatalogWithItsTransactionsCutLoseAndDoubleNothing() throws {
        let seed = SimulationTests.seed
        print("HOLDFAST_SEED=\(seed)")
        var halves = 0
        var kept = 0
        var lost = 0
        let ledger = CuttableLedger(try CatalogLedger())
        let simulation = Simulation(seed: seed, ledger: ledger) { ledger, transaction, random in
            guard let before = ledger.admin as? CatalogLedger else { return true }
            let after = try before.torn(&random)
            ledger.admin = after
            guard let isThere = try after.holds(transaction) else {
                halves += 1
                return true
            }
            if isThere { kept += 1 } else { lost += 1 }
            return isThere
        }
        try simulation.run(SimulationTests.schedules, days: 60)
        let story = "HOLDFAST_SEED=\(seed)\n\(simulation.log.joined(separator: "\n"))"
        #expect(simulation.oracle.violations == [], "\(story)")
        #expect(simulation.work.violations == [], "\(story)")
        #expect(halves == 0, "\(story)")
        let catalog = try #require(ledger.admin as? CatalogLedger).catalog
        #expect(try catalog.openOccurrences() == [], "\(story)")
        print("transactions cut: \(kept) kept, \(lost) lost; \(simulation.oracle.counts)")
        try checkMessages(catalog, simulation.oracle.counts, story)
        for schedule in SimulationTests.schedules {
            for occurrence in try catalog.occurrences(of: schedule.name, limit: 100_000) {
                let isExplained = occurrence.state == .succeeded || occurrence.reason?.isEmpty == false
                #expect(isExplained && occurrence.closed != nil, "\(occurrence) \(story)")
            }
        }
    }

    /// What was closed without success has its message, one each; a skip for the same reason as the one before is said once.
    private func checkMessages(_ catalog: Catalog, _ counts: [String: Int], _ story: String) throws {
        let messages = try catalog.messages(MessageQuery(limit: 1_000_000))
        let failed = messages.count { $0.code == .scheduleFailed }
        let skipped = messages.count { $0.code == .scheduleSkipped }
        #expect(failed == counts["failed", default: 0], "\(story)")
        let whenClaimed = counts["skipped when claimed", default: 0]
        let all = counts["skipped", default: 0] + whenClaimed
        #expect(skipped <= all && skipped >= whenClaimed && skipped > all / 2, "\(skipped) of \(all): \(story)")
    }
}
