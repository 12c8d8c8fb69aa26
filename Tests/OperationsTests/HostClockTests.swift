import Foundation
import Operations
import Synchronization
import Testing

@Suite struct HostClockTests {
    /// Maintenance looks at the clock all the time: a look that costs a little more stack each time ends the daemon.
    @Test func lookingAtTheClockCostsTheSameEachTime() throws {
        let fixture = try HostFixture(databases: [])
        let host = fixture.host
        let now = host.clock
        let depths = Mutex<[Int]>([])
        host.maintenanceClock = {
            depths.withLock { $0.append(Thread.callStackReturnAddresses.count) }
            return now
        }
        for _ in 0..<20 { _ = host.maintenanceClock() }
        #expect(depths.withLock { Set($0.suffix(20)) }.count == 1)
    }
}
