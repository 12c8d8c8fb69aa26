import Foundation
import Model
import Testing
import Wire

/// Schedules of a real daemon: they run, they can be managed, and they outlive it.
@Suite(.realDaemon) struct ScheduleTests {
    private func occurrences(_ daemon: PrivateDaemon, _ name: String) async throws -> [OccurrenceRecord] {
        try await daemon.read(ScheduleStatus.self, "schedules", "show", name).history ?? []
    }

    @Test func aScheduledBackupRunsByItselfAndIsTheSchedulesBackup() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        try await daemon.succeed(
            "schedules", "add", "often", "--backup", "progressive", "--when", "every 1s", "--scope", "own/")
        try await until("the first backup by schedule") { try await !daemon.backups("ledger.db").isEmpty }
        try await ledger.append()
        try await until("a second one, of what changed") { try await daemon.backups("ledger.db").count > 1 }
        let backup = try await daemon.newest("ledger.db")
        #expect(backup.origin == .scheduled && backup.kind == .progressive)
        try await daemon.proveByRestore("ledger.db", backup.id)
        try await until("the run on record with its schedule") {
            let runs = try await daemon.read(Listing<Run>.self, "runs").items
            return runs.first { $0.kind == .backup && $0.backup == backup.id }?.schedule == "often"
        }
        let database = try await daemon.read(Database.self, "databases", "show", "ledger.db")
        #expect(database.nextRunSchedule == "often" && database.nextRunKind == .progressive)
    }

    @Test func everyServerHasItsDefaultSchedules() async throws {
        var options = PrivateDaemon.Options()
        options.fullAt = "Sat 22:00"
        options.progressiveEvery = "90m"
        let daemon = try await PrivateDaemon.started(options)
        let found = try await daemon.read(Listing<ScheduleStatus>.self, "schedules").items
        #expect(found.map(\.schedule.name) == ["own-full", "own-progressive"])
        #expect(found.map(\.schedule.source) == [.settings, .settings])
        #expect(found[0].schedule.when == "Sat 22:00" && found[0].next != nil)
        // One that is edited is the admin's; one that is removed stays away.
        try await daemon.succeed("schedules", "edit", "own-full", "--when", "Sun 01:00")
        try await daemon.succeed("schedules", "remove", "own-progressive", "--yes")
        try await daemon.stop()
        try await daemon.start()
        let after = try await daemon.read(Listing<ScheduleStatus>.self, "schedules").items
        #expect(after.map(\.schedule.name) == ["own-full"])
        #expect(after[0].schedule.when == "Sun 01:00" && after[0].schedule.source == .admin)
    }

    @Test func aScheduleIsManagedFromBirthToDeath() async throws {
        let daemon = try await PrivateDaemon.started()
        let added = try await daemon.holdfast(
            "schedules", "add", "hello", "--say", "good morning", "--severity", "warning", "--when",
            "Mon..Fri 07:00", "--zone", "Europe/Berlin")
        #expect(added.status == 0, "\(added)")
        expectRefusal(
            try await daemon.holdfast("schedules", "add", "hello", "--prune", "--when", "daily"), 2, .scheduleExists)
        try await daemon.succeed("schedules", "run", "hello")
        let said = try await eventually("the message of the schedule") {
            try await daemon.messages().first { $0.code == .scheduledMessage }
        }
        #expect(said.text == "good morning" && said.severity == .warning)
        try await until("the end of the occurrence") {
            try await occurrences(daemon, "hello").first?.state == .succeeded
        }
        try await daemon.succeed("schedules", "disable", "hello")
        #expect(try await daemon.read(ScheduleStatus.self, "schedules", "show", "hello").next == nil)
        try await daemon.succeed("schedules", "enable", "hello")
        try await daemon.succeed("schedules", "edit", "hello", "--rename", "greeting")
        expectRefusal(try await daemon.holdfast("schedules", "show", "hello"), 16, .notFound)
        try await daemon.succeed("schedules", "remove", "greeting", "--yes")
        let codes = try await daemon.messages().map(\.code)
        for code in [Code.scheduleAdded, .scheduleStarted, .scheduleChanged, .scheduleRemoved] {
            #expect(codes.contains(code))
        }
    }

    @Test(arguments: [
        (["--when", "*-02-30"], "*-02-30"), (["--when", "Frühling 02:00"], "Frühling"), (["--when", "25:00"], "25"),
        (["--when", "every 0s"], "0s"), (["--when", "daily", "--zone", "Europe/Berln"], "Europe/Berln"),
        (["--when", "daily", "--attempts", "11"], "11"), (["--when", "every 5m", "--spread", "10m"], "spread"),
        (["--when", "daily", "--starts", "2027-01-02", "--ends", "2027-01-01"], "ends before"),
    ])
    func whatCantBeIsRefusedWithThePlaceAndAnExample(arguments: [String], word: String) async throws {
        let daemon = try await PrivateDaemon.started()
        let output = try await daemon.holdfast(["schedules", "add", "bad", "--prune"] + arguments)
        expectRefusal(output, 2, .badSchedule)
        #expect(output.errors.contains(word), "\(output)")
        #expect(try await daemon.read(Listing<ScheduleStatus>.self, "schedules").items.isEmpty)
    }

    @Test func aScopeThatMatchesNothingWarns() async throws {
        let daemon = try await PrivateDaemon.started()
        let output = try await daemon.holdfast(
            "schedules", "add", "empty", "--backup", "full", "--when", "daily", "--scope", "nowhere/*")
        #expect(output.status == 0 && output.errors.contains("covers no database"), "\(output)")
    }

    @Test func aScheduleWithNothingToDoIsToldOnceAndAgainAfterItHadSomething() async throws {
        let daemon = try await PrivateDaemon.started()
        func empty() async throws -> [Message] { try await daemon.messages().filter { $0.code == .scheduleEmpty } }
        let names = ["backups", "drills", "verifications"]
        for (name, action) in zip(names, [["--backup", "full"], ["--drill"], ["--verify", "pages"]]) {
            let words = ["schedules", "add", name] + action + ["--when", "Sun 02:00", "--scope", "own/*"]
            #expect(try await daemon.holdfast(words).status == 0)
        }
        func runAll() async throws {
            for name in names {
                let count = try await occurrences(daemon, name).count
                try await daemon.succeed("schedules", "run", name)
                try await until("the end of \(name)") {
                    let all = try await occurrences(daemon, name)
                    return all.count > count && all.allSatisfy { $0.state != .open }
                }
            }
        }
        for _ in 0..<2 { try await runAll() }
        let told = try await empty()
        #expect(told.count == 3 && told.allSatisfy { $0.severity == .warning })
        #expect(names.allSatisfy { name in told.contains { $0.text.contains(name) } })
        try await daemon.stop()
        try await daemon.start()
        try await runAll()
        #expect(try await empty().count == 3, "not told again after a restart")
        let ledger = try await daemon.ledger("ledger.db").create()
        try await runAll()
        #expect(try await !daemon.backups("ledger.db").isEmpty)
        #expect(try await empty().count == 3)
        try FileManager.default.removeItem(atPath: ledger.path)
        try await daemon.succeed("schedules", "edit", "backups", "--scope", "nowhere/*")
        try await daemon.succeed("schedules", "run", "backups")
        try await until("a new message") { try await empty().count == 4 }
    }

    @Test func aCommandThatOthersMayChangeIsRefused() async throws {
        let daemon = try await PrivateDaemon.started()
        let file = "\(daemon.path)/command"
        try "#!/bin/sh\nexit 0\n".write(toFile: file, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: file)
        let output = try await daemon.holdfast("schedules", "add", "run", "--command", file, "--when", "daily")
        expectRefusal(output, 13, .commandRefused)
    }

    @Test func whatAFailedCommandPrintedIsToldOnce() async throws {
        let daemon = try await PrivateDaemon.started()
        try await daemon.succeed(
            "schedules", "add", "look", "--when", "Sun 02:00", "--attempts", "1", "--command", "/usr/bin/ls",
            "--command", "/nonexistent")
        try await daemon.succeed("schedules", "run", "look")
        let ended = try await eventually("the end of the schedule") {
            try await daemon.messages().first { $0.code == .scheduleFailed }
        }
        #expect(ended.cause?.hasPrefix("command /usr/bin/ls of schedule look exited with status 2") == true, "\(ended)")
        let telling = try await daemon.messages().filter { ($0.text + ($0.cause ?? "")).contains("No such file") }
        #expect(telling.map(\.code) == [.commandFailed], "\(telling)")
    }

    @Test func failuresAreRetriedAndThenTold() async throws {
        var options = PrivateDaemon.Options()
        options.servers = ["own": ["/nonexistent/folder"]]
        let daemon = try await PrivateDaemon.started(options)
        try await daemon.succeed(
            "schedules", "add", "nightly", "--backup", "full", "--when", "Sun 02:00", "--attempts", "2", "--retry",
            "1s")
        try await daemon.succeed("schedules", "run", "nightly")
        try await until("the final failure") { try await occurrences(daemon, "nightly").first?.state == .failed }
        let codes = try await daemon.messages().map(\.code)
        #expect(codes.contains(.scheduleRetried) && codes.contains(.scheduleFailed))
        let last = try await occurrences(daemon, "nightly")[0]
        #expect(last.attempt == 2 && last.reason?.contains("unreachable") == true)
    }

    @Test func aKilledDaemonTakesUpWhatItHadBegun() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try await daemon.succeed(
            "schedules", "add", "nightly", "--backup", "full", "--when", "Sun 02:00", "--scope", "own")
        try await daemon.succeed("schedules", "run", "nightly")
        try await daemon.crash()
        try await daemon.start()
        try await until("the end of the occurrence") {
            try await occurrences(daemon, "nightly").first?.state == .succeeded
        }
        #expect(try await occurrences(daemon, "nightly").count == 1)
        #expect(try await !daemon.backups("ledger.db").isEmpty)
    }

    @Test func cancellingAWaitingRunEndsItsOccurrenceWithTheReason() async throws {
        var options = PrivateDaemon.Options()
        options.backup = ["parallel = 1", "read_limit = \"60K\""]
        let (daemon, _) = try await PrivateDaemon.withLedger(.wal, options)
        try await daemon.ledger("second.db").create()
        try await daemon.succeed(
            "schedules", "add", "nightly", "--backup", "full", "--when", "Sun 02:00", "--attempts", "1")
        try await daemon.succeed("schedules", "run", "nightly")
        let waiting = try await eventually("a run that waits") {
            try await daemon.read(Listing<Run>.self, "runs", "--active").items.first { $0.state == .waiting }
        }
        try await daemon.succeed("runs", "cancel", waiting.id)
        let ended = try await eventually("the end of the occurrence") {
            try await occurrences(daemon, "nightly").first { $0.state != .open }
        }
        #expect(ended.state == .failed && ended.reason?.contains("cancelled") == true)
        #expect(ended.origin == .onDemand && ended.actor.uid != nil && ended.runs.contains(waiting.id))
        try await daemon.succeed("schedules", "run", "nightly")
    }

    @Test func whatIsExportedIsAppliedAgainWithoutAChange() async throws {
        let daemon = try await PrivateDaemon.started()
        try await daemon.succeed(
            "schedules", "add", "month-end", "--backup", "full", "--when", "*-*~1 22:00", "--spread", "10m",
            "--yearly", "7", "--deadline", "2h")
        try await daemon.succeed("retention", "set", "--database", "own/", "--keep-last", "4")
        let plan = "\(daemon.path)/plan.toml"
        try await daemon.succeed("export").write(toFile: plan, atomically: true, encoding: .utf8)
        #expect(try await daemon.succeed("apply", plan).contains("nothing to change"))
        try await daemon.succeed("schedules", "remove", "month-end", "--yes")
        try await daemon.succeed("retention", "set", "--database", "own/", "--reset")
        #expect(try await daemon.succeed("apply", plan, "--dry-run").contains("month-end: added"))
        #expect(try await daemon.read(Listing<ScheduleStatus>.self, "schedules").items.isEmpty)
        try await daemon.succeed("apply", plan)
        let text = try await daemon.succeed("export")
        #expect(text == (try String(contentsOfFile: plan, encoding: .utf8)))
        let bad = try String(contentsOfFile: plan, encoding: .utf8).replacing("*-*~1 22:00", with: "*-02-30")
        try bad.write(toFile: plan, atomically: true, encoding: .utf8)
        expectRefusal(try await daemon.holdfast("apply", plan), 2, .badSchedule)
        #expect(try await daemon.succeed("export") == text)
    }

    @Test func previewsNoteWhatDaylightSavingShifts() async throws {
        let daemon = try await PrivateDaemon.started()
        let found = try await daemon.read(
            Listing<PlannedOccurrence>.self, "schedules", "preview", "--when", "Sun 02:30", "--zone", "Europe/Berlin",
            "--from", "2026-03-27T00:00:00Z", "--count", "2"
        ).items
        #expect(found.map(\.local) == ["2026-03-29T03:00:00+02:00", "2026-04-05T02:30:00+02:00"])
        #expect(found[0].note?.contains("02:30") == true && found[1].note == nil)
    }
}
