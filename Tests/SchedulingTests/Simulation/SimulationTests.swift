import Foundation
import Model
import Scheduling
import Testing

@Suite struct SimulationTests {
    static let schedules = [
        Schedule(name: "progressive", action: .backup, when: "every 300", retrySeconds: 30, kind: .progressive),
        Schedule(name: "slow", action: .backup, when: "every 86400", kind: .progressive),
        Schedule(name: "hourly", action: .message, when: "hourly 420", attempts: 1),
        Schedule(name: "daily", action: .backup, when: "daily 82800", kind: .full),
        Schedule(name: "punctual", action: .command, when: "daily 7200", deadlineSeconds: 3600, attempts: 5),
        Schedule(name: "weekly", action: .verify, when: "weekly 180000", attempts: 10, retrySeconds: 3600),
        Schedule(name: "monthly", action: .drill, when: "months 1", deadlineSeconds: 86_400),
        Schedule(name: "yearly", action: .prune, when: "months 12"),
        Schedule(name: "once", action: .message, when: "once 1900000000"),
        Schedule(name: "once-soon", action: .message, when: "once 1768000000", deadlineSeconds: 60),
    ]

    static var seed: UInt64 {
        ProcessInfo.processInfo.environment["HOLDFAST_SEED"].flatMap { UInt64($0) } ?? UInt64.random(in: 0..<1_000_000)
    }

    #if DEBUG
        private static let years = 1
    #else
        private static let years = 10
    #endif

    @Test func yearsOfTroubleLoseAndDoubleNothing() throws {
        let seed = Self.seed
        print("HOLDFAST_SEED=\(seed)")
        let simulation = Simulation(seed: seed, ledger: CuttableLedger(MemoryLedger())) { _, _, _ in true }
        try simulation.run(Self.schedules, days: 366 * Self.years)
        report(simulation)
        let story = "HOLDFAST_SEED=\(seed)\n\(simulation.log.joined(separator: "\n"))"
        #expect(simulation.oracle.violations == [], "\(story)")
        #expect(simulation.work.violations == [], "HOLDFAST_SEED=\(seed)")
    }

    private func report(_ simulation: Simulation) {
        let counts = simulation.oracle.counts.merging(simulation.events) { first, _ in first }
        print(counts.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))
    }
}
