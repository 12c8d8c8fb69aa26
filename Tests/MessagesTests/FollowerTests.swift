import Catalog
import Messages
import Model
import Policies
import Testing

@Suite struct FollowerTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try scratch.center.start()
    }

    @Test func seesEachMessageOnceInOrderWithoutAGap() async throws {
        try scratch.record("one", "two")
        let follower = scratch.center.follow()
        try scratch.record("three")
        try scratch.record("four")
        #expect(follower.start == 2)
        var texts = try scratch.catalog.messages(MessageQuery(after: 0, through: follower.start)).map(\.text)
        for await case .message(let message) in follower.events {
            texts.append(message.text)
            if texts.count == 4 { break }
        }
        #expect(texts == ["one", "two", "three", "four"])
    }

    @Test func hearsOfAMessageAtOnce() async throws {
        let follower = scratch.center.follow()
        let clock = ContinuousClock()
        var slowest = Duration.zero
        var events = follower.events.makeAsyncIterator()
        for number in 0..<20 {
            try scratch.record("\(number)")
            let committed = clock.now
            guard case .message(let message) = await events.next() else { break }
            #expect(message.text == "\(number)")
            slowest = max(slowest, clock.now - committed)
        }
        print("messages: a follower hears after \(slowest) at most; promised are 100 ms")
    }

    @Test func aSlowFollowerIsToldAndCanResume() async throws {
        let follower = scratch.center.follow(limit: 4)
        for number in 1...10 { try scratch.record("\(number)") }
        var events: [FollowerEvent] = []
        for await event in follower.events { events.append(event) }
        #expect(events.count == 4)
        #expect(events.last == .missed(after: 3))
        let again = scratch.center.follow(limit: 4)
        let missed = try scratch.catalog.messages(MessageQuery(after: 3, through: again.start))
        #expect(missed.map(\.text) == (4...10).map { "\($0)" })
    }

    /// Window and messages by the real clock: the storm's window lies in the past when the center looks.
    @Test func heldFailuresAreCountedByTheCenterItself() async throws {
        let now = Instant(seconds: 1_800_000_000)
        let drafts = (0..<10).map { MessageDraft(.error, .backupFailed, "backup \($0) failed") }
        let follower = scratch.center.follow()
        try scratch.catalog.record(drafts, at: now - .seconds(600))
        var codes: [Code] = []
        for await case .message(let message) in follower.events {
            codes.append(message.code)
            if codes.count == 4 { break }
        }
        #expect(codes.last == .failuresRepeated)
        scratch.center.flush()
        #expect(try scratch.lines().count == 4)
    }

    @Test func streamsEndWhenTheCenterStops() async throws {
        let follower = scratch.center.follow()
        scratch.center.stop()
        for await _ in follower.events { Issue.record("nothing was recorded") }
    }

    @Test func progressIsSeenByFollowersAndThenGone() async throws {
        let clock = ClockReading(sinceBoot: .zero, bootID: "boot", wall: Instant(seconds: 1_800_000_000))
        let run = try scratch.catalog.beginRun(RunRequest(.restore), at: clock)
        let follower = scratch.center.follow()
        let time = StepClock()
        let reporter = scratch.center.reportProgress(of: run) { time.next() }
        reporter.begin("reading", total: ByteCount(1000))
        for _ in 0..<100 { reporter.advance(by: ByteCount(5)) }
        #expect(scratch.center.progress().map(\.phase) == ["reading"])
        reporter.finish()
        #expect(scratch.center.progress() == [])
        scratch.center.stop()
        var seen: [RunProgress] = []
        for await case .progress(let progress) in follower.events { seen.append(progress) }
        // A hundred steps of 10 ms: four a second, and the first.
        #expect((4...6).contains(seen.count))
        #expect(seen.last?.run == run.id)
        let last = try #require(seen.last)
        #expect(abs(last.bytesPerSecond - 500) < 60)
        #expect((last.fraction ?? 0) > 0.3)
        #expect(seen.map(\.done) == seen.map(\.done).sorted())
    }
}
