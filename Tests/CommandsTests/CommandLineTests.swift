import Foundation
import Model
import Testing
import Wire
import WireTestSupport

@Suite(.timeLimit(.minutes(10))) struct CommandLineTests {
    @Test(arguments: [
        ["nonsense"], ["status", "--nonsense"], ["backup"], ["backup", "a", "--all"], ["backups", "show"],
        ["backups", "show", "zz"], ["restore", "a"], ["restore", "a", "--to", "/x", "--in-place"],
        ["restore", "a", "--to", "/x", "--at", "1h ago", "--backup", "000102030405-1"],
        ["verify", "--level", "deep"], ["repository", "keys", "add"], ["messages", "--severity", "loud"],
        ["messages", "ack"], ["messages", "--follow", "--before", "7"],
        ["messages", "--code", "no-such-code"], ["backups", "--key-file", "/x"],
        ["setup", "--no-postgres", "--postgres", "host=/x"],
    ])
    func wrongUsageExitsWithTwo(arguments: [String]) async {
        let fixture = CommandFixture()
        #expect(await fixture.run(arguments) == 2)
        #expect(fixture.output.isEmpty)
        #expect(fixture.errors.hasPrefix("holdfast: ") && fixture.errors.contains("[wrong-usage]"))
    }

    @Test(arguments: [
        "status", "databases", "backup", "backups", "download", "restore", "verify", "runs", "clients", "messages",
        "repository", "config", "doctor", "whoami", "drill", "schedules", "retention", "prune", "apply", "export",
        "maintenance", "setup",
    ])
    func everyCommandHasHelpWithAnExample(command: String) async {
        let fixture = CommandFixture()
        #expect(await fixture.run([command, "--help"]) == 0)
        #expect(fixture.output.contains("Example: holdfast \(command)"))
        #expect(await fixture.run(["help", command]) == 0)
    }

    @Test func theVersionIsPrinted() async {
        let fixture = CommandFixture()
        #expect(await fixture.run("--version") == 0)
        #expect(fixture.output == "\(Build.version)\n")
    }

    @Test func aFailedRunIsToldOnce() async throws {
        try await withServer { socket, _ in
            let fixture = CommandFixture()
            #expect(await fixture.run("runs", "show", "run-bad", "--socket", socket) == 0)
            #expect(
                fixture.output == "backup of crm/app.db: failed: its backup is bad: page 7 [drill-failed]\n",
                "\(fixture.output)")
        }
    }

    @Test func anUnreachableDaemonExitsWith69AndAHint() async throws {
        let fixture = CommandFixture()
        #expect(await fixture.run("status", "--socket", "/nonexistent/sock") == 69)
        #expect(fixture.errors.contains("[daemon-unreachable]\nhint: "))
        #expect(await fixture.run("status", "--socket", "/nonexistent/sock", "--json") == 69)
        let error = try WireCoding.decode(ErrorObject.self, from: fixture.errors.utf8)
        #expect(error.error.code == .daemonUnreachable && error.error.hint != nil)
        #expect(fixture.output.isEmpty)
    }

    @Test(
        arguments: [
            (.inCooldown, 14), (.notFound, 16), (.noKeyMatches, 12), (.busy, 11), (.notPermitted, 13),
            (.repositoryMissing, 10), (.repositoryDamaged, 17), (.internalError, 1),
        ] as [(Code, Int32)])
    func faultsOfTheDaemonBecomeTheirExitStatus(code: Code, status: Int32) async throws {
        try await withServer { socket, service in
            service.fail(with: Fault(code, "cannot do it", hint: "do something else"))
            let fixture = CommandFixture()
            #expect(await fixture.run("databases", "--socket", socket) == status)
            #expect(fixture.errors == "holdfast: cannot do it [\(code.rawValue)]\nhint: do something else\n")
        }
    }

    @Test func everyListIsJSONOrATable() async throws {
        try await withServer { socket, _ in
            let fixture = CommandFixture()
            let commands = [
                ["status"], ["databases"], ["databases", "show", "app.db"], ["backups"], ["runs"], ["clients", "list"],
                ["backups", "show", Samples.backupID.description], ["messages"], ["repository", "space"],
                ["repository", "keys"], ["config", "show", "--effective"], ["whoami"], ["runs", "show", "run-1"],
                ["backups", "preserve", Samples.backupID.description], ["messages", "ack", "1"],
                ["maintenance"], ["maintenance", "show", "main"], ["maintenance", "preview", "main"],
            ]
            for command in commands {
                #expect(await fixture.run(command + ["--socket", socket]) == 0)
                #expect(!fixture.output.isEmpty && fixture.errors.isEmpty)
                #expect(await fixture.run(command + ["--socket", socket, "--json"]) == 0)
                let object = try? JSONSerialization.jsonObject(with: Data(fixture.output.utf8))
                #expect(object is [String: Any], "\(command): \(fixture.output)")
            }
            _ = await fixture.run("backups", "--socket", socket)
            let lines = fixture.output.split(separator: "\n")
            #expect(lines.count == 2 && lines[0].hasPrefix("ID") && lines[1].hasPrefix("000102030405-42"))
        }
    }

    @Test func backupWaitsAndTellsWhatWasLeftOut() async throws {
        try await withServer { socket, service in
            let fixture = CommandFixture()
            #expect(await fixture.run("backup", "app.db", "--full", "--socket", socket) == 0)
            #expect(fixture.output == "backup of crm/app.db: succeeded, backup 000102030405-42\n")
            #expect(service.noted.contains("follow run-1"))
            #expect(await fixture.run("backup", "--all", "--socket", socket) == 3)
            #expect(fixture.output.contains("crm/other.db: left out: in cooldown [in-cooldown]"))
            #expect(await fixture.run("backup", "app.db", "--no-wait", "--json", "--socket", socket) == 0)
            let reply = try WireCoding.decode(BackupReply.self, from: fixture.output.utf8)
            #expect(reply.runs.first?.state == .waiting)
        }
    }

    @Test func drillExitsWith17WhenABackupIsBadAndTellsWhatWasLeftOut() async throws {
        try await withServer { socket, service in
            let fixture = CommandFixture()
            #expect(await fixture.run("drill", "app.db", "--socket", socket) == 0)
            #expect(service.noted.contains("follow run-4"))
            #expect(await fixture.run("drill", "--all", "--socket", socket) == 17)
            // What is both its outcome and its fault is told once.
            let failure = ": failed: its backup is bad: page 7 [drill-failed]\n"
            #expect(fixture.output.contains(failure), "\(fixture.output)")
            #expect(fixture.output.contains("crm/other.db: left out: no backup to drill [not-found]"))
            #expect(
                await fixture.run("drill", "--backup", Samples.backupID.description, "--no-wait", "--socket", socket)
                    == 0)
            #expect(service.noted.contains("drill [] all=false backup=\(Samples.backupID)"))
            for wrong in [["drill"], ["drill", "a", "--all"], ["drill", "--backup", "nonsense"]] {
                #expect(await fixture.run(wrong + ["--socket", socket]) == 2)
            }
        }
    }

    @Test func statusCheckTellsOverdueFromOtherTrouble() async throws {
        try await withServer { socket, service in
            let fixture = CommandFixture()
            #expect(await fixture.run("status", "--check", "--socket", socket) == 0)
            var status = Samples.status
            status.databases[0].fault = ProblemObject(Fault(.databaseLocked, "locked"))
            service.set(status)
            #expect(await fixture.run("status", "--check", "--socket", socket) == 1)
            #expect(await fixture.run("status", "--socket", socket) == 0)
            status.databases[0].fault = nil
            status.databases[0].doubt = ProblemObject(
                code: .backupDamaged, message: "its newest backup is damaged", hint: "make a full one")
            service.set(status)
            #expect(await fixture.run("status", "--check", "--socket", socket) == 1)
            #expect(fixture.output.contains("  backup-damaged  "), "\(fixture.output)")
            #expect(fixture.output.contains("its newest backup is damaged"), "\(fixture.output)")
            #expect(fixture.output.contains("hint: make a full one"), "\(fixture.output)")
            status.databases[0].overdue = true
            service.set(status)
            #expect(await fixture.run("status", "--check", "--socket", socket) == 18)
        }
    }

    @Test func whatIsUnreachableIsHintedAtByItsKind() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hf-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appending(path: "holdfast.toml").path
        try await withServer { socket, service in
            let fixture = CommandFixture()
            var status = Samples.status
            status.databases[0].state = .unreachable
            let reason = Fault(.serverUnreachable, "server crm is unreachable: no", hint: "grant it")
            status.problems = [ProblemObject(reason)]
            try "[servers.crm]\nfolders = [\"/srv\"]\n".write(toFile: file, atomically: false, encoding: .utf8)
            for (engine, hint) in [
                ("sqlite", "see that its folder is mounted"), ("postgres", "see above why server crm"),
            ] {
                status.databases[0].engine = engine
                service.set(status)
                #expect(await fixture.run("doctor", "--config", file, "--socket", socket) == 1)
                #expect(fixture.output.contains("is unreachable\n  hint: \(hint)"), "\(fixture.output)")
                #expect(fixture.output.contains("is unreachable: no\n  hint: grant it"), "\(fixture.output)")
            }
            status.databases[0].state = .removed
            service.set(status)
            #expect(await fixture.run("doctor", "--config", file, "--socket", socket) == 1)
            let removal = "warning: crm/app.db: server crm is no longer in the settings\n  hint: add"
            #expect(fixture.output.contains(removal), "\(fixture.output)")
        }
    }

    @Test func destructiveCommandsAskOrRefuse() async throws {
        try await withServer { socket, service in
            let id = Samples.backupID.description
            let script = CommandFixture()
            #expect(await script.run("backups", "delete", id, "--socket", socket) == 2)
            #expect(await script.run("restore", "app.db", "--in-place", "--socket", socket) == 2)
            #expect(await script.run("backups", "delete", id, "--dry-run", "--socket", socket) == 0)
            #expect(!service.noted.contains("delete \(id)"))
            let doubtful = CommandFixture(typed: ["n"])
            #expect(await doubtful.run("backups", "delete", id, "--socket", socket) == 130)
            #expect(!service.noted.contains("delete \(id)"))
            let sure = CommandFixture(typed: ["y"])
            #expect(await sure.run("backups", "delete", id, "--socket", socket) == 0)
            #expect(await script.run("restore", "app.db", "--in-place", "--yes", "--socket", socket) == 0)
            #expect(service.noted.contains("delete \(id)"))
            #expect(service.noted.contains("restore app.db to= in_place=true"))
        }
    }

    @Test func followingPrintsJSONLines() async throws {
        let service = FakeService()
        try await withServer(service) { socket, _ in
            let fixture = CommandFixture()
            async let status = fixture.run(
                "messages", "--follow", "--no-reconnect", "--json", "--after", "1", "--socket", socket)
            while fixture.output.split(separator: "\n").count < 2 { await Task.yield() }
            let lines = fixture.output.split(separator: "\n")
            let ids = try lines.map { try WireCoding.decode(Message.self, from: $0.utf8).id.number }
            #expect(ids == [2, 3])
            service.endFollowers()
            #expect(await status == 69)
        }
    }

    @Test func messageFiltersReachTheDaemon() async throws {
        let service = FakeService()
        try await withServer(service) { socket, _ in
            let fixture = CommandFixture()
            let filters = [
                "--since", "2026-11-22T10:00:00Z", "--until", "2026-11-23T10:00:00Z", "--severity", "warning",
                "--database", "crm/*", "--database", "main", "--code", "backup-failed", "--code", "drift", "--run", "7",
                "--unacknowledged", "--before", "#900",
            ]
            var expected = MessageQuery(
                before: MessageID(900), since: Instant(rfc3339: "2026-11-22T10:00:00Z"),
                until: Instant(rfc3339: "2026-11-23T10:00:00Z"), severity: .warning, databases: ["crm/*", "main"],
                codes: [.backupFailed, .drift], run: "7", unacknowledged: true)
            #expect(await fixture.run(["messages", "ack", "--all", "--socket", socket] + filters) == 0)
            #expect(service.messageQueries.last == expected)
            #expect(fixture.output == "acknowledged 17\n")
            (expected.after, expected.limit) = (MessageID(2), 20)
            #expect(
                await fixture.run(["messages", "--limit", "20", "--after", "2", "--socket", socket] + filters) == 0)
            #expect(service.messageQueries.last == expected)
            #expect(fixture.output.hasSuffix("success  backed up crm/app.db [backup-succeeded] #3\n"))
            #expect(await fixture.run("messages", "ack", "--socket", socket) == 2)
            #expect(await fixture.run("messages", "ack", "1", "--all", "--socket", socket) == 2)
            #expect(await fixture.run("messages", "ack", "1", "--severity", "error", "--socket", socket) == 2)
        }
    }

    @Test func oneMessageIsShownWithAllThatIsKnown() async throws {
        try await withServer { socket, _ in
            let fixture = CommandFixture()
            #expect(await fixture.run("messages", "show", "#2", "--socket", socket) == 0)
            for text in ["id            #2", "code          backup-succeeded", "A backup is stored", "(run 7)"] {
                #expect(fixture.output.contains(text), "\(fixture.output)")
            }
            #expect(await fixture.run("messages", "show", "99", "--socket", socket) == 16)
            #expect(await fixture.run("messages", "show", "x", "--socket", socket) == 2)
        }
    }

    @Test func codesAreExplainedWithoutADaemon() async throws {
        let fixture = CommandFixture()
        #expect(await fixture.run("messages", "codes") == 0)
        let listed = fixture.output.split(separator: "\n").dropFirst().map { String($0.prefix { $0 != " " }) }
        #expect(listed == Code.allCases.map(\.rawValue))
        #expect(await fixture.run("messages", "codes", "drift", "--json") == 0)
        #expect(try WireCoding.decode(CodeEntry.self, from: fixture.output.utf8) == CodeEntry(.drift))
        #expect(await fixture.run("messages", "codes", "drift") == 0)
        #expect(fixture.output.contains("next step  Run `holdfast verify DB --level restore`"))
        #expect(await fixture.run("messages", "codes", "no-such-code") == 16)
    }

    @Test func downloadWritesAWholeNewFileOrNone() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hf-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try await withServer { socket, service in
            let fixture = CommandFixture()
            let file = folder.appending(path: "app.db").path
            let arguments = ["download", Samples.backupID.description, "-o", file, "--socket", socket]
            #expect(await fixture.run(arguments) == 0)
            let attributes = try FileManager.default.attributesOfItem(atPath: file)
            #expect(attributes[.size] as? Int == 64 << 16)
            #expect(await fixture.run(arguments) == Code.targetExists.exitStatus)
            service.fail(with: Fault(.notFound, "no backup"))
            let other = folder.appending(path: "other.db").path
            #expect(await fixture.run(["download", "000102030405-1", "-o", other, "--socket", socket]) == 16)
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            #expect(names == ["app.db"])
        }
    }
}
