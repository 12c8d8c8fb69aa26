import Messages
import Model
import Synchronization
import Testing

/// A clock that goes on by 10 ms whenever it is read.
final class StepClock: Sendable {
    private let milliseconds = Mutex(0)

    func next() -> Duration {
        milliseconds.withLock { milliseconds in
            milliseconds += 10
            return .milliseconds(milliseconds)
        }
    }
}

@Suite struct ProgressMeterTests {
    @Test func tellsRateAndRemainingTime() {
        var meter = ProgressMeter(total: ByteCount(1000), startedAt: .seconds(100))
        #expect(meter.fraction == 0 && meter.rate == 0 && meter.remaining == nil)
        for second in 1...4 { meter.advance(to: ByteCount(second * 100), at: .seconds(100 + second)) }
        #expect(meter.rate == 100)
        #expect(meter.fraction == 0.4)
        #expect(meter.remaining == .seconds(6))
    }

    @Test func followsAChangeOfSpeed() {
        var meter = ProgressMeter(total: ByteCount(100_000), startedAt: .zero)
        for second in 1...60 { meter.advance(to: ByteCount(second * 1000), at: .seconds(second)) }
        for second in 61...75 { meter.advance(to: ByteCount(60_000 + (second - 60) * 10), at: .seconds(second)) }
        #expect(abs(meter.rate - 10) < 0.001)
    }

    @Test func aStandstillHasNoRemainingTime() {
        var meter = ProgressMeter(total: ByteCount(1000), startedAt: .zero)
        for second in 1...30 { meter.advance(to: ByteCount(500), at: .seconds(second)) }
        #expect(meter.rate == 0 && meter.remaining == nil && meter.fraction == 0.5)
    }

    @Test(arguments: [(0, 1.0), (1000, 1.0), (2000, 1.0)]) func neverPassesTheEnd(done: Int, expected: Double) {
        var meter = ProgressMeter(total: done == 0 ? .zero : ByteCount(1000), startedAt: .zero)
        meter.advance(to: ByteCount(done), at: .seconds(1))
        #expect(meter.fraction == expected)
        #expect(meter.remaining == .zero)
    }

    @Test func anUnknownTotalHasARateOnly() {
        var meter = ProgressMeter(startedAt: .zero)
        meter.advance(to: ByteCount(50), at: .seconds(1))
        #expect(meter.rate == 50 && meter.fraction == nil && meter.remaining == nil)
    }
}
