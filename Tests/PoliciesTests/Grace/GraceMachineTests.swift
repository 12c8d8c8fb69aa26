import Foundation
import Model
import Policies
import Testing

@Suite struct GraceMachineTests {
    static let start = time("2026-11-22T12:00:00Z")
    static let day = 86_400

    /// A machine at work, and its clock.
    struct Course {
        var machine = GraceMachine()
        var seconds = 0
        var boot = "a"
        var wallShift = 0
        var days = 7
        var trusted = true

        /// Sends an event so many seconds after the start; the state goes through its stored form each time.
        mutating func at(_ seconds: Int, _ event: GraceEvent) throws -> [GraceOrder] {
            self.seconds = seconds
            let stored = try JSONDecoder().decode(GraceState.self, from: JSONEncoder().encode(machine.state))
            machine = GraceMachine(stored)
            return machine.handle(
                event,
                GraceTerms(
                    reading: ClockReading(
                        sinceBoot: .seconds(1_000_000 + seconds), bootID: boot, wall: wall), clockIsTrusted: trusted,
                    deletedDays: days))
        }

        var wall: Instant { start + .seconds(seconds + wallShift) }
        var presence: UnitPresence { machine.presence(deletedDays: days, now: wall) }
    }

    /// A course whose deletion is confirmed at second 60.
    static func confirmed(days: Int = 7) throws -> Course {
        var course = Course()
        course.days = days
        #expect(try course.at(0, .missing) == [])
        #expect(try course.at(60, .missing).first == .started(end: start + .seconds(60 + days * day)))
        return course
    }

