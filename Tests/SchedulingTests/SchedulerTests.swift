import Dispatch
import Glibc
import Model
import Policies
import Scheduling
import Synchronization
import Testing

/// The scheduler with its alarm on the real clock, and by hand where time matters.
@Suite struct SchedulerTests {
    /// Work that ends when it is told, or at once.
    final class Recorder: OccurrenceWork {
        typealias Finished = @Sendable (OccurrenceID, OccurrenceEnding) -> Void

        struct State {
            var starts: [OccurrenceStart] = []
            var finished: Finished?
            var faults: [Code] = []
            var recoveries = 0
        }

        let state = Mutex(State())
        let started = DispatchSemaphore(value: 0)
        let endsAtOnce: Bool

        init(endsAtOnce: Bool = false) { self.endsAtOnce = endsAtOnce }

        var starts: [OccurrenceStart] { state.withLock { $0.starts } }

        func start(_ starts: [OccurrenceStart], finished: @escaping Finished) {
            state.withLock { state in
                state.starts += starts
                state.finished = finished
            }
            if endsAtOnce { for start in starts { finished(start.occurrence.id, .succeeded()) } }
            started.signal()
        }

        func finish(_ id: OccurrenceID, _ ending: OccurrenceEnding) { state.withLock { $0.finished }?(id, ending) }

        func ledgerFailed(_ fault: Fault) { state.withLock { $0.faults.append(fault.code) } }
        func ledgerRecovered() { state.withLock { $0.recoveries += 1 } }
    }

    @Test func theAlarmStartsWhatIsDueAgainAndAgain() throws {
        let ledger = MemoryLedger()
        try ledger.add(Schedule(name: "tick", action: .message, when: "every 1"), at: realTime().wall)
        let work = Recorder(endsAtOnce: true)
        let scheduler = Scheduler(ledger: ledger, work: work, clock: { realTime() }, beats: beat(of:))
        try scheduler.start()
        for _ in 0..<2 { #expect(work.started.wait(timeout: .now() + 10) == .success) }
        scheduler.stop()
        let planned = work.starts.map(\.occurrence.planned)
        #expect(Set(planned).count == planned.count)
        #expect(work.starts.allSatisfy { $0.occurrence.claimed >= $0.occurrence.planned })
    }

    @Test func nothingStartsWithoutItsClaimAndTheTroubleIsToldOnce() throws {
        let world = World()
        let memory = MemoryLedger()
        let ledger = CuttableLedger(memory)
        try memory.add(Schedule(name: "tick", action: .message, when: "every 60"), at: world.wall)
        let work = Recorder()
        let scheduler = Scheduler(ledger: ledger, work: work, clock: { world.reading }, beats: beat(of:))
        try scheduler.open()
        ledger.cut(.outage)
        var pauses: [Duration] = []
        world.pass(.seconds(60))
        for _ in 0..<9 {
            let next = try #require(scheduler.ring())
            pauses.append(next - world.wall)
            world.pass(next - world.wall)
        }
        #expect(pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60].map { Duration.seconds($0) })
        #expect(work.starts == [])
        #expect(work.state.withLock { $0.faults } == [.outOfSpace])
        #expect(scheduler.status().first?.waiting == "the catalog can't be written")
        ledger.cut(nil)
        _ = scheduler.ring()
        #expect(work.starts.map(\.occurrence.lateness) == [.ledger])
        #expect(work.state.withLock { $0.recoveries } == 1)
        #expect(scheduler.status().first?.waiting == nil)
    }

    @Test func oneOnDemandIsRecordedAndRefusedWhileOneIsOpen() throws {
        let world = World()
        let ledger = MemoryLedger()
        try ledger.add(Schedule(name: "full", action: .backup, when: "daily 0", enabled: false), at: world.wall)
        let work = Recorder()
        let scheduler = Scheduler(ledger: ledger, work: work, clock: { world.reading }, beats: beat(of:))
        try scheduler.open()
        let alice = Actor.user(uid: 1000, name: "alice")
        let occurrence = try scheduler.runNow("full", by: alice)
        #expect(occurrence.origin == .onDemand && occurrence.actor == alice)
        #expect(ledger.ledgerContent().open.map(\.id) == [occurrence.id])
        #expect(#expect(throws: Fault.self) { try scheduler.runNow("full", by: alice) }?.code == .busy)
        #expect(#expect(throws: Fault.self) { try scheduler.runNow("other", by: alice) }?.code == .notFound)
        work.finish(occurrence.id, .succeeded())
        _ = scheduler.ring()
        #expect(ledger.ledgerContent().open == [])
        #expect(scheduler.status().first?.last?.state == .succeeded)
        _ = try scheduler.runNow("full", by: alice)
    }

    @Test func anEndingAfterTheStopIsRecordedAndNothingStarts() throws {
        let world = World()
        let ledger = MemoryLedger()
        try ledger.add(Schedule(name: "tick", action: .message, when: "every 60"), at: world.wall)
        let work = Recorder()
        let scheduler = Scheduler(ledger: ledger, work: work, clock: { world.reading }, beats: beat(of:))
        try scheduler.open()
        world.pass(.seconds(60))
        _ = scheduler.ring()
        scheduler.stop()
        world.pass(.seconds(600))
        let id = try #require(work.starts.first?.occurrence.id)
        work.finish(id, .succeeded())
        #expect(ledger.ledgerContent().open == [])
        #expect(work.starts.count == 1)
        #expect(#expect(throws: Fault.self) { try scheduler.runNow("tick", by: .daemon) }?.code == .busy)
    }

    @Test func aScheduleWithoutABeatIsShownWithItsFault() throws {
        let world = World()
        let ledger = MemoryLedger()
        try ledger.add(Schedule(name: "odd", action: .message, when: "whenever"), at: world.wall)
        let scheduler = Scheduler(ledger: ledger, work: Recorder(), clock: { world.reading }, beats: beat(of:))
        try scheduler.open()
        #expect(scheduler.ring() == nil)
        #expect(scheduler.status().first?.fault?.code == .badSchedule)
        #expect(scheduler.next("odd") == nil)
    }
}

/// Real time: the alarm is about the machine's clock.
private func realTime() -> ClockReading {
    func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
    }
    return ClockReading(
        sinceBoot: .microseconds(read(CLOCK_BOOTTIME)), bootID: "boot",
        wall: Instant(microseconds: read(CLOCK_REALTIME)))
}
