import Catalog
import Model
import Testing

@Suite struct OccurrenceTests {
    private func claim(
        _ schedule: StoredSchedule, _ planned: Int, expecting mark: Int, skip: String? = nil
    ) -> OccurrenceClaim {
        OccurrenceClaim(
            schedule: schedule.id, name: schedule.definition.name, planned: at(planned), expectedMark: at(mark),
            lateness: skip == nil ? nil : .downtime, skipReason: skip)
    }

    private func added(_ name: String, _ catalog: Catalog) throws -> StoredSchedule {
        try catalog.addSchedule(Schedule(name: name, action: .backup, when: "every 1m"), by: alice, at: at(0))
    }

    @Test func aClaimCountsOnlyOnTheExpectedMarkAndMovesIt() throws {
        let scratch = try Scratch()
        let catalog = scratch.catalog
        let schedules = try ["a", "b", "c"].map { try added($0, catalog) }
        try catalog.removeSchedule("c", by: alice, at: at(1))
        let claims = [
            claim(schedules[0], 60, expecting: 0), claim(schedules[1], 60, expecting: 30),
            claim(schedules[2], 60, expecting: 0),
        ]
        let ids = try catalog.commit(LedgerChanges(instant: at(61), claims: claims))
        #expect(ids.map { $0 != nil } == [true, false, false])
        try scratch.reopen()
        let open = try scratch.catalog.openOccurrences()
        #expect(open.map(\.id) == ids.compactMap(\.self))
        #expect(open.first?.planned == at(60) && open.first?.claimed == at(61) && open.first?.attempt == 1)
        #expect(try scratch.catalog.schedules().map(\.position.mark) == [at(60), at(0)])
    }

    @Test func oneScheduleNeverHasTwoOpen() throws {
        let scratch = try Scratch()
        let catalog = scratch.catalog
        let schedule = try added("a", catalog)
        let first = try catalog.commit(
            LedgerChanges(instant: at(60), claims: [claim(schedule, 60, expecting: 0)]))
        let second = try catalog.commit(
            LedgerChanges(instant: at(120), claims: [claim(schedule, 120, expecting: 60)]))
        #expect(second == [nil])
        #expect(try catalog.schedule("a")?.position.mark == at(60))
        // Closed and claimed in one transaction is fine.
        let id = try #require(first.first ?? nil)
        let third = try catalog.commit(
            LedgerChanges(
                instant: at(121), steps: [id: .close(.succeeded, reason: nil, runs: [7])],
                claims: [claim(schedule, 120, expecting: 60)]))
        #expect(third.count == 1 && third[0] != nil)
    }

