import Foundation
import Model
import Platform
package import Policies
import Synchronization

/// Keeps what a backup reads and computes within the limits in force, which may change while it is at work.
package final class Throttle: Sendable {
    /// Where time comes from and how it passes.
    package struct Clocks: Sendable {
        /// Only goes forward.
        package var now: @Sendable () -> Duration
        /// That the calling thread has had of a core.
        package var processorTime: @Sendable () -> Duration
        package var pause: @Sendable (Duration) -> Void

        package init(
            now: @escaping @Sendable () -> Duration, processorTime: @escaping @Sendable () -> Duration,
            pause: @escaping @Sendable (Duration) -> Void
        ) {
            self.now = now
            self.processorTime = processorTime
            self.pause = pause
        }

        package static let system = Clocks(
            now: BootClock.now, processorTime: ThreadClock.now,
            pause: { Thread.sleep(forTimeInterval: $0 / .seconds(1)) })
    }

    /// A longer wait is cut into pieces, after each of which the limits are asked for again.
    private static let longestPause = Duration.milliseconds(500)

    package static let unlimited = Throttle { .none }

    private let limits: @Sendable () -> LoadLimits
    private let clocks: Clocks
    private let pace: Mutex<LoadPace>

    /// - Parameter limits: those in force now.
    package init(clocks: Clocks = .system, limits: @escaping @Sendable () -> LoadLimits) {
        self.limits = limits
        self.clocks = clocks
        pace = Mutex(LoadPace(at: clocks.now()))
    }

    /// What one thread takes; made and used by that thread only.
    package final class Meter {
        private let throttle: Throttle
        private var worked: Duration

        fileprivate init(_ throttle: Throttle) {
            self.throttle = throttle
            worked = throttle.clocks.processorTime()
        }

        /// Counts what was read and computed since the last call, and waits until the backup may go on.
        /// - Parameter check: called between the pieces of a long wait; throws to end it.
        package func pass(bytes: Int = 0, check: () throws -> Void) throws {
            let before = worked
            worked = throttle.clocks.processorTime()
            throttle.pace.withLock { $0.take(bytes: bytes, work: worked - before) }
            while true {
                let limits = throttle.limits()
                let wait = throttle.pace.withLock { $0.wait(at: throttle.clocks.now(), under: limits) }
                guard wait > .zero else { return }
                throttle.clocks.pause(min(wait, Throttle.longestPause))
                try check()
            }
        }
    }

    package func meter() -> Meter { Meter(self) }

    /// As many threads as the limit in force keeps busy: more would take all cores at once and then none, and whoever shares
    /// them waits in between.
    package func workers(cores: Int) -> Int {
        guard let percent = limits().processor, percent > 0 else { return cores }
        return max(1, min(cores, (percent + 99) / 100))
    }
}
