import Model
import Policies
import Testing

@Suite struct RetentionRulesTests {
    @Test(arguments: [
        RetentionRules(keepDays: 1), RetentionRules(keepDays: 30), RetentionRules(deletedDays: 15), RetentionRules(),
        RetentionRules(keepLast: 1, hourly: 0, daily: 7, yearly: 100, thin: false),
    ])
    func allowsWhatTheLimitsAllow(rules: RetentionRules) throws {
        try rules.check(RetentionLimits())
    }

    @Test(arguments: [
        (RetentionRules(keepDays: 0), "keep_days 0", "1 to 30"),
        (RetentionRules(keepDays: 31), "keep_days 31", "1 to 30"),
        (RetentionRules(deletedDays: 16), "deleted_days 16", "1 to 15"),
        (RetentionRules(deletedDays: 0), "deleted_days 0", "1 to 15"),
        (RetentionRules(keepLast: 0), "keep_last 0", "1 to 10000"),
        (RetentionRules(weekly: -1), "weekly -1", "0 to 10000"),
        (RetentionRules(keepDays: 99, keepLast: -3), "keep_days 99, keep_last -3", "; keep_last may be"),
    ])
    func saysWhatIsWrongAndWhatIsAllowed(rules: RetentionRules, wrong: String, allowed: String) {
        let fault = #expect(throws: Fault.self) { try rules.check(RetentionLimits()) }
        #expect(fault?.code == .badRetention)
        #expect(fault?.message.contains(wrong) == true, "\(fault?.message ?? "")")
        #expect(fault?.hint?.contains(allowed) == true, "\(fault?.hint ?? "")")
    }

    @Test func aRaisedLimitAllowsMoreDays() throws {
        try RetentionRules(keepDays: 365).check(RetentionLimits(maxKeepDays: 365))
    }

    @Test(arguments: [
        (RetentionRules(), []), (RetentionRules(hourly: 0, yearly: 0), []),
        (RetentionRules(daily: 7), ["daily 7 adds nothing"]), (RetentionRules(hourly: 24), ["hourly 24 adds nothing"]),
        (RetentionRules(hourly: 200), []), (RetentionRules(hourly: 200, thin: false), ["hourly 200 adds nothing"]),
        (RetentionRules(monthly: 12), ["monthly 12 keeps backups for up to 360 days and more, beyond keep_days 30"]),
        (RetentionRules(yearly: 5), ["yearly 5 keeps backups for up to 1825 days"]),
        (RetentionRules(keepLast: 3), ["keep_last 3 keeps the newest 3"]),
        (RetentionRules(keepDays: 1), ["deleted_days 7 is longer"]),
        (RetentionRules(keepDays: 1, deletedDays: 1, thin: true), ["thin changes nothing"]),
        (RetentionRules(keepDays: 60), ["progressive backups go after 30 days"]),
        (RetentionRules(keepDays: 60, thin: false), []),
    ])
    func explainsWhatPeopleMayNotExpect(rules: RetentionRules, expected: [String]) {
        let warnings = rules.warnings()
        #expect(warnings.count == expected.count, "\(warnings)")
        for (warning, part) in zip(warnings, expected) { #expect(warning.contains(part)) }
    }

    @Test func takesEachValueFromTheNarrowestPlaceThatSaysIt() {
        let book = RetentionRuleBook(
            standard: RetentionRules(keepDays: 20),
            scopes: [
                DatabaseName("crm"): RetentionRules(deletedDays: 3, daily: 1),
                DatabaseName("crm/eu/"): RetentionRules(daily: 2, weekly: 2),
                DatabaseName("crm/eu/sales"): RetentionRules(weekly: 3),
                DatabaseName("crm/eu/sales/a.db"): RetentionRules(monthly: 4),
                DatabaseName("crm/e"): RetentionRules(keepDays: 1), DatabaseName("other"): RetentionRules(keepDays: 2),
            ],
            schedules: ["nightly": RetentionRules(monthly: 5), "empty": RetentionRules()])
        let resolved = book.rules(for: "nightly", DatabaseName("crm/eu/sales/a.db"))
        #expect(resolved.text(.keepDays) == "keep_days 20 (default)")
        #expect(resolved.text(.deletedDays) == "deleted_days 3 (server crm)")
        #expect(resolved.text(.daily) == "daily 2 (folder crm/eu)")
        #expect(resolved.text(.weekly) == "weekly 3 (folder crm/eu/sales)")
        #expect(resolved.text(.monthly) == "monthly 5 (schedule nightly)")
        #expect(resolved.text(.thin) == "thin on (default)")
        #expect(resolved.rules.keepLast == nil)
        let plain = book.rules(for: nil, DatabaseName("crm/eu/sales/a.db"))
        #expect(plain.text(.monthly) == "monthly 4 (database crm/eu/sales/a.db)")
        #expect(book.rules(for: "nightly", DatabaseName("crm/eu/sales/b.db")).rules.monthly == 5)
        #expect(book.rules(for: nil, DatabaseName("crm/eu/sales.db")).text(.weekly) == "weekly 2 (folder crm/eu)")
    }

    /// A slash beside a combining mark is another character to Swift.
    @Test func takesRulesOfFoldersAndDatabasesByTheBytesOfTheirNames() {
        let book = RetentionRuleBook(
            scopes: [
                DatabaseName("crm"): RetentionRules(daily: 1),
                DatabaseName("crm/\u{301}eu/"): RetentionRules(weekly: 2),
                DatabaseName("crm/caf\u{e9}.db"): RetentionRules(monthly: 3),
                DatabaseName("crm/cafe\u{301}.db"): RetentionRules(monthly: 4),
                DatabaseName("crm/old\u{600}/"): RetentionRules(yearly: 5),
            ])
        let inside = book.rules(for: nil, DatabaseName("crm/\u{301}eu/\u{301}a.db"))
        #expect(inside.rules.daily == 1 && inside.rules.weekly == 2)
        #expect(inside.place(of: .weekly) == .folder("crm/\u{301}eu") && inside.place(of: .daily) == .server("crm"))
        #expect(book.rules(for: nil, DatabaseName("crm/caf\u{e9}.db")).rules.monthly == 3)
        #expect(book.rules(for: nil, DatabaseName("crm/cafe\u{301}.db")).rules.monthly == 4)
        #expect(book.rules(for: nil, DatabaseName("crm/old\u{600}/a.db")).rules.yearly == 5)
    }
}