    @Test func everyStepHasItsMessageAndItsPlaceInTheHistory() throws {
        let scratch = try Scratch()
        let catalog = scratch.catalog
        let schedule = try added("a", catalog)
        let id = try #require(
            try catalog.commit(LedgerChanges(instant: at(60), claims: [claim(schedule, 60, expecting: 0)]))[0])
        func step(_ seconds: Int, _ step: OccurrenceStep) throws {
            _ = try catalog.commit(LedgerChanges(instant: at(seconds), steps: [id: step]))
        }
        try step(70, .retry(attempt: 2, attempts: 3, at: at(100), reason: "no space", runs: [4]))
        #expect(try catalog.openOccurrences().first?.nextAttempt == at(100))
        try step(100, .begin(attempt: 2, interruptions: 1))
        #expect(try catalog.openOccurrences().first?.nextAttempt == nil)
        try step(110, .close(.failed, reason: "still no space", runs: [5, 6]))
        try step(120, .close(.succeeded, reason: nil, runs: []))
        let skipped = claim(schedule, 180, expecting: 60, skip: "missed while the daemon was not running")
        _ = try catalog.commit(LedgerChanges(instant: at(999), claims: [skipped]))
        let history = try catalog.occurrences(of: "a")
        #expect(history.map(\.state) == [.skipped, .failed])
        #expect(history.map(\.reason) == ["missed while the daemon was not running", "still no space"])
        #expect(history.map(\.runs) == [[], [4, 5, 6]])
        #expect(history.map(\.closed) == [at(999), at(110)])
        let codes = try catalog.messages(MessageQuery(order: .oldestFirst)).map(\.code)
        #expect(codes == [.scheduleAdded, .scheduleRetried, .scheduleFailed, .scheduleSkipped])
        try catalog.removeSchedule("a", by: alice, at: at(1000))
        #expect(try catalog.occurrences(of: "a").count == 2)
    }

    @Test func manyLateOnesShareAMessage() throws {
        let scratch = try Scratch()
        let catalog = scratch.catalog
        let schedules = try (0..<50).map { try added("schedule-\($0)", catalog) }
        let late = schedules.map { schedule in
            var claim = claim(schedule, 60, expecting: 0)
            claim.lateness = .downtime
            claim.coalesced = CoalescedOccurrences(first: at(0), count: 1)
            return claim
        }
        let ids = try catalog.commit(LedgerChanges(instant: at(999), claims: late))
        #expect(Set(ids.compactMap(\.self)).count == 50)
        let messages = try catalog.messages().filter { $0.code == .scheduleCaughtUp }
        #expect(messages.count == 21)
        #expect(messages.last?.text.hasPrefix("30 more schedules") ?? false)
        #expect(try catalog.openOccurrences().allSatisfy { $0.coalesced?.count == 1 && $0.lateness == .downtime })
    }

    @Test func aRewindGoesBackToTheLastClaimAndKeepsWhatWasClaimedAhead() throws {
        let scratch = try Scratch()
        let catalog = scratch.catalog
        let schedule = try added("a", catalog)
        var mark = 0
        for planned in [60, 120, 180, 240] {
            let ids = try catalog.commit(
                LedgerChanges(
                    instant: at(planned), claims: [claim(schedule, planned, expecting: mark)]))
            let id = try #require(ids[0])
            mark = planned
            guard planned < 240 else { continue }
            _ = try catalog.commit(
                LedgerChanges(instant: at(planned), steps: [id: .close(.succeeded, reason: nil, runs: [])]))
        }
        let back = try catalog.rewind([ScheduleRewind(schedule: schedule.id, restarts: false)], to: at(130))
        let expected = SchedulePosition(mark: at(120), reach: at(240), ahead: [at(180), at(240)])
        #expect(back == [schedule.id: expected])
        #expect(try catalog.ledgerContent().schedules.first?.position == expected)
        let before = try catalog.rewind([ScheduleRewind(schedule: schedule.id, restarts: false)], to: at(-10))
        #expect(before[schedule.id]?.mark == at(-10))
        let restarted = try catalog.rewind([ScheduleRewind(schedule: schedule.id, restarts: true)], to: at(70))
        #expect(restarted[schedule.id]?.mark == at(70))
    }

    @Test func oldHistoryGoesAndAboutTheLastOnesStay() throws {
        let scratch = try Scratch()
        let catalog = scratch.catalog
        let schedules = try ["often", "seldom"].map { try added($0, catalog) }
        var mark = 0
        for number in 1...1050 {
            let planned = number * 60
            let claims = schedules.prefix(number <= 12 ? 2 : 1).map { claim($0, planned, expecting: mark) }
            let ids = try catalog.commit(LedgerChanges(instant: at(planned), claims: claims)).compactMap(\.self)
            let steps = ids.map { ($0, OccurrenceStep.close(.succeeded, reason: nil, runs: [])) }
            _ = try catalog.commit(
                LedgerChanges(instant: at(planned), steps: Dictionary(uniqueKeysWithValues: steps)))
            mark = planned
        }
        #expect(try catalog.pruneOccurrences(at: at(1051 * 60), batch: 7) == 50)
        #expect(try catalog.occurrences(of: "often", limit: 9999).count == 1000)
        #expect(try catalog.occurrences(of: "seldom").count == 12)
        // A clock set back behind what is left finds nothing due.
        let back = try catalog.rewind([ScheduleRewind(schedule: schedules[0].id, restarts: false)], to: at(600))
        #expect(back[schedules[0].id]?.mark == at(600))
        #expect(try catalog.pruneOccurrences(at: at(86_400 * 200)) > 0)
        #expect(try catalog.occurrences(of: "seldom").count == 10)
    }
}