    @Test func aDeletionTakesTwoCompleteDiscoveriesAMinuteApart() throws {
        var course = Course()
        #expect(course.presence == .present)
        #expect(try course.at(0, .missing) == [])
        #expect(course.presence == .unreachable)
        #expect(try course.at(59, .missing) == [])
        #expect(try course.at(60, .missing) == [.started(end: Self.start + .seconds(60 + 7 * Self.day))])
        #expect(try course.at(61, .missing) == [])
        #expect(
            course.presence
                == .deleted(confirmed: Self.start + .seconds(60), graceEnd: Self.start + .seconds(60 + 7 * Self.day)))
    }

    @Test(arguments: [GraceEvent.unreachable, .found, .restored])
    func anythingButAnotherMissStartsOver(between: GraceEvent) throws {
        var course = Course()
        #expect(try course.at(0, .missing) == [])
        #expect(try course.at(30, between) == [])
        #expect(try course.at(90, .missing) == [])
        #expect(try course.at(149, .missing) == [])
        #expect(try course.at(150, .missing).count == 1)
    }

    @Test func unreachableNeverDeletesAnything() throws {
        var course = Course()
        for second in stride(from: 0, to: 90 * Self.day, by: Self.day / 2) {
            #expect(try course.at(second, .unreachable) == [])
            #expect(course.presence == .unreachable)
        }
        #expect(try course.at(90 * Self.day, .found) == [])
        #expect(course.presence == .present && course.machine.state.isQuiet)
    }

    @Test func theMinuteIsOfTheBootClockWithinABootAndOfTheWallOverOne() throws {
        var set = Course()
        #expect(try set.at(0, .missing) == [])
        set.wallShift = 3000
        #expect(try set.at(10, .missing) == [])
        #expect(try set.at(60, .missing).count == 1)
        var rebooted = Course()
        #expect(try rebooted.at(0, .missing) == [])
        rebooted.boot = "b"
        rebooted.wallShift = -3000
        #expect(try rebooted.at(20, .missing) == [])
        rebooted.boot = "c"
        rebooted.wallShift = 100
        #expect(try rebooted.at(40, .missing).count == 1)
    }

    @Test func announcesADayBeforeTheEndAndEndsOnce() throws {
        var course = try Self.confirmed()
        let end = 60 + 7 * Self.day
        #expect(course.machine.nextDue(deletedDays: 7) == Self.start + .seconds(end - Self.day))
        #expect(try course.at(end - Self.day - 1, .missing) == [])
        #expect(try course.at(end - Self.day, .tick) == [.ending(end: Self.start + .seconds(end))])
        #expect(try course.at(end - Self.day + 1, .tick) == [])
        #expect(course.machine.nextDue(deletedDays: 7) == Self.start + .seconds(end))
        #expect(try course.at(end - 1, .missing) == [])
        #expect(try course.at(end, .tick) == [.ended])
        #expect(try course.at(end + 1, .missing) == [])
        #expect(course.machine.nextDue(deletedDays: 7) == nil)
        #expect(
            course.presence
                == .deleted(confirmed: Self.start + .seconds(60), graceEnd: Self.start + .seconds(end)))
    }

    @Test func aGraceOfOneDayIsAnnouncedTwelveHoursBefore() throws {
        var course = try Self.confirmed(days: 1)
        #expect(try course.at(60 + 43_199, .tick) == [])
        #expect(try course.at(60 + 43_200, .tick) == [.ending(end: Self.start + .seconds(60 + Self.day))])
        #expect(try course.at(60 + Self.day, .tick) == [.ended])
    }

    @Test(arguments: [(3600, 7 * day + 60), (3601, 7 * day + 60 + 3601), (30 * day, 37 * day + 60)])
    func aLateAnnouncementStillLeavesADay(late: Int, end: Int) throws {
        var course = try Self.confirmed()
        let announced = 60 + 6 * Self.day + late
        #expect(try course.at(announced, .tick) == [.ending(end: Self.start + .seconds(end))])
        if case .deleted(_, let graceEnd) = course.presence { #expect(graceEnd == Self.start + .seconds(end)) }
        #expect(try course.at(end - 1, .missing) == [])
        #expect(try course.at(end, .missing) == [.ended])
    }

    @Test(arguments: [GraceEvent.found, .restored, .adopted(by: DatabaseName("crm/new.db"))])
    func reappearingEndsItAtAnyTime(event: GraceEvent) throws {
        for second in [100, 6 * Self.day + 100, 8 * Self.day] {
            var course = try Self.confirmed()
            _ = try course.at(6 * Self.day + 60, .tick)
            let isOver = second == 8 * Self.day
            if isOver { #expect(try course.at(second - 10, .missing) == [.ended]) }
            let orders = try course.at(second, event)
            guard case .returned(_, isOver)? = orders.first, orders.count == 1 else {
                Issue.record("\(orders)")
                continue
            }
            #expect(course.machine.state.isQuiet)
            #expect(try course.at(second + 1, .missing) == [])
        }
    }

    @Test func changingTheDaysMovesTheEnd() throws {
        var course = try Self.confirmed()
        course.days = 15
        #expect(try course.at(60 + 8 * Self.day, .tick) == [])
        course.days = 3
        // Five days late: a day is left from the announcement.
        let announced = 60 + 8 * Self.day + 10
        #expect(try course.at(announced, .tick) == [.ending(end: Self.start + .seconds(announced + Self.day))])
        course.days = 12
        #expect(try course.at(announced + 10, .tick) == [])
        let end = 60 + 12 * Self.day
        #expect(try course.at(end - Self.day, .tick) == [.ending(end: Self.start + .seconds(end))])
        #expect(try course.at(end, .tick) == [.ended])
    }

    @Test func aSmallStepBackAnnouncesNothingTwice() throws {
        var course = try Self.confirmed()
        #expect(try course.at(60 + 6 * Self.day, .tick).count == 1)
        course.wallShift = -1800
        #expect(try course.at(60 + 6 * Self.day + 10, .tick) == [])
        course.wallShift = 0
        #expect(try course.at(60 + 6 * Self.day + 20, .tick) == [])
    }

    @Test func nothingIsConfirmedAnnouncedOrEndedByADoubtedClock() throws {
        var course = Course()
        course.trusted = false
        for second in [0, 100, 200] { #expect(try course.at(second, .missing) == []) }
        course.trusted = true
        #expect(try course.at(300, .missing) == [])
        #expect(try course.at(360, .missing).count == 1)
        course.trusted = false
        #expect(try course.at(40 * Self.day, .missing) == [])
        if case .deleted(_, let graceEnd) = course.presence { #expect(graceEnd > course.wall) }
        course.trusted = true
        #expect(try course.at(40 * Self.day, .tick) == [.ending(end: Self.start + .seconds(41 * Self.day))])
        course.trusted = false
        #expect(try course.at(50 * Self.day, .tick) == [])
        course.trusted = true
        #expect(try course.at(50 * Self.day, .tick) == [.ended])
    }

    @Test func theEndWaitsForTheServersAnswer() throws {
        var course = try Self.confirmed()
        #expect(try course.at(60 + 6 * Self.day, .unreachable).count == 1)
        #expect(try course.at(60 + 9 * Self.day, .tick) == [])
        if case .deleted(_, let graceEnd) = course.presence { #expect(graceEnd > course.wall) }
        #expect(try course.at(60 + 9 * Self.day, .missing) == [.ended])
    }

    @Test func messagesSayWhatToDo() {
        let database = DatabaseName("crm/sales.db")
        let end = time("2026-11-29T12:00:00+01:00")
        let started = GraceOrder.started(end: end).notice(of: database, zone: Zones.berlin)
        #expect(started.code == .graceStarted)
        #expect(started.text == "crm/sales.db was deleted; its backups are kept until 2026-11-29 12:00")
        #expect(started.hint?.contains("holdfast restore crm/sales.db --in-place") == true)
        #expect(GraceOrder.ending(end: end).notice(of: database, zone: Zones.utc).text.hasSuffix("2026-11-29 11:00"))
        #expect(GraceOrder.ended.notice(of: database, zone: Zones.utc).hint?.contains("undelete") == true)
        let adopted = GraceOrder.returned(.adopted(by: DatabaseName("crm/new.db")), afterEnd: true)
        #expect(adopted.notice(of: database, zone: Zones.utc).text.contains("is continued by crm/new.db"))
    }
}
