import Dispatch
import Glibc
package import Model
import Synchronization

/// Rings when something is due: the one place with Dispatch timers.
///
/// One timer is on the wall clock, armed for the earliest due instant, and so fires at once when the clock is set forward.
/// Another looks again after a minute without a ring, by time that nobody sets: it notices that the clock was set back or
/// the zone changed. An idle daemon wakes no more often than that.
package final class Alarm: Sendable {
    /// Does what is due at `now` and returns when to ring next; nil for no time in particular.
    package typealias Ring = @Sendable (_ now: Instant) -> Instant?

    private let queue = DispatchQueue(label: "holdfast.alarm")
    // Dispatch sources may be used from any thread; the protocol just does not say so.
    private nonisolated(unsafe) let due: any DispatchSourceTimer
    private nonisolated(unsafe) let look: any DispatchSourceTimer
    private let clock: @Sendable () -> Instant
    private let ring: Ring
    private let longestSleep: DispatchTimeInterval

    /// - Parameters:
    ///   - longestSleepSeconds: after which it looks again at the latest.
    ///   - ring: called on one queue, never twice at once; must not block for long.
    package init(longestSleepSeconds: Int = 60, clock: @escaping @Sendable () -> Instant, ring: @escaping Ring) {
        self.clock = clock
        self.ring = ring
        longestSleep = .seconds(longestSleepSeconds)
        due = DispatchSource.makeTimerSource(queue: queue)
        look = DispatchSource.makeTimerSource(queue: queue)
        // Without @Sendable a handler may inherit the isolation of its caller and trap on the queue.
        let handler: @Sendable () -> Void = { [weak self] in self?.ringNow() }
        for timer in [due, look] {
            timer.setEventHandler(handler: handler)
            timer.schedule(wallDeadline: .distantFuture)
            timer.activate()
        }
    }

    deinit {
        due.cancel()
        look.cancel()
    }

    /// Rings now and arms itself: at start, after a change of settings, when work has ended. Returns at once.
    package func rearm() { queue.async { [weak self] in self?.ringNow() } }

    /// No ring begins after this returns.
    package func cancel() {
        due.cancel()
        look.cancel()
        queue.sync {}
    }

    private func ringNow() {
        guard !due.isCancelled else { return }
        let next = ring(clock())
        due.schedule(wallDeadline: next.map(Self.deadline) ?? .distantFuture, leeway: .milliseconds(10))
        look.schedule(deadline: .now() + longestSleep, leeway: .seconds(1))
    }

    private static func deadline(_ instant: Instant) -> DispatchWallTime {
        let nanoseconds = Int((instant.microseconds - instant.seconds * 1_000_000) * 1000)
        return DispatchWallTime(timespec: timespec(tv_sec: Int(instant.seconds), tv_nsec: nanoseconds))
    }
}
