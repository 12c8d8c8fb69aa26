import Model
import Policies
import Testing

/// Histories by hand: one promise a test.
@Suite struct RetentionPlanTests {
    static let now = time("2026-11-22T12:00:00Z")
    static let database = DatabaseName("crm/sales.db")

    static func backup(
        _ sequence: SequenceNumber, _ instant: String, _ kind: BackupKind = .full, schedule: String? = nil,
        good: Bool = true, proven: Bool = false
    ) -> RetainedBackup {
        RetainedBackup(
            sequence: sequence, instant: time(instant), kind: kind, schedule: schedule, isGood: good,
            provenAt: proven ? time(instant) : nil)
    }

    /// One backup every so often, the last one at `now`.
    static func every(_ duration: Duration, _ count: Int, _ kind: BackupKind = .full) -> [RetainedBackup] {
        (0..<count).map {
            RetainedBackup(
                sequence: SequenceNumber($0 + 1), instant: now - duration * (count - 1 - $0), kind: kind,
                bytesFreed: ByteCount(100))
        }
    }

    static func plan(
        _ backups: [RetainedBackup], _ rules: RetentionRules = RetentionRules(), presence: UnitPresence = .present,
        now: Instant = now, zone: @escaping ZoneOffset = Zones.utc, trusted: Bool = true, confirmed: Bool = false,
        immediate: Bool = false, schedules: [String: RetentionRules] = [:]
    ) -> RetentionPlan {
        RetentionPlan(
            RetentionHistory(database: database, presence: presence, backups: backups),
            RetentionTerms(
                book: RetentionRuleBook(scopes: [database: rules], schedules: schedules), now: now, zone: zone,
                clockIsTrusted: trusted, confirmed: confirmed, immediate: immediate))
    }

    static func text(_ plan: RetentionPlan, _ sequence: SequenceNumber, zone: ZoneOffset = Zones.utc) -> String {
        plan.verdicts.first { $0.sequence == sequence }?.text(zone: zone) ?? "none"
    }

