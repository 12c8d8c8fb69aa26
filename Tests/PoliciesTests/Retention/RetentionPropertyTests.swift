import Model
import Policies
import Testing

/// A million random histories in release builds, fewer in debug builds.
///
/// `HOLDFAST_RETENTION_SEED` replays a run, `HOLDFAST_RETENTION_COUNT` sets its length; history n of seed s is history 0
/// of seed s + n.
@Suite struct RetentionPropertyTests {
    static var defaultCount: Int {
        #if DEBUG
            10_000
        #else
            1_000_000
        #endif
    }

    @Test func everyRandomHistoryKeepsThePromises() {
        let seed = Numbers.seed(replayedBy: "HOLDFAST_RETENTION_SEED")
        let count = Numbers.environment("HOLDFAST_RETENTION_COUNT").map { Int($0) } ?? Self.defaultCount
        var fates = [0, 0, 0]
        var broken: (seed: UInt64, what: String)?
        let duration = processorTime {
            for number in 0..<UInt64(count) {
                var numbers = Numbers(seed: seed &+ number)
                let random = RandomHistory(&numbers)
                if let what = Self.brokenPromise(random, &numbers, fates: &fates) {
                    broken = (seed &+ number, what)
                    return
                }
            }
        }
        print(
            "retention: \(count) random histories, seed \(seed), \(fates[0]) backups kept, \(fates[1]) released, "
                + "\(fates[2]) deleted for good, \(duration)")
        #expect(broken == nil, "seed \(broken?.seed ?? 0): \(broken?.what ?? "")")
        if broken == nil, count >= 10_000 {
            #expect(fates.allSatisfy { $0 > count / 20 }, "the histories are too alike")
        }
        #if !DEBUG
            #expect(duration < .seconds(60) * max(1, count / 1_000_000))
        #endif
    }

    /// What is wrong with the plan for a history, and with what follows from carrying it out; nil when nothing is.
    private static func brokenPromise(
        _ random: RandomHistory, _ numbers: inout Numbers, fates: inout [Int]
    ) -> String? {
        var unit = SimulatedUnit(random)
        var terms = random.terms
        let plan = RetentionPlan(unit.history, terms)
        if let broken = brokenRule(plan, unit.history, terms) ?? brokenKeeping(plan, unit.history, terms) {
            return broken
        }
        for verdict in plan.verdicts {
            switch verdict.fate {
            case .kept: fates[0] += 1
            case .released: fates[1] += 1
            case .deleted: fates[2] += 1
            default: continue
            }
        }
        unit.carryOut(plan, now: terms.now)
        if unit.history.backups.map(\.sequence) != plan.remaining { return "the prune did something else" }
        if !unit.isWholeAndLean() { return "a backup has lost pages, or dead ones were left" }
        let again = RetentionPlan(unit.history, terms)
        if !again.released.isEmpty || !again.finallyDeleted.isEmpty { return "a second prune takes more" }
        // Later, without new backups: only kept → released → deleted.
        terms.now = terms.now + .seconds(numbers.below(1_000_000))
        let later = RetentionPlan(unit.history, terms)
        if let broken = brokenRule(later, unit.history, terms) ?? brokenKeeping(later, unit.history, terms) {
            return "later: \(broken)"
        }
        for (verdict, backup) in zip(later.verdicts, unit.history.backups)
        where backup.softDeletion != nil && verdict.fate.isLive {
            return "time took \(backup.sequence) out of soft delete"
        }
        unit.carryOut(later, now: terms.now)
        if unit.history.backups.map(\.sequence) != later.remaining { return "the later prune did something else" }
        return unit.isWholeAndLean() ? nil : "the later prune has torn an image"
    }

