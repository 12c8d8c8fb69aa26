import Model
import Policies
import Testing

/// Random lives of databases, with servers that fail, clocks in doubt and rules that change.
@Suite struct GraceRandomTests {
    static var count: Int {
        #if DEBUG
            3000
        #else
            50_000
        #endif
    }

    @Test func noOrderComesTwiceTooEarlyOrWithoutTheOneBefore() {
        let seed = Numbers.seed(replayedBy: "HOLDFAST_GRACE_SEED")
        print("grace: seed \(seed)")
        var ended = 0
        for number in 0..<UInt64(Self.count) {
            var numbers = Numbers(seed: seed &+ number)
            if let broken = Self.brokenPromise(&numbers, ended: &ended) {
                Issue.record("seed \(seed &+ number): \(broken)")
                return
            }
        }
        #expect(ended > Self.count / 20)
    }

    private static func brokenPromise(_ numbers: inout Numbers, ended: inout Int) -> String? {
        var machine = GraceMachine()
        var now = time("2026-11-22T12:00:00Z")
        var days = 1 + numbers.below(15)
        var (started, announced, isOver): (Instant?, Instant?, Bool) = (nil, nil, false)
        var misses: [Instant] = []
        for _ in 0..<60 {
            now = now + .seconds(numbers.once(in: 3) ? numbers.below(200_000) : numbers.below(4000))
            if numbers.once(in: 20) { days = 1 + numbers.below(15) }
            let trusted = !numbers.once(in: 10)
            let event: GraceEvent =
                switch numbers.below(30) {
                case 0: .found
                case 1...3: .unreachable
                case 4...10: .tick
                default: .missing
                }
            let reading = ClockReading(sinceBoot: now - time("2026-01-01T00:00:00Z"), bootID: "a", wall: now)
            let orders = machine.handle(event, GraceTerms(reading: reading, clockIsTrusted: trusted, deletedDays: days))
            if event == .found || event == .unreachable { misses = [] }
            if event == .missing, trusted { misses.append(now) }
            for order in orders {
                switch order {
                case .started:
                    guard started == nil, let first = misses.first, now - first >= .seconds(60) else {
                        return "started twice or without evidence"
                    }
                    started = now
                case .ending:
                    if started == nil || isOver { return "announced what hasn't begun, or is over" }
                    announced = now
                case .ended:
                    guard !isOver, let begun = started, let told = announced else { return "ended unannounced" }
                    let notice = Duration.seconds(days == 1 ? 43_200 : 86_400) - .seconds(3600)
                    if now - told < notice || now - begun < .seconds(days * 86_400) { return "ended too early" }
                    if event == .unreachable { return "ended without the server's answer" }
                    isOver = true
                    ended += 1
                case .returned:
                    if started == nil || event != .found { return "returned from nowhere" }
                    (started, announced, isOver) = (nil, nil, false)
                }
                if !trusted, event != .found { return "\(order) by a doubted clock" }
            }
            if case .deleted(_, let end) = machine.presence(deletedDays: days, now: now), (end <= now) != isOver {
                return "retention would delete before the end was ordered, or never"
            }
        }
        return nil
    }
}