    @Test func keepsEachFullForKeepDaysToTheMicrosecond() {
        let edge = Self.now - .seconds(30 * 86_400)
        let backups = [edge, edge + .microseconds(1), Self.now].enumerated().map {
            RetainedBackup(sequence: SequenceNumber($0 + 1), instant: $1, kind: .full)
        }
        let plan = Self.plan(backups)
        #expect(plan.released == [1])
        #expect(Self.text(plan, 2) == "kept: keep_days 30 (default)")
        #expect(
            Self.text(plan, 1)
                == "released, can be undeleted until 2026-11-23 12:00: older than keep_days 30 (default)")
    }

    @Test func thinsProgressivesToHoursAndDaysAndKeepsFulls() {
        let ticks = Self.every(.seconds(300), 288 * 35, .progressive)
        let plan = Self.plan(ticks, confirmed: true)
        let kept = plan.verdicts.filter { $0.fate == .kept }
        // 24 hours of 12 each; the hours from 11-15 12:00 to 11-21 11:00; the days from 10-23 to 11-14.
        #expect(kept.count == 288 + 6 * 24 + 23)
        #expect(Self.text(plan, 288 * 34 + 1).hasPrefix("kept: keep_days 30"))
        #expect(kept.contains { $0.text(zone: Zones.utc) == "kept: thin on (default): newest of 2026-11-20 14:00" })
        #expect(kept.contains { $0.text(zone: Zones.utc) == "kept: thin on (default): newest of 2026-11-01" })
        #expect(Self.plan(Self.every(.seconds(300), 288 * 35, .full), confirmed: true).released.count == 288 * 5)
        #expect(Self.plan(ticks, RetentionRules(thin: false), confirmed: true).released.count == 288 * 5)
    }

    @Test func theDailyCourseOfThinningNeedsNoConfirmation() {
        // Two days of ticks, of which the first is due to thin out to its 24 hours: half of all goes.
        let plan = Self.plan(Self.every(.seconds(10), 8640 * 2, .progressive))
        #expect(plan.released.count == 8640 - 24)
        #expect(plan.notes.isEmpty)
    }

    @Test func aGoodBackupStandsForItsHourRatherThanANewerBadOne() {
        let backups = [
            Self.backup(1, "2026-11-20T10:00:00Z", .progressive), Self.backup(2, "2026-11-20T10:30:00Z", .progressive),
            Self.backup(3, "2026-11-20T10:50:00Z", .progressive, good: false),
            Self.backup(4, "2026-11-20T11:10:00Z", .progressive, good: false),
            Self.backup(5, "2026-11-20T11:20:00Z", .progressive, good: false),
            Self.backup(6, "2026-11-22T11:20:00Z", .progressive),
        ]
        #expect(Self.plan(backups).released == [1, 3, 4])
    }

    @Test func aPreservedBackupStandsForItsSlotToo() {
        var backups = (1...6).map { Self.backup($0, "2025-01-0\($0)T00:00:00Z") }
        backups[5].isPreserved = true
        #expect(Self.plan(backups, RetentionRules(daily: 2)).released == [1, 2, 3, 4])
    }

    @Test func keepsTheNewestBackupOfDaysWithoutAFullAfterThirtyDays() {
        let backups = [
            Self.backup(1, "2026-10-10T10:00:00Z", .progressive), Self.backup(2, "2026-10-10T11:00:00Z", .progressive),
            Self.backup(3, "2026-10-11T10:00:00Z"), Self.backup(4, "2026-10-11T11:00:00Z", .progressive),
            Self.backup(5, "2026-11-22T11:00:00Z"),
        ]
        let plan = RetentionPlan(
            RetentionHistory(database: Self.database, presence: .present, backups: backups),
            RetentionTerms(
                book: RetentionRuleBook(standard: RetentionRules(keepDays: 60)), now: Self.now, zone: Zones.utc,
                clockIsTrusted: true))
        #expect(plan.released == [1, 4])
    }

    @Test func countsAddToWhatKeepDaysKeeps() {
        let plan = Self.plan(
            Self.every(.seconds(86_400), 1000), RetentionRules(keepDays: 3, weekly: 2, monthly: 3, yearly: 2),
            confirmed: true)
        let kept = plan.verdicts.filter { $0.fate == .kept }.map { Self.text(plan, $0.sequence) }
        #expect(
            kept == [
                "kept: yearly 2 (database crm/sales.db): newest of 2025",
                "kept: monthly 3 (database crm/sales.db): newest of 2026-09",
                "kept: monthly 3 (database crm/sales.db): newest of 2026-10",
                "kept: weekly 2 (database crm/sales.db): newest of week of 2026-11-09",
                "kept: keep_days 3 (database crm/sales.db)", "kept: keep_days 3 (database crm/sales.db)",
                "kept: keep_days 3 (database crm/sales.db)",
            ])
    }

    @Test func keepLastKeepsGoodOnesWhateverTheirAge() {
        let backups = (1...6).map { Self.backup($0, "2025-01-0\($0)T00:00:00Z", good: $0 != 5) }
        #expect(Self.plan(backups, RetentionRules(keepLast: 3)).released == [1, 2, 5])
    }

    @Test func backupsOfAScheduleWithRulesAreCountedByThemselves() {
        let backups = (1...6).map {
            Self.backup($0, "2025-01-0\($0)T00:00:00Z", schedule: $0 % 2 == 0 ? "weekly-full" : "tick")
        }
        let plan = Self.plan(
            backups, RetentionRules(keepLast: 1), schedules: ["weekly-full": RetentionRules(keepLast: 2)])
        #expect(plan.released == [1, 2, 3])
        #expect(Self.text(plan, 4) == "kept: keep_last 2 (schedule weekly-full)")
        #expect(Self.text(plan, 5) == "kept: keep_last 1 (database crm/sales.db)")
    }

    @Test func neverReleasesTheNewestGoodAndTheNewestProven() {
        let backups = [
            Self.backup(1, "2025-01-01T00:00:00Z", proven: true), Self.backup(2, "2025-01-02T00:00:00Z", proven: true),
            Self.backup(3, "2025-01-03T00:00:00Z"), Self.backup(4, "2025-01-04T00:00:00Z", good: false, proven: true),
        ]
        let plan = Self.plan(backups)
        #expect(plan.released == [1, 4])
        #expect(Self.text(plan, 2) == "kept: newest proven backup")
        #expect(Self.text(plan, 3) == "kept: newest good backup")
        let bad = Self.plan((1...3).map { Self.backup($0, "2025-01-01T00:00:00Z", good: false) })
        #expect(bad.released == [1, 2])
        #expect(Self.text(bad, 3) == "kept: newest backup, none is good")
    }

    @Test func holdsWhatTakesMoreThanTheShare() {
        let many = (1...10).map { Self.backup($0, $0 <= 6 ? "2025-01-01T00:00:00Z" : "2026-11-22T00:00:00Z") }
        let plan = Self.plan(many)
        #expect(plan.released.isEmpty)
        #expect(Self.text(plan, 1).hasPrefix("kept: held: would delete 60 % of the backups at once"))
        #expect(plan.notes == [.held(count: 6, of: 10, limit: 50)])
        #expect(Self.plan(many, confirmed: true).released == Array(1...6))
        #expect(Self.plan(many, immediate: true).finallyDeleted.isEmpty)
        let few = (1...5).map { Self.backup($0, $0 <= 4 ? "2025-01-01T00:00:00Z" : "2026-11-22T00:00:00Z") }
        #expect(Self.plan(few).released == Array(1...4))
        let half = (1...10).map { Self.backup($0, $0 <= 5 ? "2025-01-01T00:00:00Z" : "2026-11-22T00:00:00Z") }
        #expect(Self.plan(half).released == Array(1...5))
    }

    @Test func deletesSoftlyFirstAndForGoodADayLater() {
        var backups = Self.every(.seconds(86_400), 32)
        #expect(Self.plan(backups).released == [1, 2])
        #expect(Self.plan(backups).bytesReleased == ByteCount(200))
        #expect(Self.plan(backups, immediate: true).finallyDeleted == [1, 2])
        for (index, hours) in [23, 24].enumerated() {
            backups[index].softDeletion = .init(since: Self.now - .seconds(hours * 3600), by: .policy)
        }
        let plan = Self.plan(backups)
        #expect(plan.released.isEmpty)
        #expect(plan.finallyDeleted == [2])
        #expect(plan.bytesFreed == ByteCount(100))
        #expect(plan.nextFinalDeletion == Self.now + .seconds(3600))
        #expect(Self.plan(backups, immediate: true).finallyDeleted == [1, 2])
    }

    @Test func anUndeletedBackupStaysLongEnoughToPreserveIt() {
        var backups = Self.every(.seconds(86_400), 32)
        backups[0].undeletedAt = Self.now - .seconds(86_399)
        backups[1].undeletedAt = Self.now - .seconds(86_400)
        #expect(Self.plan(backups).released == [2])
    }

    @Test func inDoubtUnreachableOrInGraceNothingGoes() {
        var backups = Self.every(.seconds(86_400), 33)
        backups[0].softDeletion = .init(since: Self.now - .seconds(90_000), by: .policy)
        backups[1].softDeletion = .init(since: Self.now - .seconds(90_000), by: .admin)
        for immediate in [false, true] {
            let doubt = Self.plan(backups, trusted: false, confirmed: true, immediate: immediate)
            #expect(doubt.released.isEmpty && doubt.finallyDeleted.isEmpty)
            #expect(Self.text(doubt, 3) == "kept: clock in doubt")
            #expect(doubt.notes == [.clockInDoubt(count: 3)])
            let away = Self.plan(backups, presence: .unreachable, confirmed: true, immediate: immediate)
            #expect(away.released.isEmpty && away.finallyDeleted == [2])
            #expect(Self.text(away, 3) == "kept: database unreachable")
            let grace = UnitPresence.deleted(confirmed: Self.now, graceEnd: Self.now + .microseconds(1))
            let inGrace = Self.plan(backups, presence: grace, confirmed: true, immediate: immediate)
            #expect(inGrace.released.isEmpty && inGrace.finallyDeleted == [2])
        }
    }

    @Test func afterTheGraceAllButPreservedOnesGo() {
        var backups = Self.every(.seconds(86_400), 10)
        backups[4].isPreserved = true
        let over = UnitPresence.deleted(confirmed: Self.now - .seconds(604_800), graceEnd: Self.now)
        let plan = Self.plan(backups, RetentionRules(keepLast: 3), presence: over)
        #expect(plan.released == [1, 2, 3, 4, 6, 7, 8, 9, 10])
        #expect(Self.plan(backups, presence: over, trusted: false).released.isEmpty)
    }

    @Test func theLastGoodBackupInSoftDeleteWaitsForANewOne() {
        var backups = Self.every(.seconds(86_400), 3)
        for index in 0..<2 { backups[index].softDeletion = .init(since: Self.now - .seconds(90_000), by: .admin) }
        #expect(Self.plan(backups).finallyDeleted == [1, 2])
        backups[2].isGood = false
        let plan = Self.plan(backups, immediate: true)
        #expect(plan.finallyDeleted == [1])
        #expect(Self.text(plan, 2) == "deleted, can still be undeleted: newest good backup")
        backups[0].isPreserved = true
        #expect(Self.plan(backups, immediate: true).finallyDeleted.isEmpty)
    }

    @Test func aBackupFromTheFutureTakesNobodysPlace() {
        var backups = (1...4).map { Self.backup($0, "2025-01-0\($0)T00:00:00Z") }
        backups.append(Self.backup(5, "2099-01-01T00:00:00Z"))
        let plan = Self.plan(backups, RetentionRules(keepLast: 1, daily: 1))
        #expect(plan.released == [1, 2, 3])
        #expect(Self.text(plan, 5) == "kept: dated after now, a clock was wrong")
        #expect(plan.notes == [.fromFuture(count: 1)])
    }

    @Test func aSlowClockMakesNoBackupOlder() {
        let backups = [
            Self.backup(1, "2026-11-21T12:00:00Z"), Self.backup(2, "1970-01-01T00:00:10Z"),
            Self.backup(3, "2026-11-22T11:00:00Z"),
        ]
        #expect(Self.plan(backups).released.isEmpty)
    }

    @Test func theOrderOfTheHistoryIsFree() {
        let backups = Self.every(.seconds(86_400), 40)
        #expect(Self.plan(backups).verdicts == Self.plan(backups.reversed()).verdicts)
    }
}
