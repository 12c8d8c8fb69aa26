import Model
import Policies
import Scheduling
import Testing

@Suite struct ScheduleMachineTests {
    /// Noon of a day in 2026, UTC.
    static let noon = Instant(seconds: 1_769_860_800)

    /// A machine over a ledger in memory, and a clock that goes as it is told.
    final class Bench {
        let ledger = MemoryLedger()
        let world = World()
        let work = SchedulerTests.Recorder()
        var scheduler: Scheduler

        init(_ schedules: [Schedule], at wall: Instant = noon) throws {
            world.setClock(wall - world.wall)
            for schedule in schedules { try ledger.add(schedule, at: world.wall) }
            let world = world
            scheduler = Scheduler(ledger: ledger, work: work, clock: { world.reading }, beats: beat(of:))
            try scheduler.open()
            _ = scheduler.ring()
        }

        /// - Returns: what starts when the time has passed.
        func pass(_ seconds: Int) -> [ClaimedOccurrence] {
            world.pass(.seconds(seconds))
            return ring()
        }

        func set(_ wall: Instant) -> [ClaimedOccurrence] {
            world.setClock(world.offset + (wall - world.wall))
            return ring()
        }

        func ring() -> [ClaimedOccurrence] {
            let before = work.starts.count
            _ = scheduler.ring()
            return work.starts.dropFirst(before).map(\.occurrence)
        }

        func end(_ occurrence: ClaimedOccurrence?, _ ending: OccurrenceEnding = .succeeded()) {
            if let occurrence { work.finish(occurrence.id, ending) }
            _ = scheduler.ring()
        }

        /// Killed, and started so many seconds later.
        func restart(after seconds: Int) throws -> [ClaimedOccurrence] {
            world.pass(.seconds(seconds))
            let world = world
            scheduler = Scheduler(ledger: ledger, work: work, clock: { world.reading }, beats: beat(of:))
            try scheduler.open()
            return ring()
        }

        var last: ClaimedOccurrence? { scheduler.status().first?.last }
        var open: ClaimedOccurrence? { scheduler.status().first?.open }
    }

    @Test func downtimeBecomesOneRunThatCountsWhatItStandsFor() throws {
        let bench = try Bench([Schedule(name: "hourly", action: .backup, when: "hourly 0")])
        let started = try bench.restart(after: 3 * 3600 + 1800)
        #expect(started.map(\.planned) == [Self.noon + .seconds(3 * 3600)])
        #expect(started.first?.coalesced == CoalescedOccurrences(first: Self.noon + .seconds(3600), count: 2))
        #expect(started.first?.lateness == .downtime)
    }

    @Test func whatIsLaterThanItsDeadlineIsSkippedWithTheReason() throws {
        let bench = try Bench([Schedule(name: "night", action: .backup, when: "daily 7200", deadlineSeconds: 3600)])
        #expect(try bench.restart(after: 20 * 3600) == [])
        #expect(bench.last?.state == .skipped)
        #expect(bench.last?.reason == "missed while the daemon was not running; later than its deadline of 1h")
    }

    @Test func ticksOfABusyScheduleBecomeOneWhenItEnds() throws {
        let bench = try Bench([Schedule(name: "tick", action: .backup, when: "every 300", kind: .progressive)])
        let first = bench.pass(300)
        #expect(first.count == 1)
        #expect(bench.pass(1000) == [])
        #expect(bench.scheduler.status().first?.waiting == "the run before is still at work")
        let before = bench.work.starts.count
        bench.end(first.first)
        let second = bench.work.starts.dropFirst(before).map(\.occurrence)
        #expect(second.map(\.coalesced?.count) == [2])
        #expect(second.map(\.lateness) == [.busy])
    }

    @Test func failuresAreRetriedWithGrowingPausesAndThenFinal() throws {
        let bench = try Bench([
            Schedule(name: "full", action: .backup, when: "daily 43260", attempts: 3, retrySeconds: 100)
        ])
        bench.end(bench.pass(60).first, .failed(reason: "no space"))
        #expect(bench.open?.attempt == 2)
        #expect(bench.pass(99) == [])
        bench.end(bench.pass(1).first, .failed(reason: "no space"))
        #expect(bench.pass(199) == [])
        let third = bench.pass(1).first
        #expect(third?.attempt == 3)
        bench.end(third, .failed(reason: "no space"))
        #expect(bench.last?.state == .failed && bench.last?.reason == "no space")
    }

    @Test func noRetryPassesTheNextOccurrence() throws {
        let bench = try Bench([
            Schedule(name: "tick", action: .backup, when: "every 300", attempts: 5, retrySeconds: 200)
        ])
        let first = bench.pass(300).first
        #expect(bench.pass(120) == [])
        bench.end(first, .failed(reason: "no space"))
        #expect(bench.open == nil && bench.last?.state == .failed)
    }

