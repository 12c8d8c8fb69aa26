import Dispatch
package import Testing

/// Runs tests that block on threads of their own: the cooperative pool has one thread a core, and other tests' servers
/// live on it.
package struct OffThePool: TestTrait, SuiteTrait, TestScoping {
    package let isRecursive = true

    @concurrent package func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard testCase != nil else { return try await function() }
        try await withTaskExecutorPreference(Threaded.shared) { try await function() }
    }

    private final class Threaded: TaskExecutor {
        static let shared = Threaded()

        private let queue = DispatchQueue(label: "holdfast.tests", attributes: .concurrent)

        func enqueue(_ job: consuming ExecutorJob) {
            let job = UnownedJob(job)
            queue.async { job.runSynchronously(on: self.asUnownedTaskExecutor()) }
        }
    }
}

extension Trait where Self == OffThePool {
    package static var offThePool: Self { OffThePool() }
}
