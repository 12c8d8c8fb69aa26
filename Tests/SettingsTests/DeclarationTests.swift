import Foundation
import Model
import Settings
import Testing

@Suite struct DeclarationTests {
    @Test func whatIsWrittenIsReadAgainTheSame() throws {
        let seed = ProcessInfo.processInfo.environment["HOLDFAST_SEED"].flatMap { UInt64($0) } ?? .random(in: 0...9999)
        print("declarations: seed \(seed)")
        var generator = Generator(state: seed)
        for _ in 0..<500 {
            let file = DeclarationFile.random(&generator)
            let again = try DeclarationFile(file.text, name: "plan.toml")
            #expect(again == file, "\(file.text)")
        }
    }

    @Test(arguments: [
        ("[schedules.a]\nwhen = \"daily\"\n", 1, "schedule a has no action"),
        ("[schedules.a]\naction = \"backup\"\nwen = \"daily\"\n", 3, "unknown key schedules.a.wen"),
        ("[schedules.a]\naction = \"back\"\nwhen = \"daily\"\n", 2, "must be one of backup, verify"),
        ("[retention]\nkeep_days = \"30\"\n", 2, "must be a whole number"),
        ("[retention.crm]\nkeep_dais = 3\n", 2, "unknown key retention.crm.keep_dais"),
        ("[maintenance.main.weekly]\nlenght = \"2h\"\n", 2, "unknown key maintenance.main.weekly.lenght"),
        ("[maintenance.main.monthly]\n", 1, "unknown table [maintenance.main.monthly]"),
        ("[maintenance.main.daily]\ntasks = [\"tidy\"]\n", 2, "must be a list of texts such as \"optimise=30m!\""),
        ("[schedules.a]\naction = \"drill\"\nwhen = \"daily\"\nspread = \"soon\"\n", 4, "must be a text such as"),
        ("[schedules.a]\naction = \"drill\"\nwhen = \"daily\"\nenabled = 1\n", 4, "must be true or false"),
        ("[schedule.a]\n", 1, "unknown table [schedule"), ("keep = 1\n", 1, "unknown key keep"),
    ])
    func everyMistakeIsToldWithItsLine(text: String, line: Int, message: String) {
        let fault = #expect(throws: Fault.self) { _ = try DeclarationFile(text, name: "plan.toml") }
        #expect(fault?.code == .badSettings)
        #expect(fault?.message.contains("plan.toml:\(line)") == true, "\(fault?.message ?? "")")
        #expect(fault?.message.contains(message) == true, "\(fault?.message ?? "")")
    }

    @Test func scopesThatLookTheSameKeepTheirOwnRules() throws {
        let text = "[retention.\"crm/cafe\u{301}/\"]\nkeep_days = 3\n[retention.\"crm/caf\u{e9}/\"]\nkeep_days = 9\n"
        let file = try DeclarationFile(text, name: "plan.toml")
        #expect(
            file.retention.map { Array($0.scope.utf8) }
                == ["crm/cafe\u{301}/", "crm/caf\u{e9}/"].map { Array($0.utf8) })
        #expect(file.retention.map(\.rules.keepDays) == [3, 9])
    }

    @Test func allMistakesAreToldAtOnce() {
        let text = "[retention]\nkeep_days = \"x\"\nweekly = true\n"
        let fault = #expect(throws: Fault.self) { _ = try DeclarationFile(text, name: "plan.toml") }
        #expect(fault?.message.contains("keep_days") == true && fault?.message.contains("weekly") == true)
    }

    @Test func aMistypedKeyNamesTheNearest() {
        let text = "[schedules.a]\naction = \"drill\"\nwhen = \"daily\"\ndeadlin = \"1h\"\n"
        let fault = #expect(throws: Fault.self) { _ = try DeclarationFile(text, name: "plan.toml") }
        #expect(fault?.hint == "did you mean deadline?")
    }
}