    @Test func aKilledAttemptStartsAgainAndUsesUpAttemptsFromTheSecondTimeOn() throws {
        let bench = try Bench([Schedule(name: "full", action: .backup, when: "daily 43260", attempts: 2)])
        #expect(bench.pass(60).map(\.attempt) == [1])
        #expect(try bench.restart(after: 60).map(\.attempt) == [1])
        #expect(try bench.restart(after: 60).map(\.attempt) == [2])
        #expect(try bench.restart(after: 60) == [])
        #expect(bench.last?.state == .failed && bench.last?.reason == "interrupted")
    }

    @Test func aKilledAttemptIsGivenUpWhenTheNextOneIsDue() throws {
        let bench = try Bench([Schedule(name: "tick", action: .backup, when: "every 300")])
        let first = bench.pass(300).first
        let second = try bench.restart(after: 400)
        #expect(second.map(\.planned) == [Self.noon + .seconds(600)])
        #expect(second.first?.id != first?.id)
    }

    @Test func aMinuteInTheYear2100NeitherDoublesNorLosesARun() throws {
        let bench = try Bench([
            Schedule(name: "daily", action: .backup, when: "daily 43230"),
            Schedule(name: "tick", action: .backup, when: "every 300"),
        ])
        let future = bench.set(Instant(seconds: 4_102_488_000))
        #expect(future.map(\.lateness) == [.clockStep, .clockStep])
        for occurrence in future { bench.end(occurrence) }
        bench.world.pass(.seconds(60))
        // Back at a minute past noon: half a minute ago the daily one was due, which 2100 had only coalesced.
        let back = bench.set(Self.noon + .seconds(60))
        #expect(back.map(\.planned) == [Self.noon + .seconds(30)])
        for occurrence in back { bench.end(occurrence) }
        #expect(bench.pass(240).map(\.name) == ["tick"])
        #expect(bench.scheduler.next("daily") == Self.noon + .seconds(86_430))
    }

    @Test func aClockSetBackRepeatsNoCalendarRun() throws {
        let bench = try Bench([Schedule(name: "hourly", action: .message, when: "hourly 0")])
        for _ in 0..<3 { bench.end(bench.pass(3600).first) }
        #expect(bench.set(Self.noon + .seconds(1800)) == [])
        #expect(bench.scheduler.next("hourly") == Self.noon + .seconds(4 * 3600))
        #expect(try bench.restart(after: 3 * 3600) == [])
        #expect(bench.pass(1800).map(\.planned) == [Self.noon + .seconds(4 * 3600)])
    }

    @Test func anIntervalGoesOnAfterTheClockWasSetBackByYears() throws {
        let bench = try Bench([Schedule(name: "tick", action: .backup, when: "every 300")])
        bench.end(bench.pass(300).first)
        #expect(bench.set(Self.noon - .seconds(86_400 * 1000)) == [])
        #expect(bench.pass(300).count == 1)
    }

    @Test func anIntervalIsNeverSilentForMoreThanTwoPeriodsHoweverOftenTheClockIsSetBack() throws {
        let bench = try Bench([Schedule(name: "tick", action: .backup, when: "every 3600")])
        bench.end(bench.pass(3600).first)
        var starts = 0
        for _ in 0..<4 {
            starts += bench.pass(1800).count
            starts += bench.set(bench.world.wall - .seconds(1700)).count
        }
        #expect(starts == 1)
    }

    @Test func aClockThatWasInThePastForAMinuteDoublesNothing() throws {
        let bench = try Bench([
            Schedule(name: "daily", action: .backup, when: "daily 43230"),
            Schedule(name: "tick", action: .backup, when: "every 300"),
        ])
        for _ in 0..<10 { for occurrence in bench.pass(30) { bench.end(occurrence) } }
        _ = bench.set(Instant(seconds: 946_684_800))
        bench.world.pass(.seconds(60))
        #expect(bench.set(Self.noon + .seconds(360)) == [])
        #expect(bench.pass(240).map(\.name) == ["tick"])
    }

    @Test func onDemandComesFirstThenFullsThenProgressives() throws {
        let bench = try Bench([
            Schedule(name: "message", action: .message, when: "hourly 0"),
            Schedule(name: "progressive", action: .backup, when: "hourly 0", kind: .progressive),
            Schedule(name: "full", action: .backup, when: "hourly 0", kind: .full),
        ])
        #expect(bench.pass(3600).map(\.name) == ["full", "progressive", "message"])
    }
}
