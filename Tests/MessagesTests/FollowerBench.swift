import Catalog
import Foundation
import Messages
import Model
import Synchronization
import Testing

/// Figures for `etc/bench`: how soon fifty followers hear of messages that are recorded one by one.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["HOLDFAST_BENCH"] == "1")) struct FollowerBench {
    private static let (followers, messages) = (50, 1000)

    @Test func fiftyFollowersHearOfEachMessage() async throws {
        let scratch = try Scratch()
        try scratch.center.start()
        let begun = Begun(Self.messages)
        let streams = (0..<Self.followers).map { _ in scratch.center.follow(limit: Self.messages + 2) }
        let delays = try await withThrowingTaskGroup(of: [Duration].self) { group in
            for stream in streams {
                group.addTask { await Self.delays(of: stream, begun) }
            }
            for number in 0..<Self.messages {
                begun.note(number)
                try scratch.record("\(number)")
                await Task.yield()
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        let sorted = delays.sorted()
        #expect(sorted.count == Self.followers * Self.messages)
        print("followers_p50_ms: \(Self.milliseconds(sorted[sorted.count / 2]))")
        print("followers_p99_ms: \(Self.milliseconds(sorted[sorted.count * 99 / 100]))")
    }

    private static func delays(
        of follower: Follower, _ begun: Begun
    ) async -> [Duration] {
        var delays: [Duration] = []
        for await case .message(let message) in follower.events {
            guard let number = Int(message.text) else { continue }
            let now = ContinuousClock.now
            delays.append(now - begun.instant(number))
            if delays.count == messages { break }
        }
        return delays
    }

    /// When each message began to be recorded.
    private final class Begun: Sendable {
        private let instants: Mutex<[ContinuousClock.Instant]>

        init(_ count: Int) { instants = Mutex(Array(repeating: .now, count: count)) }

        func note(_ number: Int) { instants.withLock { $0[number] = .now } }
        func instant(_ number: Int) -> ContinuousClock.Instant { instants.withLock { $0[number] } }
    }

    private static func milliseconds(_ duration: Duration) -> String {
        String(format: "%.3f", duration / .milliseconds(1))
    }
}