    /// The promises of one plan, told without the policy's own code.
    private static func brokenRule(
        _ plan: RetentionPlan, _ history: RetentionHistory, _ terms: RetentionTerms
    ) -> String? {
        if plan.verdicts.map(\.sequence) != history.backups.map(\.sequence) { return "a backup has no verdict" }
        var exists = true
        var graceIsOver = false
        if case .deleted(_, let end) = history.presence { (exists, graceIsOver) = (false, end <= terms.now) }
        var live = 0
        var goingByAge = 0
        // A slow clock makes no backup older than one before it.
        var latest = Instant(seconds: 0)
        var newest: [(isLost: Bool, isGone: Bool)?] = [nil, nil, nil]
        for (verdict, backup) in zip(plan.verdicts, history.backups) {
            let isLive = backup.softDeletion == nil
            let isGone = verdict.fate == .deleted
            let isLost = isLive && !verdict.fate.isLive
            if isLive { live += 1 }
            if backup.instant <= terms.now { latest = max(latest, backup.instant) }
            if isLost, terms.now - latest >= .seconds(7 * 86_400) { goingByAge += 1 }
            if backup.isPreserved, isLost || isGone { return "\(backup.sequence) is preserved, and goes" }
            if !terms.clockIsTrusted, isLost || isGone { return "\(backup.sequence) goes by a doubted clock" }
            if isLost, history.presence == .unreachable { return "\(backup.sequence) goes while unreachable" }
            if isLost, !exists, !graceIsOver { return "\(backup.sequence) goes within the grace" }
            if isLost, backup.instant > terms.now, !graceIsOver { return "\(backup.sequence) is of the future" }
            if !isLost, isLive, terms.clockIsTrusted, graceIsOver, !backup.isPreserved, backup.undeletedAt == nil {
                return "\(backup.sequence) outlives the grace"
            }
            if isGone, !terms.immediate {
                guard let since = backup.softDeletion?.since, since + terms.undeleteWindow <= terms.now else {
                    return "\(backup.sequence) could have been undeleted"
                }
            }
            if isLive { newest[2] = (isLost, isGone) }
            guard backup.isGood else { continue }
            if isLive || newest[0] == nil || newest[0]?.isGone == true { newest[0] = (isLost, isGone) }
            guard backup.provenAt != nil else { continue }
            if isLive || newest[1] == nil || newest[1]?.isGone == true { newest[1] = (isLost, isGone) }
        }
        if exists, newest[0]?.isLost == true || newest[0]?.isGone == true { return "the newest good backup goes" }
        if exists, newest[1]?.isLost == true || newest[1]?.isGone == true { return "the newest proven backup goes" }
        if history.presence == .present, !terms.confirmed, goingByAge >= 5, goingByAge * 100 > terms.shareLimit * live {
            return "\(goingByAge) of \(live) go without confirmation"
        }
        return nil
    }

    /// Whether something goes that `keep_days` keeps: a full, a progressive backup of the last 24 hours, or one whose
    /// hour (7 days) or day would be left without any.
    private static func brokenKeeping(
        _ plan: RetentionPlan, _ history: RetentionHistory, _ terms: RetentionTerms
    ) -> String? {
        if case .deleted = history.presence { return nil }
        for (verdict, backup) in zip(plan.verdicts, history.backups)
        where backup.softDeletion == nil && !verdict.fate.isLive {
            let resolved = terms.book.rules(for: backup.schedule, history.database)
            let age = terms.now - backup.instant
            guard age < .seconds(resolved.keepDays * 86_400) else { continue }
            if backup.kind == .full || !resolved.thins || age < .seconds(86_400) {
                return "\(backup.sequence) goes within keep_days"
            }
            let civil = LocalTime.civil(at: backup.instant, zone: terms.zone)
            let stands = zip(plan.verdicts, history.backups).contains { other, candidate in
                guard other.fate == .kept, candidate.isGood || !backup.isGood else { return false }
                let local = LocalTime.civil(at: candidate.instant, zone: terms.zone)
                return (local.year, local.month, local.day) == (civil.year, civil.month, civil.day)
                    && (local.hour == civil.hour || age >= .seconds(7 * 86_400))
            }
            if !stands { return "nothing stands for \(backup.sequence)" }
        }
        return nil
    }

    @Test func previewsAHundredThousandBackupsInASecond() {
        var backups = RetentionPlanTests.every(.seconds(60), 100_000, .progressive)
        for index in backups.indices where index % 1440 == 0 { backups[index].kind = .full }
        let rules = RetentionRules(keepLast: 10, hourly: 100, daily: 60, weekly: 20, monthly: 24, yearly: 5)
        var plan = RetentionPlanTests.plan([])
        let duration = processorTime {
            plan = RetentionPlanTests.plan(backups.reversed(), rules, zone: Zones.berlin, confirmed: true)
        }
        print("retention: plan of \(backups.count) backups in \(duration), \(plan.released.count) released")
        #expect(plan.verdicts.count == backups.count)
        #expect(plan.released.count > 50_000)
        #if !DEBUG
            #expect(duration < .seconds(1))
        #endif
    }
}

extension RetentionVerdict.Fate {
    /// Neither deleted nor about to be.
    fileprivate var isLive: Bool { self == .kept }
}
