import Catalog
import Dispatch
import Foundation
import Glibc
import Model
import Policies
import Scheduling
import Synchronization
import Testing

/// Figures for `etc/bench`: `HOLDFAST_BENCH=1 swift test -c release --filter SchedulingBench`; the catalog is in
/// `HOLDFAST_BENCH_FOLDER`, else in the temporary folder.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["HOLDFAST_BENCH"] == "1"), .serialized)
struct SchedulingBench {
    private static let schedules = 10_000

    /// Takes note of how long the transactions of claims take.
    private final class TimedLedger: ScheduleLedger {
        let catalog: Catalog
        let claims = Mutex<[Duration]>([])

        init(_ catalog: Catalog) { self.catalog = catalog }

        func ledgerContent() throws -> LedgerContent { try catalog.ledgerContent() }

        func commit(_ changes: LedgerChanges) throws -> [OccurrenceID?] {
            let start = ContinuousClock.now
            let claimed = try catalog.commit(changes)
            if !claimed.isEmpty { claims.withLock { $0.append(ContinuousClock.now - start) } }
            return claimed
        }

        func rewind(_ schedules: [ScheduleRewind], to now: Instant) throws -> [ScheduleID: SchedulePosition] {
            try catalog.rewind(schedules, to: now)
        }
    }

    /// Takes note of when everything was claimed, and ends all work when it is told.
    private final class Recorder: OccurrenceWork {
        typealias Finished = @Sendable (OccurrenceID, OccurrenceEnding) -> Void

        private let state = Mutex<(started: ContinuousClock.Instant?, ids: [OccurrenceID], finished: Finished?)>(
            (nil, [], nil))

        func start(_ starts: [OccurrenceStart], finished: @escaping Finished) {
            let now = ContinuousClock.now
            state.withLock { $0 = (now, starts.map(\.occurrence.id), finished) }
        }

        var last: (started: ContinuousClock.Instant?, count: Int) { state.withLock { ($0.started, $0.ids.count) } }

        func finishAll() {
            let (_, ids, finished) = state.withLock { $0 }
            for id in ids { finished?(id, .succeeded()) }
        }

        func ledgerFailed(_ fault: Fault) {}
        func ledgerRecovered() {}
    }

    @Test func claimsTenThousandSchedulesThatAreDueAtOnce() throws {
        let root = ProcessInfo.processInfo.environment["HOLDFAST_BENCH_FOLDER"] ?? NSTemporaryDirectory()
        let folder = "\(root)/holdfast-bench-\(Identifier.random())"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let catalog = try Catalog.open("\(folder)/catalog.db")
        let world = World()
        try catalog.syncSettingsSchedules(
            (0..<Self.schedules).map {
                Schedule(name: "schedule-\($0)", action: .backup, when: "daily 7200", scope: ["crm/"], kind: .full)
            }, at: world.wall)
        let work = Recorder()
        let ledger = TimedLedger(catalog)
        let scheduler = Scheduler(ledger: ledger, work: work, clock: { world.reading }, beats: beat(of:))
        let opening = try ContinuousClock().measure { try scheduler.open() }
        print("open_ms: \(milliseconds(opening))")
        var claims: [Duration] = []
        var processor: [Duration] = []
        for _ in 0..<100 {
            let next = try #require(scheduler.ring())
            world.pass(next - world.wall)
            let start = ContinuousClock.now
            let before = threadTime()
            _ = scheduler.ring()
            processor.append(threadTime() - before)
            let (started, count) = work.last
            #expect(count == Self.schedules)
            claims.append(try #require(started) - start)
            work.finishAll()
        }
        report("claim_10000", claims)
        // Of the whole turn, for machines that do other things meanwhile.
        report("claim_10000_processor", processor)
        report("claim_10000_transaction", ledger.claims.withLock { $0 })
        try catalog.close()
    }

    @Test func armsAmongTenThousand() throws {
        var heap = EarliestFirst(count: Self.schedules)
        var random = SeededGenerator(seed: 1)
        func instant() -> Instant { Instant(seconds: 4_000_000_000 + Int64.random(in: 0..<86_400, using: &random)) }
        for place in 0..<Self.schedules { heap.set(instant(), for: place) }
        let alarm = Alarm(clock: { Instant(seconds: 0) }, ring: { _ in nil })
        let times = (0..<10_000).map { _ in
            let place = Int.random(in: 0..<Self.schedules, using: &random)
            let instant = instant()
            return ContinuousClock().measure {
                heap.set(instant, for: place)
                alarm.arm(heap.earliest)
            }
        }
        alarm.cancel()
        report("arm_10000", times)
        #expect(times.sorted()[times.count * 99 / 100] <= .milliseconds(1))
    }

    private func threadTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    private func report(_ row: String, _ times: [Duration]) {
        let sorted = times.sorted()
        print("\(row)_p50_ms: \(milliseconds(sorted[sorted.count / 2]))")
        // By nearest rank: of a hundred, the last but one.
        print("\(row)_p99_ms: \(milliseconds(sorted[(sorted.count * 99 + 99) / 100 - 1]))")
        print("\(row)_max_ms: \(milliseconds(sorted[sorted.count - 1]))")
    }

    private func milliseconds(_ duration: Duration) -> String { String(format: "%.4f", duration / .milliseconds(1)) }
}
