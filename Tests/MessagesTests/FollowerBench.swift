import Catalog
import Foundation
import Messages
import Model
import Synchronization
import Testing

/// Figures for `etc/bench`: how soon fifty followers hear of messages of which a thousand a second are recorded, counted
/// from when each was due.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["HOLDFAST_BENCH"] == "1")) struct FollowerBench {
    private static let (followers, messages, aSecond) = (50, 5000, 1000)

    @Test func fiftyFollowersHearOfEachMessage() async throws {
        let scratch = try Scratch()
        try scratch.center.start()
        let begun = Begun(Self.messages)
        let streams = (0..<Self.followers).map { _ in scratch.center.follow(limit: Self.messages + 2) }
        let (delays, rate) = try await withThrowingTaskGroup(of: [Duration].self) { group in
            for stream in streams {
                group.addTask { await Self.delays(of: stream, begun) }
            }
            let rate = try await Self.record(in: scratch.catalog, begun)
            return (try await group.reduce(into: []) { $0 += $1 }, rate)
        }
        let sorted = delays.sorted()
        #expect(sorted.count == Self.followers * Self.messages)
        print("followers_rate: \(String(format: "%.1f", rate))")
        print("followers_p50_ms: \(Self.milliseconds(sorted[sorted.count / 2]))")
        print("followers_p99_ms: \(Self.milliseconds(sorted[sorted.count * 99 / 100]))")
    }

    /// Records at the rate, on a thread of its own since that blocks; what falls due during a transaction goes into the
    /// next.
    ///
    /// - Returns: how many a second it came to.
    private static func record(in catalog: Catalog, _ begun: Begun) async throws -> Double {
        try await withCheckedThrowingContinuation { continuation in
            Thread.detachNewThread { continuation.resume(with: Result { try pace(catalog, begun) }) }
        }
    }

    private static func pace(_ catalog: Catalog, _ begun: Begun) throws -> Double {
        let start = ContinuousClock.now
        let gap = Duration.seconds(1) / aSecond
        var sent = 0
        while sent < messages {
            let due = min(messages, Int((ContinuousClock.now - start) / gap) + 1)
            for number in sent..<due { begun.note(number, start + gap * number) }
            try catalog.record(
                (sent..<due).map { MessageDraft(.info, .daemonStarted, "\($0)") }, at: Instant(seconds: 1_800_000_000))
            sent = due
            Thread.sleep(forTimeInterval: max(0, (start + gap * sent - .now) / .seconds(1)))
        }
        return Double(messages) / ((ContinuousClock.now - start) / .seconds(1))
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

    /// When each message was due.
    private final class Begun: Sendable {
        private let instants: Mutex<[ContinuousClock.Instant]>

        init(_ count: Int) { instants = Mutex(Array(repeating: .now, count: count)) }

        func note(_ number: Int, _ instant: ContinuousClock.Instant) { instants.withLock { $0[number] = instant } }
        func instant(_ number: Int) -> ContinuousClock.Instant { instants.withLock { $0[number] } }
    }

    private static func milliseconds(_ duration: Duration) -> String {
        String(format: "%.3f", duration / .milliseconds(1))
    }
}
