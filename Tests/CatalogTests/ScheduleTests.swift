import Catalog
import Model
import Testing

@Suite struct ScheduleTests {
    private let nightly = Schedule(name: "nightly", action: .backup, when: "*-*-* 23:00", kind: .full)

    private func codes(_ scratch: Scratch) throws -> [Code] {
        try scratch.catalog.messages(MessageQuery(order: .oldestFirst)).map(\.code)
    }

    @Test func keepsAScheduleAsItWasGivenAndSaysWhoAddedIt() throws {
        let scratch = try Scratch()
        let full = Schedule(
            name: "all", action: .command, when: "every 5m", timeZone: "Europe/Berlin", starts: at(1), ends: at(9),
            spreadSeconds: 3, deadlineSeconds: 4, attempts: 5, retrySeconds: 6, scope: ["crm/a b\"'.db", "ü"],
            enabled: false, kind: .full, level: .pages, text: "text", severity: .warning, command: ["/bin/x", "y"],
            timeoutSeconds: 7, retention: RetentionRules(keepDays: 8))
        let stored = try scratch.catalog.addSchedule(full, by: alice, at: at(0))
        #expect(stored.definition == full)
        #expect(stored.position == SchedulePosition(mark: at(0)))
        try scratch.reopen()
        #expect(try scratch.catalog.schedule("all") == stored)
        #expect(try scratch.catalog.schedules() == [stored])
        let message = try #require(try scratch.catalog.messages().first)
        #expect(message.code == .scheduleAdded && message.actor == alice)
    }

    @Test func refusesAUsedNameAndAnUnknownOne() throws {
        let scratch = try Scratch()
        try scratch.catalog.addSchedule(nightly, by: alice, at: at(0))
        let catalog = scratch.catalog
        let nightly = nightly
        #expect(
            #expect(throws: Fault.self) { try catalog.addSchedule(nightly, by: alice, at: at(1)) }?.code
                == .scheduleExists)
        var other = nightly
        other.name = "other"
        try catalog.addSchedule(other, by: alice, at: at(1))
        let faults = [
            #expect(throws: Fault.self) { try catalog.replaceSchedule("other", with: nightly, by: alice, at: at(2)) },
            #expect(throws: Fault.self) { try catalog.replaceSchedule("no", with: nightly, by: alice, at: at(2)) },
            #expect(throws: Fault.self) { try catalog.setSchedule("no", enabled: true, by: alice, at: at(2)) },
            #expect(throws: Fault.self) { try catalog.removeSchedule("no", by: alice, at: at(2)) },
        ]
        #expect(faults.map { $0?.code } == [.scheduleExists, .notFound, .notFound, .notFound])
        #expect(try codes(scratch) == [.scheduleAdded, .scheduleAdded])
    }

    @Test func onlyAChangeOfItsTimesOrEnablingItAgainMovesTheMark() throws {
        let scratch = try Scratch()
        let catalog = scratch.catalog
        try catalog.addSchedule(nightly, by: alice, at: at(0))
        var changed = nightly
        changed.scope = ["crm/"]
        changed.attempts = 9
        #expect(try catalog.replaceSchedule("nightly", with: changed, by: alice, at: at(1)).position.mark == at(0))
        changed.when = "*-*-* 22:00"
        #expect(try catalog.replaceSchedule("nightly", with: changed, by: alice, at: at(2)).position.mark == at(2))
        changed.timeZone = "Asia/Tokyo"
        #expect(try catalog.replaceSchedule("nightly", with: changed, by: alice, at: at(3)).position.mark == at(3))
        changed.starts = at(50)
        changed.name = "later"
        #expect(try catalog.replaceSchedule("nightly", with: changed, by: alice, at: at(4)).position.mark == at(4))
        #expect(try catalog.setSchedule("later", enabled: false, by: alice, at: at(5)).position.mark == at(4))
        #expect(try catalog.setSchedule("later", enabled: true, by: alice, at: at(6)).position.mark == at(6))
        #expect(try catalog.setSchedule("later", enabled: true, by: alice, at: at(7)).position.mark == at(6))
        #expect(try codes(scratch) == [.scheduleAdded] + Array(repeating: .scheduleChanged, count: 6))
    }

    @Test func settingsSchedulesFollowTheSettingsUntilAnAdminChangesThem() throws {
        let scratch = try Scratch()
        let catalog = scratch.catalog
        func named(_ name: String, _ when: String = "every 5m") -> Schedule {
            Schedule(name: name, action: .backup, when: when, source: .settings, kind: .progressive)
        }
        let sync = try catalog.syncSettingsSchedules(["a", "b", "c", "d"].map { named($0) }, at: at(0))
        #expect(sync.added == ["a", "b", "c", "d"])
        #expect(try catalog.syncSettingsSchedules(["a", "b", "c", "d"].map { named($0) }, at: at(1)) == ScheduleSync())
        var edited = named("b")
        edited.attempts = 1
        #expect(
            try catalog.replaceSchedule("b", with: edited, by: alice, at: at(2)).definition.source == .admin)
        try catalog.removeSchedule("c", by: alice, at: at(2))
        try catalog.setSchedule("d", enabled: false, by: alice, at: at(2))
        // The settings change all, and no longer name a.
        let second = try catalog.syncSettingsSchedules(["b", "c", "d"].map { named($0, "every 9m") }, at: at(3))
        #expect(second.added == [] && second.changed == ["d"] && second.removed == ["a"])
        let all = try catalog.schedules().map(\.definition)
        #expect(all.map(\.name) == ["b", "d"])
        #expect(all.map(\.when) == ["every 5m", "every 9m"])
        #expect(all.map(\.enabled) == [true, false])
        // What an admin changed or removed is as the settings say once it is reset.
        #expect(try catalog.resetSchedules(["b", "c", "d"], by: alice, at: at(4)) == ["b", "c"])
        let third = try catalog.syncSettingsSchedules(["b", "c", "d"].map { named($0, "every 9m") }, at: at(5))
        #expect(third.added == ["c"] && third.changed == ["b"])
    }

    @Test func aRemovedSettingsScheduleThatAnAdminAddsIsTheAdmins() throws {
        let scratch = try Scratch()
        let catalog = scratch.catalog
        try catalog.syncSettingsSchedules([nightly], at: at(0))
        try catalog.removeSchedule("nightly", by: alice, at: at(1))
        var mine = nightly
        mine.when = "hourly"
        try catalog.addSchedule(mine, by: alice, at: at(2))
        #expect(try catalog.syncSettingsSchedules([nightly], at: at(3)) == ScheduleSync())
        #expect(try catalog.schedule("nightly")?.definition == mine)
    }
}
