import EnginesTestSupport
import Foundation
import Synchronization
import Testing

/// Asks again and again until there is an answer.
///
/// - Throws: `Unexpected`, naming `what`, when `limit` is over; `child` is killed first.
func eventually<Answer>(
    within limit: Duration = .seconds(30), _ what: @autoclosure () -> String, killing child: Child? = nil,
    _ question: () async throws -> Answer?
) async throws -> Answer {
    try await Polling.eventually(
        within: limit, what(),
        orThrow: { complaint in
            child?.killGroup()
            return Unexpected("\(complaint)\n\(child?.errors.suffix(1500) ?? "")")
        }, question)
}

/// As `eventually` for a condition.
func until(
    within limit: Duration = .seconds(30), _ what: @autoclosure () -> String, _ condition: () async throws -> Bool
) async throws {
    _ = try await eventually(within: limit, what()) { try await condition() ? true : nil }
}

/// Lets as many of these tests work at once as there are cores for real daemons, whatever else is tested meanwhile.
struct DaemonSlots: TestTrait, SuiteTrait, TestScoping {
    let isRecursive = true
    private static let slots = Slots(count: 2)

    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        guard !test.isSuite else { return try await function() }
        await Self.slots.take()
        let result: Result<Void, any Error>
        do { result = .success(try await function()) } catch { result = .failure(error) }
        await Self.slots.give()
        try result.get()
    }

    /// A counting semaphore for tasks, first come first served.
    private actor Slots {
        private var free: Int
        private var waiting: [CheckedContinuation<Void, Never>] = []

        init(count: Int) { free = count }

        func take() async {
            if free > 0 {
                free -= 1
            } else {
                await withCheckedContinuation { waiting.append($0) }
            }
        }

        func give() {
            if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
        }
    }
}

extension Trait where Self == DaemonSlots {
    static var realDaemon: DaemonSlots { DaemonSlots() }
}
