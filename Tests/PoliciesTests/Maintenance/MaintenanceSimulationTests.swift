import Model
import Policies
import Testing

/// Random lives of a server's maintenance: killed daemons, hung work, clocks that are set, aborts, changed rules.
@Suite struct MaintenanceSimulationTests {
    static var windows: Int {
        #if DEBUG
            1500
        #else
            20_000
        #endif
    }

    @Test func noServerStaysClosedAndNoWindowIsLostOrDoubled() throws {
        let seed = Numbers.seed(replayedBy: "HOLDFAST_MAINTENANCE_SEED")
        print("maintenance: seed \(seed)")
        var (reports, skips, number) = (0, 0, UInt64(0))
        while reports + skips < Self.windows {
            var world = try MaintenanceWorld(seed: seed &+ number)
            try world.live(days: 30)
            if let broken = world.checker.broken {
                Issue.record("seed \(seed &+ number): \(broken)")
                return
            }
            reports += world.checker.reports
            skips += world.checker.skips
            number += 1
        }
        print("maintenance: \(number) lives, \(reports) windows, \(skips) skips")
        #expect(reports > Self.windows / 10)
    }
}
