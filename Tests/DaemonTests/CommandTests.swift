import Foundation
import Model
import Testing
import Wire

/// What scripts rely on: exit statuses, JSON everywhere, output and errors apart.
@Suite(.realDaemon) struct CommandTests {
    @Test func everyReadingCommandPrintsOneJSONDocument() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let backup = try await daemon.backUp("ledger.db")
        let commands = [
            ["status"], ["databases"], ["databases", "show", "ledger.db"], ["databases", "--deleted"], ["backups"],
            ["backups", "ledger.db"], ["backups", "show", "\(backup.id)"], ["clients", "list"],
            ["repository", "space"],
            ["repository", "check"], ["repository", "keys", "list"], ["config", "show", "--effective"],
            ["verify", "ledger.db"], ["backup", "ledger.db"],
            ["doctor", "--config", daemon.settings],
        ]
        for command in commands {
            let output = try await daemon.holdfast(command + ["--json"])
            #expect(output.status == 0, "\(output)")
            let object = try? JSONSerialization.jsonObject(with: Data(output.text.utf8))
            #expect(object is [String: Any], "not one JSON object: \(output)")
            #expect(!output.text.contains("\u{1b}"))
        }
        for command in commands {
            let output = try await daemon.holdfast(command)
            let mayBeEmpty = command == ["clients", "list"] || command.contains("--deleted")
            #expect(output.status == 0 && (mayBeEmpty || !output.text.isEmpty), "\(output)")
            #expect(!output.text.contains("\u{1b}"), "colours without a terminal: \(output)")
        }
        let status = try await daemon.read(Status.self, "status")
        #expect(status.databases.map(\.name.text) == ["own/ledger.db"])
        #expect(status.repository?.backups == 1)
        #expect(status.repository?.sameDiskAsSource.map(\.text) == ["own/ledger.db"])
        #expect(!status.sentence.isEmpty)
    }

    @Test func exitStatusesAreAsPromised() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let backup = try await daemon.backUp("ledger.db")
        let table: [([String], Int32, Code?)] = [
            (["no-such-verb"], 2, nil),
            (["backup"], 2, nil),
            (["restore", "ledger.db"], 2, nil),
            (["restore", "ledger.db", "--to", "/tmp/x", "--in-place"], 2, nil),
            (["verify", "--level", "deepest"], 2, nil),
            (["backup", "nothing.db"], 16, .notFound),
            (["databases", "show", "nothing.db"], 16, .notFound),
            (["backups", "show", "\(backup.id.unitPrefix)-99"], 16, .notFound),
            (["backups", "show", "ffffffffffff-1"], 16, .notFound),
            (["restore", "nothing.db", "--to", "/tmp/x"], 16, .notFound),
            (["download", "ffffffffffff-1", "-o", "\(daemon.path)/x"], 16, .notFound),
        ]
        for (command, status, code) in table {
            let output = try await daemon.holdfast(command)
            #expect(output.status == status, "\(output)")
            #expect(output.text.isEmpty, "errors belong on standard error: \(output)")
            if let code { #expect(output.errors.contains("[\(code.rawValue)]"), "\(output)") }
        }
        let object = try problem(try await daemon.holdfast("backup", "nothing.db", "--json"))
        #expect(object.code == .notFound && object.hint != nil)
        try await daemon.stop()
        expectRefusal(try await daemon.holdfast("status"), 69, .daemonUnreachable)
        #expect(try problem(try await daemon.holdfast("status", "--json")).code == .daemonUnreachable)
    }

    @Test func aUniqueEndOfANameIsEnoughAndPatternsMeanSeveral() async throws {
        let daemon = try await PrivateDaemon.started()
        _ = try daemon.folder.makeFolder("databases/a")
        _ = try daemon.folder.makeFolder("databases/b")
        for name in ["a/x.db", "b/x.db", "y.db"] { try await daemon.ledger(name).create(.delete, size: 1 << 15) }
        let ambiguous = try await daemon.holdfast("backup", "x.db")
        expectRefusal(ambiguous, 2, .ambiguousName)
        try await daemon.succeed("backup", "a/x.db")
        #expect(try await daemon.backups().map(\.database.text) == ["own/a/x.db"])
        try await daemon.succeed("backup", "own/?/x.db")
        #expect(try await daemon.backups().map(\.database.text) == ["own/a/x.db", "own/b/x.db"])
        try await daemon.succeed("backup", "own")
        #expect(try await daemon.backups().count == 3)
    }

    @Test func settingsAreCheckedAndShownWithTheirOrigin() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try await daemon.succeed("config", "check", daemon.settings)
        let shown = try await daemon.read(Listing<EffectiveSetting>.self, "config", "show", "--effective").items
        let cooldown = try #require(shown.first { $0.key == "backup.on_demand_cooldown" })
        #expect(cooldown.source.contains("holdfast.toml"))
        #expect(shown.first { $0.key == "backup.parallel" }?.source == "default")
        try "socket = 5\n".write(toFile: daemon.settings, atomically: true, encoding: .utf8)
        let output = try await daemon.holdfast("config", "check", daemon.settings)
        #expect(output.status == 78, "\(output)")
        #expect((output.text + output.errors).contains("socket"), "\(output)")
    }

    @Test func keysAreAddedListedAndRemovedButNeverTheLast() async throws {
        let daemon = try await PrivateDaemon.started()
        func keys() async throws -> [KeySlot] {
            try await daemon.read(Listing<KeySlot>.self, "repository", "keys", "list").items
        }
        let first = try await keys()
        #expect(first.map(\.kind) == [.keyFile])
        let last = try await daemon.holdfast("repository", "keys", "remove", first[0].id, "--yes")
        #expect(last.status != 0 && last.errors.contains("[\(Code.lastKey.rawValue)]"), "\(last)")
        let reply = try await daemon.read(KeyReply.self, "repository", "keys", "add", "--recovery")
        #expect(try #require(reply.recoveryWords).split(whereSeparator: { !$0.isLetter }).count == 17)
        #expect(try await keys().count == 2)
        try await daemon.succeed("repository", "keys", "remove", reply.slot.id, "--yes")
        #expect(try await keys() == first)
    }

    @Test func doctorFindsWhatWouldMakeTheNextRunFail() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let diagnose = ["doctor", "--config", daemon.settings]
        _ = try PrivateDaemon.good(try await daemon.holdfast(diagnose))
        try FileManager.default.moveItem(atPath: daemon.databases, toPath: daemon.databases + "-moved")
        try await daemon.holdfast("backup", "--all")
        let output = try await daemon.holdfast(diagnose)
        #expect(output.status != 0, "\(output)")
        #expect((output.text + output.errors).contains(daemon.databases), "\(output)")
    }
}
