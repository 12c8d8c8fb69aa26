import Model
import Policies

/// A random backup unit: its backups with the pages each one changed, its rules and its circumstances.
struct RandomHistory {
    static let pages = 5
    static let zones: [ZoneOffset] = [Zones.utc, Zones.berlin, Zones.cairo, Zones.lordHowe]

    var history: RetentionHistory
    var terms: RetentionTerms
    /// Which pages each backup stored anew, by its place in the history.
    var changes: [UInt8]

    init(_ numbers: inout Numbers) {
        let now = time("2026-10-26T12:00:00Z") + .seconds(numbers.below(7_000_000) - 1_000_000)
        let graceEnd = now + .seconds(numbers.below(9) * 9000 - 36_000)
        let presence: UnitPresence =
            switch numbers.below(8) {
            case 0: .unreachable
            case 1: .deleted(confirmed: graceEnd - .seconds(86_400), graceEnd: graceEnd)
            default: .present
            }
        history = RetentionHistory(database: Self.database, presence: presence, backups: [])
        terms = RetentionTerms(
            book: Self.books[numbers.below(Self.books.count)], now: now,
            zone: Self.zones[numbers.below(Self.zones.count)], clockIsTrusted: !numbers.once(in: 12),
            shareLimit: numbers.once(in: 3) ? 50 : 90,
            confirmed: numbers.once(in: 3), immediate: numbers.once(in: 5))
        changes = []
        let count = numbers.once(in: 20) ? numbers.below(40) : numbers.below(13)
        // Minutes, hours, days or weeks apart.
        let step = [300, 3000, 40_000, 200_000][numbers.below(4)]
        var instant = now - .seconds(count * step / 2 + numbers.below(count * step + 1))
        for place in 0..<count {
            instant = instant + .seconds(numbers.below(step * 2))
            history.backups.append(Self.backup(SequenceNumber(place * 2 + 1), instant, now: now, &numbers))
            changes.append(place == 0 ? UInt8.max : UInt8(truncatingIfNeeded: numbers.next()))
        }
    }

    static let database = DatabaseName("crm/eu/sales.db")
    static let schedules: [String?] = [nil, "nightly", "tick"]

    /// Rules for the default, the database and a schedule, mixed.
    static let books: [RetentionRuleBook] = {
        let rules = [
            RetentionRules(), RetentionRules(keepDays: 1), RetentionRules(keepDays: 7, keepLast: 2),
            RetentionRules(keepDays: 3, hourly: 3, daily: 2, weekly: 2), RetentionRules(keepDays: 20, thin: false),
            RetentionRules(keepDays: 60, monthly: 3, yearly: 2), RetentionRules(keepDays: 2, daily: 5, thin: false),
        ]
        return rules.flatMap { first in
            rules.flatMap { second in
                [
                    RetentionRuleBook(standard: first, scopes: [DatabaseName("crm/eu"): second]),
                    RetentionRuleBook(
                        standard: first, scopes: [DatabaseName("crm"): second], schedules: ["nightly": second]),
                    RetentionRuleBook(scopes: [database: first], schedules: ["nightly": second, "tick": first]),
                ]
            }
        }
    }()

    private static func backup(
        _ sequence: SequenceNumber, _ instant: Instant, now: Instant, _ numbers: inout Numbers
    ) -> RetainedBackup {
        let random = numbers.next()
        func once(in many: UInt64, _ salt: UInt64) -> Bool { (random >> salt) % many == 0 }
        // Now and then the clock was wrong, slow or fast.
        let dated = once(in: 40, 0) ? instant + .seconds(numbers.below(20_000_000) - 10_000_000) : instant
        var backup = RetainedBackup(
            sequence: sequence, instant: dated, kind: once(in: 3, 8) ? .full : .progressive,
            schedule: schedules[Int(random >> 12) % 3], isPreserved: once(in: 16, 16), isGood: !once(in: 6, 20),
            provenAt: once(in: 4, 24) ? dated + .seconds(60) : nil)
        if once(in: 6, 28) {
            backup.softDeletion = .init(
                since: now - .seconds(numbers.below(180_000)), by: once(in: 2, 32) ? .admin : .policy)
        } else if once(in: 24, 36) {
            backup.undeletedAt = now - .seconds(numbers.below(180_000))
        }
        return backup
    }
}
