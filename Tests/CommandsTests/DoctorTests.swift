import Commands
import Foundation
import Model
import Synchronization
import Testing
import Wire
import WireTestSupport

/// Each thing that doctor looks for, provoked.
@Suite(.timeLimit(.minutes(10))) struct DoctorTests {
    private func examine(
        unit: [String: String]? = nil, helper: [String: String]? = nil, unitFile: String? = nil, key: String = "",
        _ change: @escaping @Sendable (FakeService) -> Void = { _ in }
    ) async throws -> [Symptom] {
        let found = Mutex<[Symptom]>([])
        let settings = try SettingsFile("\(key)[servers.crm]\nfolders = [\"/srv\"]\n")
        try await withServer { socket, service in
            change(service)
            let fixture = CommandFixture(site: FakeUnit.site(unit, helper, unitFile))
            _ = await fixture.run("doctor", "--config", settings.path, "--socket", socket, "--json")
            let list = try WireCoding.decode(Listing<Symptom>.self, from: fixture.output.utf8)
            found.withLock { $0 = list.items }
        }
        return found.withLock { $0 }
    }

    private func expect(
        _ verdict: Symptom.Verdict, _ subject: String, _ words: String, in symptoms: [Symptom],
        at location: SourceLocation = #_sourceLocation
    ) {
        let found = symptoms.first { $0.verdict == verdict && $0.subject == subject && $0.message.contains(words) }
        #expect(found != nil, "\(symptoms.map { "\($0)\n" })", sourceLocation: location)
        #expect(verdict == .good || found?.hint != nil, sourceLocation: location)
    }

    @Test func aKeyThatIsNotSavedIsTold() async throws {
        func slots(_ kinds: KeyKind...) -> [KeySlot] {
            zip(1..., kinds).map { KeySlot(id: "\($0)", kind: $1, label: "", created: Samples.instant) }
        }
        let (one, two, safe) = (slots(.keyFile), slots(.keyFile, .keyFile), slots(.keyFile, .recovery))
        expect(.warning, "keys", "one key only", in: try await examine { $0.set(one) })
        expect(.warning, "keys", "no recovery key", in: try await examine { $0.set(two) })
        expect(.good, "keys", "a recovery key was made and shown on 2026-11-22", in: try await examine { $0.set(safe) })
    }

    @Test func tooLittleRoomIsToldBeforeItRunsOut() async throws {
        func room(_ free: Int64, stored: Int64) async throws -> [Symptom] {
            var status = Samples.status
            status.repository = RepositorySpace(
                path: "/repository", id: Samples.unit, used: ByteCount(1000), free: ByteCount(free << 30),
                total: ByteCount(Int64(100) << 30), backups: 3)
            status.databases[0].size = ByteCount(Int64(40) << 30)
            let backups = (0..<3).map { hours -> Backup in
                var backup = Samples.backup
                backup.instant = backup.instant - .seconds(hours * 12 * 3600)
                backup.storedBytes = ByteCount(stored << 30)
                return backup
            }
            let answer = status
            return try await examine {
                $0.set(answer)
                $0.set(backups)
            }
        }
        expect(.problem, "repository", "only 1.00 GiB are free", in: try await room(1, stored: 0))
        // Two of 3 GiB in a day: the oldest backup only begins the time.
        expect(.problem, "repository", "for 5 days at 6.00 GiB a day", in: try await room(30, stored: 3))
        expect(.warning, "repository", "for 20 days at 2.00 GiB a day", in: try await room(40, stored: 1))
        expect(.warning, "repository", "may need 40.0 GiB, and 30.0 GiB are free", in: try await room(30, stored: 0))
        expect(.good, "repository", "90.0 GiB are free", in: try await room(90, stored: 0))
    }

    @Test func theUnitsStateIsTold() async throws {
        let good = [
            "LoadState": "loaded", "ActiveState": "active", "UnitFileState": "enabled", "NeedDaemonReload": "no",
            "User": "holdfast", "NoNewPrivileges": "yes", "ProtectSystem": "strict",
        ]
        func unit(_ changes: [String: String], helper: [String: String]? = nil) async throws -> [Symptom] {
            try await examine(unit: good.merging(changes) { $1 }, helper: helper)
        }
        expect(.good, "service", "holdfastd runs", in: try await unit([:]))
        expect(
            .problem, "service", "has failed (exit-code)",
            in: try await unit(["ActiveState": "failed", "Result": "exit-code"]))
        expect(.problem, "service", "does not run (inactive)", in: try await unit(["ActiveState": "inactive"]))
        expect(.problem, "service", "is disabled", in: try await unit(["UnitFileState": "disabled"]))
        expect(.problem, "service", "is masked", in: try await unit(["UnitFileState": "masked"]))
        expect(.problem, "service", "there is no unit", in: try await unit(["LoadState": "not-found"]))
        expect(.warning, "service", "changed on disk", in: try await unit(["NeedDaemonReload": "yes"]))
        expect(
            .warning, "service", "NoNewPrivileges=, ProtectSystem=, User=",
            in: try await unit(["NoNewPrivileges": "no", "ProtectSystem": "full", "User": "root"]))
        let silent = ["LoadState": "loaded", "ActiveState": "inactive"]
        expect(.warning, "service", "holdfast-helper.socket", in: try await unit([:], helper: silent))
        let absent = try await unit([:], helper: ["LoadState": "not-found", "ActiveState": "inactive"])
        #expect(!absent.contains { $0.message.contains("helper") })
    }

    @Test func commandsInHintsTakeEveryNameAsOneWord() async throws {
        var status = Samples.status
        status.databases[0].name = DatabaseName("crm/it's mine.db")
        status.databases[0].lastBackup = nil
        status.databases[0].overdue = false
        let answer = status
        let hints = try await examine { $0.set(answer) }.compactMap(\.hint)
        #expect(hints.contains(#"run `holdfast backup 'crm/it'\''s mine.db'`"#), "\(hints)")
    }

    @Test func whatSystemctlShowsIsRead() {
        let state = UnitState(shown: "LoadState=loaded / ActiveState=active / User= / DropInPaths=/a=b")
        #expect(state.properties == ["LoadState": "loaded", "ActiveState": "active", "DropInPaths": "/a=b"])
        #expect(state.isInstalled && state.isActive && !UnitState(shown: "").isInstalled)
    }

    @Test func schedulesAndWindowsThatNeverRunAreTold() async throws {
        var schedule = Samples.schedule
        schedule.schedule.enabled = false
        var failing = Samples.schedule
        failing.schedule.name = "other"
        let schedules = [schedule, failing]
        let planned = try await examine { $0.set(schedules) }
        expect(.warning, "schedule nightly", "is disabled", in: planned)
        expect(.warning, "schedule other", "failed at last: disk full", in: planned)
        var server = Samples.maintenance
        server.weekly.enabled = true
        let window = WindowRecord(
            id: "3", kind: .weekly, start: Samples.instant, end: Samples.instant, flawless: false,
            text: "skipped: the machine was off")
        server.history = [window, window, window]
        let skipped = [server]
        expect(
            .warning, "maintenance main", "last three weekly windows did not run: skipped",
            in: try await examine { $0.set(skipped) })
        server.history = []
        server.next = []
        let idle = [server]
        let none: [PlannedWindow] = []
        expect(
            .warning, "maintenance main", "no weekly window comes",
            in: try await examine {
                $0.set(idle)
                $0.set(none)
            })
        // The next ones are all daily, and the weekly one comes behind them.
        let later = try await examine { $0.set(idle) }
        #expect(!later.contains { $0.message.contains("no weekly window comes") }, "\(later)")
    }

    @Test func nothingIsSaidOfTheClockThatContradictsItself() async throws {
        var status = Samples.status
        status.problems = [ProblemObject(code: .clockInDoubt, message: "the clock is in doubt", hint: "set it")]
        let doubtful = status
        let found = try await examine { $0.set(doubtful) }
        expect(.problem, "clock", "in doubt", in: found)
        #expect(!found.contains { $0.subject == "clock" && $0.verdict == .good }, "\(found)")
    }

    @Test func aKeyThatTheUnitHandsOverIsLookedForWhereItTakesItFrom() async throws {
        let credential = "[repository]\ncredential = \"repository-key\"\n"
        let good = ["LoadState": "loaded", "ActiveState": "active", "User": "holdfast"]
        func key(_ lines: String) async throws -> [Symptom] {
            try await examine(
                unit: good, unitFile: "[Service]\nLoadCredential=repository-key:/nonexistent\n" + lines, key: credential
            )
        }
        let sealed = try SettingsFile("sealed")
        let own = "# a drop-in\n[Service]\nLoadCredential=\nLoadCredentialEncrypted=repository-key:\(sealed.path)\n"
        expect(.good, "key", "lies encrypted in \(sealed.path)", in: try await key(own))
        expect(.problem, "key", "key file /nonexistent does not exist", in: try await key(""))
        expect(.problem, "key", "there is no /gone", in: try await key("LoadCredentialEncrypted=repository-key:/gone"))
        expect(.problem, "key", "hands over no credential repository-key", in: try await key("LoadCredential="))
    }

    @Test func whatKeepsSystemdFromStartingTheDaemonIsNamed() async throws {
        func start(_ status: String, _ file: String) async throws -> [Symptom] {
            try await examine(
                unit: [
                    "LoadState": "loaded", "ActiveState": "activating", "Result": "exit-code", "User": "holdfast",
                    "ExecMainStatus": status,
                ], unitFile: file)
        }
        let key = "LoadCredential=repository-key:/nonexistent/key\n"
        expect(.problem, "service", "(243/CREDENTIALS): there is no /nonexistent/key", in: try await start("243", key))
        let paths = "ReadWritePaths=-/absent \"/nonexistent/a b\" /tmp\n"
        expect(.problem, "service", "(226/NAMESPACE): there is no /nonexistent/a b", in: try await start("226", paths))
        expect(.problem, "service", "ends again and again, with status 1", in: try await start("1", key + paths))
    }

    @Test func databasesThatAreNotSafeAreTold() async throws {
        var status = Samples.status
        status.unacknowledged = 2
        var late = Samples.database
        late.name = DatabaseName("crm/late.db")
        late.overdue = true
        var idle = Samples.database
        idle.name = DatabaseName("crm/idle.db")
        idle.nextRun = nil
        var new = Samples.database
        new.name = DatabaseName("crm/new.db")
        new.lastBackup = nil
        var damaged = Samples.database
        damaged.name = DatabaseName("crm/damaged.db")
        damaged.doubt = ProblemObject(code: .backupDamaged, message: "its newest backup is damaged", hint: "make one")
        status.databases = [Samples.database, late, idle, new, damaged]
        let answer = status
        let found = try await examine { $0.set(answer) }
        expect(.warning, "messages", "2 errors nobody has acknowledged", in: found)
        expect(.warning, "crm/app.db", "no backup was ever proven", in: found)
        expect(.problem, "crm/late.db", "overdue", in: found)
        expect(.problem, "crm/damaged.db", "its newest backup is damaged", in: found)
        expect(.warning, "crm/idle.db", "no schedule backs it up", in: found)
        expect(.warning, "crm/new.db", "has no backup yet", in: found)
    }

    @Test func whatOnlyTheDaemonSeesIsPassedOn() async throws {
        let own = Symptom("main", .problem, "its certificate expired", hint: "renew it")
        #expect(try await examine { $0.set([own]) }.contains(own))
    }

    @Test func whatCannotBeAskedIsToldAndTheRestGoesOn() async throws {
        let settings = try SettingsFile("[servers.crm]\nfolders = [\"/srv/nowhere\"]\n")
        chmod(settings.path, 0o666)
        let fixture = CommandFixture()
        #expect(await fixture.run("doctor", "--config", settings.path, "--socket", settings.path) == 1)
        #expect(fixture.output.contains("problem: socket: everybody on this machine may command"))
        #expect(await fixture.run("doctor", "--config", settings.path, "--socket", "/nonexistent/sock") == 1)
        #expect(fixture.output.contains("can be changed by others than its owner\n  hint: run `chmod go-w"))
        #expect(fixture.output.contains("problem: daemon: no daemon listens"))
        #expect(fixture.output.contains("problem: crm: there is no folder /srv/nowhere\n  hint: mount it"))
    }

    @Test func withoutADaemonRootStillSeesRepositoryAndKeys() async throws {
        let settings = try SettingsFile("")
        let key = settings.path + ".key"
        try "key".write(toFile: key, atomically: true, encoding: .utf8)
        chmod(key, 0o600)
        defer { try? FileManager.default.removeItem(atPath: key) }
        try "[repository]\nkey_file = \"\(key)\"\n[servers.crm]\nfolders = [\"/srv\"]\n"
            .write(toFile: settings.path, atomically: false, encoding: .utf8)
        let fixture = CommandFixture()
        #expect(await fixture.run("doctor", "--config", settings.path, "--socket", "/nonexistent/sock") == 1)
        #expect(fixture.output.contains("warning: keys: no recovery key was made"), "\(fixture.output)")
        #expect(fixture.output.contains("good: key: key file \(key) is closed to others"), "\(fixture.output)")
        #expect(fixture.repositories.noted.contains("open /var/lib/holdfast/repository key \(key)"))
    }
}
