import Model
import Operations
import Policies
import Synchronization
import Testing

@Suite struct ThrottleTests {
    /// Time that passes only by pauses and by work, without anybody waiting for it.
    private final class MadeUpTime: Sendable {
        private struct State {
            var now = Duration.zero
            var work = Duration.zero
            var pauses: [Duration] = []
        }

        private let state = Mutex(State())

        var now: Duration { state.withLock { $0.now } }
        var pauses: [Duration] { state.withLock { $0.pauses } }

        func work(_ duration: Duration) {
            state.withLock { state in
                state.now += duration
                state.work += duration
            }
        }

        var clocks: Throttle.Clocks {
            Throttle.Clocks(
                now: { self.now }, processorTime: { self.state.withLock { $0.work } },
                pause: { pause in
                    self.state.withLock { state in
                        state.now += pause
                        state.pauses.append(pause)
                    }
                })
        }
    }

    @Test func readingKeepsToItsLimit() throws {
        let time = MadeUpTime()
        let meter = Throttle(clocks: time.clocks) { LoadLimits(read: ByteCount(1 << 20)) }.meter()
        for _ in 0..<40 { try meter.pass(bytes: 256 << 10) {} }
        #expect((Duration.seconds(9)...Duration.seconds(10)).contains(time.now))
    }

    @Test(arguments: [10, 50, 100]) func workKeepsToItsShareOfACore(percent: Int) throws {
        let time = MadeUpTime()
        let meter = Throttle(clocks: time.clocks) { LoadLimits(processor: percent) }.meter()
        for _ in 0..<1000 {
            time.work(.milliseconds(5))
            try meter.pass {}
        }
        let share = Duration.seconds(5) / time.now * 100
        #expect(share <= Double(percent) * 1.05 && share >= Double(percent) * 0.95)
    }

    @Test func withoutLimitsNobodyWaits() throws {
        let time = MadeUpTime()
        let meter = Throttle(clocks: time.clocks) { .none }.meter()
        time.work(.seconds(100))
        try meter.pass(bytes: .max >> 1) {}
        #expect(time.pauses.isEmpty)
    }

    @Test func theLimitsOfTheNightBeginInTheMiddleOfAWait() throws {
        let time = MadeUpTime()
        let plan = LoadPlan(day: LoadLimits(read: ByteCount(1000)), hours: NightSpan("22:00-06:00"))
        let evening = Instant(seconds: 79_195)  // 21:59:55
        let meter = Throttle(clocks: time.clocks) { plan.limits(at: evening + time.now) { _ in 0 } }.meter()
        try meter.pass(bytes: 1_000_000) {}
        #expect(time.now == .seconds(5))
        try meter.pass(bytes: 1_000_000) {}
        #expect(time.now == .seconds(5))
    }

    @Test func aLongWaitCanBeEnded() {
        let time = MadeUpTime()
        let meter = Throttle(clocks: time.clocks) { LoadLimits(read: ByteCount(1)) }.meter()
        #expect(throws: Fault.self) {
            try meter.pass(bytes: 1 << 20) { if time.now >= .seconds(3) { throw Fault(.interrupted, "enough") } }
        }
        #expect(time.now == .seconds(3) && time.pauses.allSatisfy { $0 <= .milliseconds(500) })
    }

    @Test func aThrottledBackupIsComplete() throws {
        let (time, fixture) = (MadeUpTime(), try BackupFixture(pages: 500))
        let throttle = Throttle(clocks: time.clocks) { LoadLimits(read: ByteCount(1 << 20)) }
        guard case .made(let record, _, _, _) = try fixture.backUp(.full, throttle: throttle) else {
            Issue.record("no backup was made")
            return
        }
        #expect(time.now > .seconds(1))
        #expect(try fixture.restored(record).count == 500 * 4096)
    }
}