/// SplitMix64.
private struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension DeclarationFile {
    fileprivate static func random(_ generator: inout Generator) -> DeclarationFile {
        let names = ["nightly", "a.b", "x-1", "Z_9"].filter { _ in Bool.random(using: &generator) }
        let scopes = ["", "crm", "crm/a b/", "crm/\"quoted\".db"].filter { _ in Bool.random(using: &generator) }
        return DeclarationFile(
            schedules: names.sorted().map { .random($0, &generator) },
            // A default that says nothing can't be told from none.
            retention: scopes.sorted().map { ($0, RetentionRules.random(&generator)) }
                .filter { !$0.0.isEmpty || $0.1 != RetentionRules() },
            maintenance: ["a b", "main"].filter { _ in Bool.random(using: &generator) }.flatMap { server in
                MaintenanceKind.allCases.filter { _ in Bool.random(using: &generator) }.map {
                    DeclaredMaintenance(server: server, rule: .random($0, &generator))
                }
            })
    }
}

extension MaintenanceRule {
    fileprivate static func random(_ kind: MaintenanceKind, _ generator: inout Generator) -> MaintenanceRule {
        func maybe<Value>(_ value: Value) -> Value? { Bool.random(using: &generator) ? value : nil }
        var rule = MaintenanceRule.standard(kind)
        rule.enabled = Bool.random(using: &generator)
        rule.when = maybe("Sat 22:00") ?? rule.when
        rule.timeZone = maybe("Europe/Berlin")
        rule.lengthSeconds = maybe(5401) ?? rule.lengthSeconds
        rule.latestStartSeconds = maybe(0)
        rule.announceSeconds = maybe([]) ?? [86_400, 90]
        rule.countdownSeconds = Int.random(in: 0...200, using: &generator)
        rule.quietSeconds = maybe(0) ?? 1200
        rule.onBackupFailure = maybe(.goOn) ?? .stop
        rule.tasks = MaintenanceTask.Kind.allCases.shuffled(using: &generator).prefix(3).map {
            MaintenanceTask(
                $0, deadlineSeconds: Int.random(in: 1...9000, using: &generator), onFailure: maybe(.stop) ?? .goOn)
        }
        return rule
    }
}

extension Schedule {
    fileprivate static func random(_ name: String, _ generator: inout Generator) -> Schedule {
        func maybe<Value>(_ value: Value) -> Value? { Bool.random(using: &generator) ? value : nil }
        return Schedule(
            name: name, action: .allCases.randomElement(using: &generator) ?? .drill,
            when: ["daily", "every 5m", "Mon *-*~1 02:30"].randomElement(using: &generator) ?? "daily",
            timeZone: maybe("Europe/Berlin"), starts: maybe(Instant(seconds: 1_800_000_000)),
            ends: maybe(Instant(seconds: 1_900_000_000)), spreadSeconds: Int.random(in: 0...7300, using: &generator),
            deadlineSeconds: maybe(3600), attempts: Int.random(in: 1...10, using: &generator),
            retrySeconds: Int.random(in: 1...90, using: &generator),
            scope: ["crm/", "*.db", "tab\t\"x\\y\""].filter { _ in Bool.random(using: &generator) },
            enabled: Bool.random(using: &generator), kind: maybe(.full), level: maybe(.restore),
            text: maybe("say \"ü\" \\ and\nmore"), severity: maybe(.warning),
            command: ["/usr/local/sbin/dump", "--all", ""].filter { _ in Bool.random(using: &generator) },
            timeoutSeconds: maybe(90), retention: maybe(.random(&generator)))
    }
}

extension RetentionRules {
    fileprivate static func random(_ generator: inout Generator) -> RetentionRules {
        func maybe<Value>(_ value: Value) -> Value? { Bool.random(using: &generator) ? value : nil }
        return RetentionRules(
            keepDays: maybe(30), deletedDays: maybe(7), keepLast: maybe(3), hourly: maybe(24), daily: maybe(0),
            weekly: maybe(8), monthly: maybe(12), yearly: maybe(7), thin: maybe(Bool.random(using: &generator)))
    }
}
