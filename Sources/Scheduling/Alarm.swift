import CLinux
import Dispatch
import Glibc
package import Model
import Synchronization

/// Rings when something is due: the one place with timers.
///
/// One timer is on the wall clock, armed for the earliest due instant, and so fires at once when the clock is set forward.
/// The kernel tells when the clock was set, or the machine was resumed, and the alarm then rings at once. A third timer looks
/// again after a minute without a ring, by time that nobody sets, should that notice be missing. An idle daemon wakes no more
/// often than that. A changed zone is told by `rearm`.
package final class Alarm: Sendable {
    /// Does what is due at `now` and returns when to ring next; nil for no time in particular.
    package typealias Ring = @Sendable (_ now: Instant) -> Instant?

    private let queue = DispatchQueue(label: "holdfast.alarm")
    // Dispatch sources may be used from any thread; the protocol just does not say so.
    private nonisolated(unsafe) let due: any DispatchSourceTimer
    private nonisolated(unsafe) let look: any DispatchSourceTimer
    private nonisolated(unsafe) let steps: (any DispatchSourceRead)?
    private let clock: @Sendable () -> Instant
    private let ring: Ring
    private let longestSleep: DispatchTimeInterval

    /// - Parameters:
    ///   - longestSleepSeconds: after which it looks again at the latest.
    ///   - stepNotice: a descriptor that can be read when the clock was set, which is closed with the alarm; nil takes the
    ///     kernel's.
    ///   - ring: called on one queue, never twice at once; must not block for long.
    package init(
        longestSleepSeconds: Int = 60, stepNotice: Int32? = nil, clock: @escaping @Sendable () -> Instant,
        ring: @escaping Ring
    ) {
        self.clock = clock
        self.ring = ring
        longestSleep = .seconds(longestSleepSeconds)
        due = DispatchSource.makeTimerSource(queue: queue)
        look = DispatchSource.makeTimerSource(queue: queue)
        let notice = stepNotice ?? holdfast_watch_clock()
        steps = notice < 0 ? nil : DispatchSource.makeReadSource(fileDescriptor: notice, queue: queue)
        // Without @Sendable a handler may inherit the isolation of its caller and trap on the queue.
        let handler: @Sendable () -> Void = { [weak self] in self?.ringNow() }
        let stepped: @Sendable () -> Void = { [weak self] in
            Self.acknowledgeStep(notice)
            self?.ringNow()
        }
        let closed: @Sendable () -> Void = { close(notice) }
        for timer in [due, look] {
            timer.setEventHandler(handler: handler)
            timer.schedule(wallDeadline: .distantFuture)
            timer.activate()
        }
        steps?.setEventHandler(handler: stepped)
        steps?.setCancelHandler(handler: closed)
        steps?.activate()
    }

    deinit { cancelSources() }

    /// Rings now and arms itself: at start, after a change of settings or zone, when work has ended. Returns at once.
    package func rearm() { queue.async { [weak self] in self?.ringNow() } }

    /// No ring begins after this returns; not to be called by the ring.
    package func cancel() {
        cancelSources()
        queue.sync {}
    }

    private func cancelSources() {
        due.cancel()
        look.cancel()
        steps?.cancel()
    }

    private func ringNow() {
        guard !due.isCancelled else { return }
        arm(ring(clock()))
    }

    /// Sets the timers; package for the bench.
    package func arm(_ next: Instant?) {
        due.schedule(wallDeadline: next.map(Self.deadline) ?? .distantFuture, leeway: .milliseconds(10))
        look.schedule(deadline: .now() + longestSleep, leeway: .seconds(1))
    }

    /// What can't be told to a timer is as good as never or at once.
    private static func deadline(_ instant: Instant) -> DispatchWallTime {
        let never: Int64 = 4_000_000_000_000_000_000 / 1000
        guard instant.microseconds < never else { return .distantFuture }
        guard instant.microseconds > 0 else { return .now() }
        let nanoseconds = Int((instant.microseconds - instant.seconds * 1_000_000) * 1000)
        return DispatchWallTime(timespec: timespec(tv_sec: Int(instant.seconds), tv_nsec: nanoseconds))
    }

    /// Takes the notice away, so that the next one shows.
    private static func acknowledgeStep(_ notice: Int32) {
        var count: UInt64 = 0
        // It fails with ECANCELED: that is the notice.
        _ = read(notice, &count, 8)
        holdfast_watch_clock_again(notice)
    }
}
