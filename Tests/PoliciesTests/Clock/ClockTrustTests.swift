import Foundation
import Model
import Policies
import Testing

@Suite struct ClockTrustTests {
    static let start = time("2026-11-22T12:00:00Z")
    static let hour = 3600
    static let day = 86_400

    /// A machine at work; its state goes through its stored form each time.
    struct Course {
        var trust = ClockTrust()
        var newestBackup: Instant?

        mutating func restart() throws {
            trust = ClockTrust(try JSONDecoder().decode(ClockState.self, from: JSONEncoder().encode(trust.state)))
        }

        static func reading(_ sinceBoot: Int, _ wall: Int, boot: String) -> ClockReading {
            ClockReading(sinceBoot: .seconds(sinceBoot), bootID: boot, wall: start + .seconds(wall))
        }

        mutating func see(_ sinceBoot: Int, _ wall: Int, boot: String = "a") throws -> ClockOrder? {
            try restart()
            return trust.observe(Self.reading(sinceBoot, wall, boot: boot), newestBackup: newestBackup)
        }

        mutating func confirm(_ sinceBoot: Int, _ wall: Int, boot: String = "a") throws -> ClockOrder? {
            try restart()
            return try trust.confirm(at: Self.reading(sinceBoot, wall, boot: boot), newestBackup: newestBackup)
        }
    }

    @Test func anUndisturbedClockIsTrustedForYears() throws {
        var course = Course()
        for second in stride(from: 0, through: 2 * 365 * Self.day, by: 7 * Self.hour) {
            #expect(try course.see(100 + second, second) == nil)
        }
        #expect(course.trust.isTrusted)
    }

    @Test func aGapBetweenReadingsIsNoStep() throws {
        var course = Course()
        #expect(try course.see(0, 0) == nil)
        #expect(try course.see(300 * Self.day, 300 * Self.day) == nil)
    }

    struct Step: Sendable {
        var seconds: Int
        var order: ClockOrder?

        /// One that is doubted.
        static func doubted(_ seconds: Int) -> Step {
            Step(
                seconds: seconds,
                order: .doubted(.stepped(by: .seconds(seconds)), wall: start + .seconds(10 + seconds)))
        }

        static func noticed(_ seconds: Int) -> Step { Step(seconds: seconds, order: .stepped(by: .seconds(seconds))) }
        static func ignored(_ seconds: Int) -> Step { Step(seconds: seconds) }
    }

    static let steps: [Step] = [
        .ignored(59), .ignored(-59), .noticed(60), .noticed(-600), .noticed(3600), .noticed(-3600), .doubted(3601),
        .doubted(-3601), .doubted(400 * day),
    ]

    @Test(arguments: steps)
    func aStepOfMoreThanAnHourWithinABootIsDoubted(step: Step) throws {
        var course = Course()
        #expect(try course.see(100, 0) == nil)
        #expect(try course.see(110, 10 + step.seconds) == step.order)
        #expect(course.trust.isTrusted == (abs(step.seconds) <= 3600))
        #expect(try course.see(120, 20 + step.seconds) == nil)
    }

    @Test(arguments: [1, -1])
    func stepsThatAddUpToMoreThanAnHourWithinADayAreDoubted(sign: Int) throws {
        for phase in stride(from: 0, to: Self.day, by: 5 * Self.hour) {
            var course = Course()
            var shift = 0
            for second in stride(from: 0, to: 3 * Self.day + phase, by: Self.hour) {
                #expect(try course.see(second, second) == nil)
            }
            for step in 1...4 {
                shift += sign * 20 * 60
                let second = 3 * Self.day + phase + step * 5 * Self.hour
                let order = try course.see(second, second + shift)
                #expect(course.trust.isTrusted == (step <= 3))
                if step < 4 { #expect(order == .stepped(by: .seconds(sign * 1200))) }
            }
        }
    }

    @Test func smallStepsFarApartAreNoDoubt() throws {
        var course = Course()
        for step in 0..<20 {
            let second = step * 3 * Self.day
            #expect(try course.see(second, second + step * 1500) == (step == 0 ? nil : .stepped(by: .seconds(1500))))
            for later in (1..<72).map({ second + $0 * Self.hour }) {
                #expect(try course.see(later, later + step * 1500) == nil)
            }
        }
    }

    struct Boot: Sendable {
        /// Since the second boot, whose first reading comes this much after the last one by the wall clock.
        var sinceBoot: Int
        var wall: Int
        var doubt: ClockDoubt?
    }

    static let boots: [Boot] = [
        Boot(sinceBoot: 30, wall: 30), Boot(sinceBoot: 30, wall: -3570),
        Boot(sinceBoot: 30, wall: -3571, doubt: .earlierAfterBoot(by: .seconds(3601))),
        Boot(sinceBoot: 5 * hour, wall: 4 * hour),
        Boot(sinceBoot: 5 * hour, wall: 3 * hour, doubt: .earlierAfterBoot(by: .seconds(2 * hour))),
        Boot(sinceBoot: 30, wall: 30 + 30 * day),
        Boot(sinceBoot: 30, wall: 31 + 30 * day, doubt: .laterAfterBoot(by: .seconds(30 * day + 1))),
        Boot(sinceBoot: 40 * day, wall: 50 * day),
        Boot(sinceBoot: 30, wall: -20 * 365 * day, doubt: .tooEarly(floor: ClockTrust.earliest)),
    ]

    @Test(arguments: boots) func overARebootTheWallMayOnlyMoveOn(boot: Boot) throws {
        var course = Course()
        #expect(try course.see(100_000, 0) == nil)
        let order = try course.see(boot.sinceBoot, boot.wall, boot: "b")
        #expect(order == boot.doubt.map { .doubted($0, wall: Self.start + .seconds(boot.wall)) })
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", false), ("1999-12-31T23:59:59Z", false), ("2019-12-31T23:59:59Z", false),
        ("2020-01-01T00:00:00Z", true), ("2024-02-29T12:00:00Z", true), ("2038-01-19T03:14:08Z", true),
        ("2099-12-31T23:59:59Z", true), ("2100-01-01T00:00:00Z", false), ("2100-02-28T00:00:00Z", false),
    ])
    func theFirstReadingIsBelievedWithinTheCentury(wall: String, believed: Bool) {
        var trust = ClockTrust()
        let order = trust.observe(
            ClockReading(sinceBoot: .seconds(10), bootID: "a", wall: time(wall)), newestBackup: nil)
        #expect(trust.isTrusted == believed)
        #expect((order == nil) == believed)
    }

