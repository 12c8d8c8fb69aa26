import Dispatch
import Glibc
import Model
import Policies
import Scheduling
import Synchronization
import Testing

@Suite struct TickSchedulerTests {
    /// Work that ends at once and says what it was.
    final class Recorder: ScheduledWork {
        let actions = Mutex<[DueAction]>([])
        let done = DispatchSemaphore(value: 0)

        func run(due actions: [DueAction], finished: @escaping @Sendable (DueAction) -> Void) {
            self.actions.withLock { $0 += actions }
            for action in actions { finished(action) }
            done.signal()
        }
    }

    @Test func runsWhatIsDueAndGoesOn() {
        let work = Recorder()
        let scheduler = TickScheduler(last: [:], zone: { _ in 0 }, clock: { realTime() }, work: work)
        scheduler.apply([ServerRules(server: "crm", progressive: .every(.milliseconds(50)), full: .off)])
        for _ in 0..<3 { #expect(work.done.wait(timeout: .now() + 10) == .success) }
        scheduler.stop()
        let actions = work.actions.withLock { $0 }
        #expect(actions.allSatisfy { $0.server == "crm" && $0.kind == .progressive })
        #expect(Set(actions.map(\.mark)).count == actions.count)
    }

    @Test func theAlarmRingsAtTheInstantItWasGiven() {
        let rings = Mutex<[Instant]>([])
        let done = DispatchSemaphore(value: 0)
        let start = realTime()
        let ring: Alarm.Ring = { now in
            let count = rings.withLock { rings in
                rings.append(now)
                return rings.count
            }
            if count == 2 { done.signal() }
            return count == 1 ? start + .milliseconds(200) : nil
        }
        let alarm = Alarm(clock: { realTime() }, ring: ring)
        alarm.rearm()
        #expect(done.wait(timeout: .now() + 10) == .success)
        alarm.cancel()
        let second = rings.withLock { $0[1] }
        #expect(second >= start + .milliseconds(200))
    }

    @Test func theAlarmLooksAgainWithoutAnythingDue() {
        let done = DispatchSemaphore(value: 0)
        let ring: Alarm.Ring = { _ in
            done.signal()
            return Instant(seconds: 10_000_000_000)
        }
        let alarm = Alarm(longestSleepSeconds: 1, clock: { Instant(seconds: 0) }, ring: ring)
        alarm.rearm()
        for _ in 0..<2 { #expect(done.wait(timeout: .now() + 10) == .success) }
        alarm.cancel()
    }
}

/// Real time of day: the alarm is about the machine's clock.
private func realTime() -> Instant {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000)
}
