import Dispatch
import Glibc
import Model
import Scheduling
import Synchronization
import Testing

@Suite struct AlarmTests {
    @Test func ringsAtOnceWhenItIsToldThatTheClockWasSet() throws {
        var ends: [Int32] = [0, 0]
        try #require(pipe(&ends) == 0)
        let rings = DispatchSemaphore(value: 0)
        let alarm = Alarm(
            longestSleepSeconds: 3600, stepNotice: ends[0], clock: { Instant(seconds: 0) },
            ring: { _ in
                rings.signal()
                return nil
            })
        alarm.rearm()
        #expect(rings.wait(timeout: .now() + 10) == .success)
        for _ in 0..<3 {
            var notice: UInt64 = 1
            #expect(write(ends[1], &notice, 8) == 8)
            #expect(rings.wait(timeout: .now() + 10) == .success)
        }
        alarm.cancel()
        close(ends[1])
    }

    @Test func ringsNoMoreOnceCancelled() {
        let rings = Mutex(0)
        let alarm = Alarm(
            clock: { Instant(seconds: 0) },
            ring: { _ in
                rings.withLock { $0 += 1 }
                return Instant(seconds: 1)
            })
        alarm.cancel()
        let before = rings.withLock { $0 }
        alarm.rearm()
        alarm.cancel()
        #expect(rings.withLock { $0 } == before)
    }

    /// Whatever a machine asks for, the timers take it: what is too far never comes, what is long past comes at once.
    @Test(arguments: [Int64.min, -1, 0, 1])
    func ringsAtOnceForWhatIsLongPast(microseconds: Int64) {
        let rings = DispatchSemaphore(value: 0)
        let alarm = Alarm(
            clock: { Instant(seconds: 0) },
            ring: { _ in
                rings.signal()
                return nil
            })
        alarm.arm(Instant(microseconds: .max))
        alarm.arm(Instant(microseconds: microseconds))
        #expect(rings.wait(timeout: .now() + 10) == .success)
        alarm.cancel()
    }
}
