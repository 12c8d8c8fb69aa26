import CLinux
import Foundation
import Synchronization

/// Threads for work that blocks or computes for long, which must not sit on the cooperative pool.
package enum Threads {
    /// As many workers as there are cores.
    package static var cores: Int { max(1, ProcessInfo.processInfo.activeProcessorCount) }

    /// Lets other threads of the machine go before this one, on its cores and its disks; for long work that nobody waits
    /// for, and that holds no lock which others need. It can't be undone. A hint only.
    package static func giveWay() { holdfast_give_way(10) }

    /// Starts a thread; nobody waits for it.
    package static func start(_ name: String, _ body: @escaping @Sendable () -> Void) {
        let thread = Thread(block: body)
        thread.name = name
        thread.stackSize = 1 << 20
        thread.start()
    }

    /// Lets this thread, which must be one of our own, wait.
    package static func pause(_ duration: Duration) {
        Thread.sleep(
            forTimeInterval: Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18)
    }

    /// Runs `body` on a thread of its own; the caller's task waits without holding one. Cancelling doesn't stop `body`.
    package static func run<Value: Sendable>(
        _ name: String, _ body: @escaping @Sendable () throws -> Value
    ) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            start(name) { continuation.resume(with: Result(catching: body)) }
        }
    }

    /// Runs `body` as a task and blocks this thread, which must be one of our own, until it has ended.
    package static func waiting<Value: Sendable>(
        _ body: @escaping @Sendable () async throws -> Value
    ) throws -> Value {
        let result = Mutex<Result<Value, any Error>?>(nil)
        let ended = DispatchSemaphore(value: 0)
        // Unstructured, since a thread has no task to be the parent of this one; the wait below ends with it. From a main
        // thread it would inherit a priority that takes a right.
        Task(priority: .medium) {
            let outcome: Result<Value, any Error>
            do { outcome = .success(try await body()) } catch { outcome = .failure(error) }
            result.withLock { $0 = outcome }
            ended.signal()
        }
        ended.wait()
        return try result.withLock { $0 }?.get() ?? { throw CancellationError() }()
    }

    /// Runs all bodies at once, each on a thread of its own, and waits for all; throws the first error that happened.
    package static func runAll(_ name: String, _ bodies: [@Sendable () throws -> Void]) throws {
        let group = DispatchGroup()
        let failure = Mutex<(any Error)?>(nil)
        for body in bodies {
            group.enter()
            let work = Mutex<(@Sendable () throws -> Void)?>(body)
            start(name) {
                defer { group.leave() }
                // Taken out, so that what the body holds is let go of before the wait ends, not with the thread.
                do { try work.withLock { $0.take() }?() } catch { failure.withLock { $0 = $0 ?? error } }
            }
        }
        group.wait()
        if let error = failure.withLock({ $0 }) { throw error }
    }
}
