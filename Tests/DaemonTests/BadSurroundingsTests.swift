import Foundation
import Glibc
import Model
import Testing
import Wire

/// Repositories, sockets, settings, targets and clients that are not as they should be.
@Suite(.realDaemon) struct BadSurroundingsTests {
    @Test func aMissingRepositoryIsSaidAndMendedWithoutARestart() async throws {
        let daemon = try PrivateDaemon()
        try await daemon.ledger("ledger.db").create()
        expectRefusal(try await daemon.alone("backups"), 10, .repositoryMissing)
        let child = try daemon.launch()
        try await until("a start or a refusal") { !child.isAtWork || PrivateDaemon.accepts(daemon.socket) }
        if child.isAtWork {
            let output = try await daemon.holdfast("backup", "ledger.db")
            #expect(output.status == 10, "\(output)")
            try await daemon.makeRepository()
        } else {
            #expect(child.status == 10, "\(child.errors)")
            #expect(child.errors.contains("hint:"))
            try await daemon.makeRepository()
            try await daemon.start()
        }
        try await daemon.backUp("ledger.db")
    }

    @Test func aLostRepositoryIsTheFirstThingSaid() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try await daemon.backUp("ledger.db")
        let elsewhere = "\(daemon.path)/elsewhere"
        try FileManager.default.moveItem(atPath: daemon.repository, toPath: elsewhere)
        let status = try await daemon.holdfast("status")
        #expect(status.text.hasPrefix("nothing can be restored now: "), "\(status)")
        let doctor = try await daemon.holdfast("doctor", "--config", daemon.settings)
        #expect(doctor.status == 1 && !doctor.text.contains("can be restored to"), "\(doctor)")
        try FileManager.default.moveItem(atPath: elsewhere, toPath: daemon.repository)
        #expect(try await daemon.holdfast("status").text.hasPrefix("the database can be restored to "))
    }

    @Test(.enabled(if: geteuid() == 0, "mounting needs root"))
    func aReadOnlyRepositoryRestoresAndIsTold() async throws {
        let mount = try await SmallDisk(megabytes: 16)
        var options = PrivateDaemon.Options()
        options.repository = "\(mount.path)/repository"
        let (daemon, _) = try await PrivateDaemon.withLedger(.wal, options)
        let backup = try await daemon.backUp("ledger.db")
        try await daemon.stop()
        try await mount.remount("ro")
        try await daemon.start()
        let status = try await daemon.holdfast("status")
        #expect(status.text.contains("the database can be restored to "), "\(status)")
        #expect(status.text.contains("needs you: the repository is read-only, no backup can be made"), "\(status)")
        try await daemon.proveByRestore("ledger.db", backup.id)
        try await daemon.stop()
    }

    @Test func settingsThatWereNotTakenAreToldUntilTheyAreGood() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let bad = "\(daemon.path)/conf.d/bad.toml"
        try "[retention]\nkeep_dais = 3\n".write(toFile: bad, atomically: true, encoding: .utf8)
        daemon.signal(SIGHUP)
        try await until("a word about the settings") {
            try await daemon.holdfast("status").text.contains("the settings on disk are bad, and those from before")
        }
        let status = try await daemon.holdfast("status", "--check")
        #expect(status.status == 1 && status.text.contains("did you mean retention.keep_days?"), "\(status)")
        try FileManager.default.removeItem(atPath: bad)
        daemon.signal(SIGHUP)
        try await until("their end") { try await !daemon.holdfast("status").text.contains("settings on disk are bad") }
    }

    @Test func aServerThatLeftTheSettingsIsToldWithWhatStaysOfIt() async throws {
        var options = PrivateDaemon.Options()
        let other = try PrivateFolder()
        options.servers = ["other": [other.path]]
        let (daemon, _) = try await PrivateDaemon.withLedger(.wal, options)
        let own = "\(daemon.path)/conf.d/own.toml"
        try "[servers.own]\nfolders = [\"\(daemon.databases)\"]\n".write(toFile: own, atomically: true, encoding: .utf8)
        daemon.signal(SIGHUP)
        try await until("its database") {
            try await daemon.holdfast("databases", "show", "own/ledger.db").text.contains("state: present")
        }
        try await daemon.backUp("ledger.db")
        try FileManager.default.removeItem(atPath: own)
        daemon.signal(SIGHUP)
        try await until("its removal") {
            try await daemon.holdfast("status").text.contains("server own is no longer in the settings")
        }
        let shown = try await daemon.holdfast("databases", "show", "ledger.db")
        #expect(shown.status == 0 && shown.text.contains("state: removed"), "\(shown)")
        #expect(shown.text.contains("its backups stay as retention keeps them"), "\(shown)")
        let check = try await daemon.holdfast("status", "--check")
        #expect(check.status == 0 && !check.text.contains("unreachable"), "\(check)")
        // With nothing left to back up, no script takes it for done.
        let leftOut = "left out 1 database of server own, which is not in the settings any more"
        let refused = try await daemon.holdfast("backup", "--all")
        expectRefusal(refused, 16, .notFound)
        #expect(refused.errors.contains(leftOut), "\(refused)")
        try FileManager.default.copyItem(
            atPath: "\(daemon.databases)/ledger.db", toPath: "\(other.path)/other.db")
        let backup = try await daemon.holdfast("backup", "--all")
        #expect(backup.status == 0 && !backup.text.contains("own/"), "\(backup)")
        #expect(backup.text.contains("other/other.db") && backup.errors.contains(leftOut), "\(backup)")
    }

    @Test func anotherRepositoryIsNeverMadeOverAnExistingOne() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try await daemon.backUp("ledger.db")
        let output = try await daemon.alone("repository", "init")
        #expect(output.status != 0)
        #expect(output.errors.contains("[\(Code.repositoryExists.rawValue)]"), "\(output)")
        try await daemon.proveByRestore("ledger.db", daemon.newest("ledger.db").id)
    }

    @Test func aNewerFormatIsRefused() async throws {
        let daemon = try PrivateDaemon()
        try await daemon.makeRepository()
        let path = "\(daemon.repository)/repository.json"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        let newer = text.replacing("\"format\":1", with: "\"format\":2").replacing(
            "\"format\" : 1", with: "\"format\" : 2")
        try #require(newer != text, "\(text)")
        try newer.write(toFile: path, atomically: true, encoding: .utf8)
        let output = try await daemon.alone("backups")
        #expect(output.status != 0)
        #expect(output.errors.contains("[\(Code.repositoryTooNew.rawValue)]"), "\(output)")
        #expect(output.errors.contains("hint:"))
    }

    @Test func aWrongKeyOpensNothing() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try await daemon.backUp("ledger.db")
        try await daemon.stop()
        try Data((0..<32).map { _ in UInt8.random(in: 0...255) }).write(to: URL(filePath: daemon.keyFile))
        let output = try await daemon.alone("backups")
        #expect(output.status == 12, "\(output)")
        #expect(output.errors.contains("hint:"))
        let child = try daemon.launch()
        try await until("a start or a refusal") { !child.isAtWork || PrivateDaemon.accepts(daemon.socket) }
        if child.isAtWork {
            #expect(try await daemon.holdfast("backup", "ledger.db").status == 12)
        } else {
            #expect(child.status == 12, "\(child.errors)")
        }
    }

    @Test(.enabled(if: geteuid() == 0, "mounting needs root"))
    func aFullRepositoryHarmsNothingAndGoesOnWhenThereIsRoom() async throws {
        let mount = try await SmallDisk(megabytes: 4)
        var options = PrivateDaemon.Options()
        options.repository = "\(mount.path)/repository"
        let (daemon, ledger) = try await PrivateDaemon.withLedger(.wal, options)
        let small = try await daemon.backUp("ledger.db")
        let big = try await daemon.ledger("big.db").create(.delete, size: 24 << 20)
        let output = try await daemon.holdfast("backup", "big.db")
        #expect(output.status == 1, "\(output)")
        #expect((output.text + output.errors).contains("[\(Code.outOfSpace.rawValue)]"), "\(output)")
        #expect((output.text + output.errors).contains("hint:"), "\(output)")
        #expect(try await daemon.messages().contains { $0.code == .backupFailed && $0.severity == .error })
        #expect(try await daemon.backups("big.db").isEmpty)
        try await ledger.append()
        let next = try await daemon.backUp("ledger.db")
        try await daemon.proveByRestore("ledger.db", small.id)
        try await daemon.proveByRestore("ledger.db", next.id)
        try await mount.resize(megabytes: 64)
        try await daemon.proveByRestore("big.db", daemon.backUp("big.db").id)
        #expect(try content(await daemon.restoreBeside("big.db", daemon.newest("big.db").id)) == content(big.path))
        try await daemon.stop()
    }

    @Test(.enabled(if: geteuid() == 0, "mounting needs root"))
    func schedulesGoOnWhenTheCatalogHasRoomAgain() async throws {
        let mount = try await SmallDisk(megabytes: 8)
        var options = PrivateDaemon.Options()
        options.state = "\(mount.path)/state"
        try FileManager.default.createDirectory(
            atPath: "\(mount.path)/state", withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
        let daemon = try await PrivateDaemon.started(options)
        try await daemon.succeed("schedules", "add", "tick", "--say", "tick", "--when", "every 1s")
        try await until("a run by schedule") {
            try await daemon.messages().contains { $0.code == .scheduledMessage }
        }
        let filler = "\(mount.path)/filler"
        #expect(FileManager.default.createFile(atPath: filler, contents: nil))
        let file = try #require(FileHandle(forWritingAtPath: filler))
        // Bit by bit, so that the catalog finds no room for its next page either.
        while (try? file.write(contentsOf: Data(repeating: 1, count: 4096))) != nil {}
        try file.close()
        try await until("the daemon's word that no schedule runs") {
            try await daemon.holdfast("status").text.contains("no schedule runs")
        }
        try FileManager.default.removeItem(atPath: filler)
        let resumed = try await eventually(within: .seconds(90), "the end of the trouble") {
            try await daemon.messages().first { $0.code == .schedulesResumed }
        }
        #expect(resumed.severity == .info)
        let before = try await daemon.messages().count { $0.code == .scheduledMessage }
        try await until("another run by schedule") {
            try await daemon.messages().count { $0.code == .scheduledMessage } > before
        }
        #expect(try await !daemon.holdfast("status").text.contains("no schedule runs"))
    }

    @Test(.enabled(if: geteuid() == 0, "mounting needs root"))
    func aReadOnlyRepositoryIsSaidAndStillRestores() async throws {
        let mount = try await SmallDisk(megabytes: 16)
        var options = PrivateDaemon.Options()
        options.repository = "\(mount.path)/repository"
        let (daemon, ledger) = try await PrivateDaemon.withLedger(.wal, options)
        let backup = try await daemon.backUp("ledger.db")
        try await daemon.stop()
        try await mount.remount("ro")
        try await daemon.succeed(alone: ["verify", "--level", "pages"])
        try await daemon.succeed(alone: ["restore", "ledger.db", "--to", "\(daemon.restored)/alone"])
        try await daemon.start()
        try await daemon.proveByRestore("ledger.db", backup.id)
        try await ledger.append()
        let output = try await daemon.holdfast("backup", "ledger.db")
        #expect(output.status == 1, "\(output)")
        #expect((output.text + output.errors).contains("hint:"), "\(output)")
        try await mount.remount("rw")
        try await daemon.backUp("ledger.db")
        try await daemon.stop()
    }

    @Test func aSecondDaemonOnTheSameSocketOrRepositoryGivesWay() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let twin = try Child(
            Programs.daemon, ["--config", daemon.settings], output: daemon.folder.fresh("twin"))
        let ended = try await twin.wait(within: .seconds(30))
        #expect(ended.status == 11, "\(ended)")
        #expect(ended.errors.contains("hint:"), "\(ended)")
        var options = PrivateDaemon.Options()
        options.repository = daemon.repository
        options.keyFile = daemon.keyFile
        let rival = try PrivateDaemon(options)
        try await rival.ledger("rival.db").create()
        let child = try rival.launch()
        try await until("a start or a refusal") { !child.isAtWork || PrivateDaemon.accepts(rival.socket) }
        if child.isAtWork {
            let output = try await rival.holdfast("backup", "rival.db")
            #expect(output.status == 11, "\(output)")
        } else {
            #expect(child.status == 11, "\(child.errors)")
        }
        try await daemon.proveByRestore("ledger.db", daemon.backUp("ledger.db").id)
    }

    @Test func aSocketLeftByACrashIsNoHindranceButAnotherFileIs() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try await daemon.crash()
        #expect(FileManager.default.fileExists(atPath: daemon.socket))
        try await daemon.start()
        try await daemon.stop()
        try "precious".write(toFile: daemon.socket, atomically: true, encoding: .utf8)
        let child = try daemon.launch()
        let ended = try await child.wait(within: .seconds(30))
        #expect(ended.status != 0)
        #expect(ended.errors.contains("hint:"), "\(ended)")
        #expect(try String(contentsOfFile: daemon.socket, encoding: .utf8) == "precious")
    }

    @Test func aRestoreNeverReplacesWhatItIsNotTold() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try await daemon.backUp("ledger.db")
        let target = "\(daemon.restored)/taken"
        try "precious".write(toFile: target, atomically: true, encoding: .utf8)
        expectRefusal(try await daemon.holdfast("restore", "ledger.db", "--to", target), 2, .targetExists)
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
        try "precious".write(toFile: "\(daemon.restored)/side-wal", atomically: true, encoding: .utf8)
        expectRefusal(
            try await daemon.holdfast("restore", "ledger.db", "--to", "\(daemon.restored)/side"), 2, .targetExists)
        let inside = try daemon.folder.makeFolder("restored/folder")
        let output = try await daemon.holdfast("restore", "ledger.db", "--to", inside)
        #expect(output.status == 2, "\(output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: inside).isEmpty)
        let nowhere = try await daemon.holdfast("restore", "ledger.db", "--to", "\(daemon.restored)/no/such/folder/x")
        #expect(nowhere.status != 0 && nowhere.errors.contains("hint:"), "\(nowhere)")
        #expect(
            Set(try FileManager.default.contentsOfDirectory(atPath: daemon.restored)) == [
                "taken", "side-wal", "folder",
            ])
    }

    @Test(.enabled(if: geteuid() == 0, "mounting needs root"))
    func aRestoreWithoutRoomLeavesNothingBehind() async throws {
        let mount = try await SmallDisk(megabytes: 1)
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try await daemon.ledger("big.db").create(.delete, size: 4 << 20)
        try await daemon.backUp("big.db")
        let output = try await daemon.holdfast("restore", "big.db", "--to", "\(mount.path)/big.db")
        #expect(output.status == 1, "\(output)")
        #expect(output.errors.contains("[\(Code.outOfSpace.rawValue)]"), "\(output)")
        #expect(output.errors.contains("hint:"), "\(output)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: mount.path).isEmpty)
        try await mount.remount("ro")
        let shut = try await daemon.holdfast("restore", "big.db", "--to", "\(mount.path)/big.db")
        #expect(shut.status != 0 && shut.errors.contains("hint:"), "\(shut)")
    }

    @Test func unknownSettingsNameTheNearestAndABadReloadKeepsTheOld() async throws {
        var options = PrivateDaemon.Options()
        options.head = ["time_zoen = \"Europe/Berlin\""]
        let bad = try PrivateDaemon(options)
        let checked = try await bad.folder.run(Programs.daemon, ["--config", bad.settings, "--check"])
        #expect(checked.status == 78, "\(checked)")
        #expect(checked.errors.contains("time_zone"), "\(checked)")
        let started = try await bad.launch().wait(within: .seconds(30))
        #expect(started.status == 78, "\(started)")

        let (daemon, _) = try await PrivateDaemon.withLedger()
        try (String(contentsOfFile: daemon.settings, encoding: .utf8) + "\n[backpu]\nparallel = 3\n")
            .write(toFile: daemon.settings, atomically: true, encoding: .utf8)
        daemon.signal(SIGHUP)
        try await until("a message about the settings") {
            try await daemon.messages().contains { $0.code == .badSettings }
        }
        try await daemon.backUp("ledger.db")
    }

    @Test func aClientThatVanishesHarmsNobody() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        for text in ["GET /v1/sta", "POST /v1/backups HTTP/1.1\r\nHost: x\r\nContent-Length: 500\r\n\r\n{\"datab"] {
            close(try RawHTTP.send(daemon.socket, text))
        }
        try await ledger.append()
        let client = try Child(
            Programs.command, ["backup", "ledger.db", "--socket", daemon.socket],
            output: daemon.folder.fresh("client"))
        client.killGroup()
        let backup = try await daemon.backUp("ledger.db")
        let download = try RawHTTP.send(
            daemon.socket, "GET /v1/backups/\(backup.id)/content HTTP/1.1\r\nHost: x\r\n\r\n")
        close(download)
        try await daemon.proveByRestore("ledger.db", backup.id)
        #expect(daemon.isAtWork)
    }

    @Test func oddRequestsAreRefusedWithAProblem() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let cases: [(String, String, String, String)] = [
            ("GET", "/v1/nothing", "", "404"), ("DELETE", "/v1/status", "", "405"),
            ("GET", "/v1/backups/..%2f..%2fetc", "", "404"), ("POST", "/v1/backups", "{", "400"),
            ("POST", "/v1/backups", "[1,2]", "400"), ("GET", "/v1/backups?limit=x", "", "400"),
            ("POST", "/v1/restores", #"{"database":"ledger.db"}"#, "40"),
        ]
        for (method, path, body, status) in cases {
            let reply = try RawHTTP.exchange(daemon.socket, method, path, body: body)
            #expect(reply.hasPrefix("HTTP/1.1 \(status)"), "\(method) \(path): \(reply)")
            #expect(reply.contains("\"code\""), "\(method) \(path): \(reply)")
        }
        #expect(try RawHTTP.exchange(daemon.socket, "GET", "/v1/openapi.json").contains("\"3.1"))
    }
}