    @Test func theNewestBackupIsAFloor() throws {
        var course = Course()
        course.newestBackup = Self.start + .seconds(3601)
        #expect(try course.see(10, 0) == .doubted(.tooEarly(floor: Self.start + .seconds(3601)), wall: Self.start))
        course.newestBackup = Self.start + .seconds(3600)
        #expect(try course.see(20, 10) == .agrees)
    }

    @Test func aClockThatIsSetRightAgainIsTrustedAgain() throws {
        var course = Course()
        #expect(try course.see(100, 0) == nil)
        _ = try course.see(200, 100 + 10 * Self.day)
        #expect(!course.trust.isTrusted)
        #expect(try course.see(300, 200 + 10 * Self.day) == nil)
        #expect(try course.see(400, 300 + 5 * Self.day) == .stepped(by: .seconds(-5 * Self.day)))
        #expect(!course.trust.isTrusted)
        #expect(try course.see(500, 400) == .agrees)
        #expect(try course.see(600, 500) == nil)
        #expect(course.trust.isTrusted)
    }

    @Test func doubtOutlivesAReboot() throws {
        var course = Course()
        #expect(try course.see(100, 0) == nil)
        _ = try course.see(200, 100 + 400 * Self.day)
        #expect(try course.see(20, 200 + 400 * Self.day, boot: "b") == nil)
        #expect(!course.trust.isTrusted)
        #expect(try course.see(30, 300, boot: "b") == .agrees)
    }

    @Test func anAdminsConfirmationStandsForWhatWasWrongThen() throws {
        var course = Course()
        course.newestBackup = Self.start
        #expect(try course.see(100, 0) == nil)
        _ = try course.see(200, 100 + 400 * Self.day)
        let wall = Self.start + .seconds(110 + 400 * Self.day)
        #expect(try course.confirm(210, 110 + 400 * Self.day) == .confirmed(wall: wall))
        #expect(course.trust.isTrusted)
        #expect(try course.confirm(210, 110 + 400 * Self.day) == nil)
        #expect(try course.see(300, 200 + 400 * Self.day) == nil)
        // Setting it back by as much is a step of its own, and the old course is forgotten.
        let back = try course.see(400, 300)
        #expect(back == .doubted(.stepped(by: .seconds(-400 * Self.day)), wall: Self.start + .seconds(300)))
    }

    @Test func aConfirmationOverrulesABackupFromTheFutureButNoLaterOne() throws {
        var course = Course()
        course.newestBackup = Self.start + .seconds(900 * Self.day)
        #expect(try course.see(100, 0) != nil)
        #expect(try course.confirm(110, 10) != nil)
        #expect(try course.see(200, 100) == nil)
        #expect(course.trust.isTrusted)
        course.newestBackup = Self.start + .seconds(901 * Self.day)
        #expect(try course.see(300, 200) != nil)
        #expect(!course.trust.isTrusted)
    }

    @Test func aTimeThatCannotBeRightIsNeverConfirmed() throws {
        for wall in [-20 * 365 * Self.day, 80 * 365 * Self.day] {
            var course = Course()
            #expect(try course.see(100, wall) != nil)
            let fault = #expect(throws: Fault.self) { try course.confirm(110, wall + 10) }
            #expect(fault?.code == .clockInDoubt)
            #expect(!course.trust.isTrusted)
        }
    }

    @Test func messagesSayByHowMuchAndWhatToDo() throws {
        let wall = time("2027-12-27T12:00:00Z")
        let doubted = ClockOrder.doubted(.stepped(by: .seconds(400 * Self.day)), wall: wall).notice(zone: Zones.utc)
        #expect(doubted.code == .clockInDoubt)
        #expect(doubted.text == "the clock shows 2027-12-27 12:00: it was set forward by 400d")
        #expect(doubted.hint?.contains("holdfast prune --confirm-clock") == true)
        let stepped = ClockOrder.stepped(by: .seconds(-90)).notice(zone: Zones.utc)
        #expect(stepped.text == "the clock was set back by 1m30s" && stepped.code == .clockStepped)
        #expect(ClockOrder.confirmed(wall: wall).notice(zone: Zones.utc).code == .clockConfirmed)
        #expect(ClockDoubt.tooEarly(floor: wall).text(zone: Zones.utc).hasSuffix("newest backup, 2027-12-27 12:00"))
        #expect(ClockDoubt.laterAfterBoot(by: .seconds(40 * Self.day)).text(zone: Zones.utc).contains("40d"))
    }
}
