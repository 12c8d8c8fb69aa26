import Commands
import Foundation
import Glibc
import Model
import Platform
import Testing
import Wire

/// The first hour: from settings without a server to backups that are proven, by the real daemon.
@Suite(.enabled(if: geteuid() == 0, "setup gives files to the daemon's user")) struct SetupTests {
    @Test func withYesEverythingThatIsFoundIsProven() async throws {
        let fixture = try SetupFixture()
        let ledger = try await fixture.ledger("crm/data/app.db")
        for name in ["crm/data/more/other.db", "shop/shop.db", "shop/cache/copy.db", "shop/.hidden/own.db"] {
            try await fixture.ledger(name)
        }
        #expect(await fixture.run("setup", "--yes") == 0, "\(fixture.output)\(fixture.errors)\(fixture.unit.errors)")
        #expect(fixture.output.contains("all 5 databases are proven restorable\nnext: copy \(fixture.keyFile)"))
        let words = SetupFixture.recoveryWords(fixture.output)
        #expect(words.count == 17 && words.allSatisfy { $0.count == 5 })
        #expect(!fixture.errors.contains(words[3]))

        let text = try String(contentsOfFile: fixture.servers, encoding: .utf8)
        #expect(text.contains("[servers.crm]\nengine = \"sqlite\"\nfolders = [\"\(fixture.searched)/crm/data\"]"))
        let settings = try #require(try Files.status(fixture.servers))
        #expect(settings.mode == 0o640 && settings.uid == 0)
        #expect(try Files.status(fixture.keyFile)?.mode == 0o600)
        let status = try WireCoding.decode(
            Status.self, from: try PrivateDaemon.good(await fixture.holdfast("status", "--json")).utf8)
        #expect(status.databases.count == 5, "a server's folder is backed up whole: \(status.databases.map(\.name))")

        let copy = "\(fixture.folder.path)/copy.db"
        _ = try PrivateDaemon.good(await fixture.holdfast("restore", "crm/app.db", "--to", copy))
        #expect(try await Ledger(copy, in: fixture.folder).check() == ledger.check())
        let open = ["--repository", fixture.repository, "--key-file", fixture.keyFile, "--json"]
        let keys = try await fixture.folder.run(Programs.command, ["repository", "keys", "list"] + open)
        let slots = try WireCoding.decode(Listing<KeySlot>.self, from: try PrivateDaemon.good(keys).utf8).items
        #expect(Set(slots.map(\.kind)) == [.keyFile, .recovery])
    }

    @Test func anotherRunAddsWhatIsNewAndLeavesTheRestAlone() async throws {
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        #expect(await fixture.run("setup", "--yes", "--no-drill") == 0, "\(fixture.errors)")
        #expect(fixture.output.contains("1 database backed up, not proven"))
        let edited =
            try String(contentsOfFile: fixture.servers, encoding: .utf8) + "progressive_every = \"1m\" # mine\n"
        try edited.write(toFile: fixture.servers, atomically: false, encoding: .utf8)
        #expect(await fixture.run("setup", "--yes") == 0, "\(fixture.errors)")
        #expect(try String(contentsOfFile: fixture.servers, encoding: .utf8) == edited)
        #expect(SetupFixture.recoveryWords(fixture.output).isEmpty && fixture.errors.contains("already"))
        #expect(fixture.output.hasPrefix("the database is proven restorable\n"))

        try await fixture.ledger("shop/shop.db")
        #expect(await fixture.run("setup", "--yes") == 0, "\(fixture.errors)")
        #expect(fixture.output.hasPrefix("all 2 databases are proven restorable\n"), "\(fixture.output)")
        let text = try String(contentsOfFile: fixture.servers, encoding: .utf8)
        #expect(text.hasPrefix(edited) && text.contains("[servers.shop]"))
    }

    @Test func aDryRunChangesNothing() async throws {
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        let before = try portrait(of: fixture.folder.path)
        #expect(await fixture.run("setup", "--dry-run") == 0, "\(fixture.errors)")
        #expect(fixture.output.contains("would set up:") && fixture.output.contains("[servers.crm]"))
        #expect(fixture.output.contains("a new repository \(fixture.repository), opened by \(fixture.keyFile)"))
        #expect(try portrait(of: fixture.folder.path) == before)
    }

    @Test func onATerminalItAsksAndHasTheWordsTypedBack() async throws {
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        try await fixture.ledger("shop/shop.db")
        let careful = SetupFixture.careful
        let status = await fixture.run("setup") { shown in
            shown.hasSuffix("protect \(fixture.searched)/shop? [Y/n] ") ? "no" : careful(shown)
        }
        #expect(status == 0, "\(fixture.output)\(fixture.errors)")
        #expect(fixture.output.contains("the database is proven restorable"))
        #expect(fixture.errors.matches(of: #/word \d+: /#).count == 2)
        #expect(try !String(contentsOfFile: fixture.servers, encoding: .utf8).contains("servers.shop"))
    }

    @Test func aRecoveryKeyThatNobodyWroteDownDoesNotStay() async throws {
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        let status = await fixture.run("setup") { $0.hasSuffix(": ") ? "wrong" : "" }
        #expect(status == 130)
        #expect(fixture.errors.contains("was not confirmed, and opens nothing [interrupted]\nhint: "))
        #expect(fixture.errors.contains("run `holdfast setup` again to go on"))
        #expect(await fixture.run("setup", answer: SetupFixture.careful) == 0, "\(fixture.output)\(fixture.errors)")
    }

    /// As when its disk isn't mounted.
    @Test func aRepositoryThatWentAwayIsNotMadeASecondTime() async throws {
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        #expect(await fixture.run("setup", "--yes", "--no-start") == 0, "\(fixture.errors)")
        try Files.rename(fixture.repository, to: "\(fixture.repository).away", replacing: false)
        #expect(await fixture.run("setup", "--yes", "--no-start") == 10)
        #expect(fixture.errors.contains("which is not there [repository-missing]\nhint: mount its disk"))
        #expect(!Files.exists(fixture.repository))
    }

    @Test func whatCannotBeProvenIsNamedWithItsReason() async throws {
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        try await fixture.ledger("crm/short.db", .delete)
        #expect(truncate("\(fixture.searched)/crm/short.db", 4096) == 0)
        #expect(await fixture.run("setup", "--yes", "--folder", "\(fixture.searched)/crm") == 3)
        #expect(fixture.output.contains("1 of 2 databases is proven restorable; crm/short.db: "), "\(fixture.output)")
    }

    @Test func withoutAServiceManagerItSaysHowToGoOn() async throws {
        let fixture = try SetupFixture(isManaged: false)
        try await fixture.ledger("crm/app.db")
        #expect(await fixture.run("setup", "--yes") == 3)
        #expect(fixture.errors.contains("start `holdfastd --config \(fixture.settings)`"), "\(fixture.errors)")
        #expect(Files.exists("\(fixture.repository)/repository.json") && Files.exists(fixture.servers))
        try await fixture.unit.start()
        try await until("holdfastd") { PrivateDaemon.accepts("\(fixture.folder.path)/s") }
        #expect(await fixture.run("setup", "--yes") == 0, "\(fixture.output)\(fixture.errors)")
        #expect(fixture.output.contains("the database is proven restorable"))
    }

    @Test func eachLineOfJSONIsAnEvent() async throws {
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        #expect(await fixture.run("setup", "--yes", "--no-start", "--json") == 0, "\(fixture.errors)")
        let events = try fixture.output.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(events.allSatisfy { $0["step"] is String && $0["message"] is String } && fixture.errors.isEmpty)
        let words = events.compactMap { $0["recovery_words"] as? String }
        #expect(words.count == 1 && words[0].split(separator: " ").count == 17)
    }

    @Test func anotherPlaceForTheRepositoryIsWrittenDownAndOpenedInTheUnit() async throws {
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        let text = try String(contentsOfFile: fixture.settings, encoding: .utf8)
        let place = "\(fixture.folder.path)/disk/backups"
        // What root has set stays.
        #expect(await fixture.run("setup", "--yes", "--repository", place) == 78)
        #expect(fixture.errors.contains("repository.path is set already (\(fixture.settings):5) [bad-settings]"))
        try text.replacing(/path = .*repository"\n/, with: "").replacing(/key_file.*\n/, with: "")
            .write(toFile: fixture.settings, atomically: true, encoding: .utf8)
        let key = "\(fixture.folder.path)/etc/other.key"
        let words = ["setup", "--yes", "--repository", place, "--key-file", key]
        #expect(
            await fixture.run(words[0], words[1], words[2], words[3], words[4], words[5]) == 0,
            "\(fixture.output)\(fixture.errors)\(fixture.unit.errors)")
        let own = try String(contentsOfFile: "\(fixture.folder.path)/etc/conf.d/repository.toml", encoding: .utf8)
        #expect(own == "[repository]\npath = \"\(place)\"\nkey_file = \"\(key)\"\n")
        let unit = try String(contentsOfFile: "\(fixture.folder.path)/unit", encoding: .utf8)
        #expect(unit == "[Unit]\nRequiresMountsFor=\(place)\n[Service]\nReadWritePaths=\(place)")
    }

    @Test func aKeyThatLiesEncryptedIsLeftToTheDaemon() async throws {
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        #expect(await fixture.run("setup", "--yes") == 0, "\(fixture.errors)")
        // From now on only the daemon has the key.
        let sealed = "\(fixture.folder.path)/sealed"
        try Files.rename(fixture.keyFile, to: sealed, replacing: false)
        try "[Service]\nLoadCredentialEncrypted=repository-key:\(sealed)\n"
            .write(toFile: "\(fixture.folder.path)/unit-file", atomically: true, encoding: .utf8)
        try String(contentsOfFile: fixture.settings, encoding: .utf8)
            .replacing("key_file = \"\(fixture.keyFile)\"", with: "credential = \"repository-key\"")
            .write(toFile: fixture.settings, atomically: true, encoding: .utf8)
        let credentials = try fixture.folder.makeFolder("credentials")
        try Files.writeDurably(try Files.read(sealed), to: "\(credentials)/repository-key", mode: 0o600)
        try await fixture.unit.restart(environment: ["CREDENTIALS_DIRECTORY": credentials])
        try await until("holdfastd") { PrivateDaemon.accepts("\(fixture.folder.path)/s") }
        try await fixture.ledger("shop/shop.db")
        #expect(await fixture.run("setup", "--yes") == 0, "\(fixture.output)\(fixture.errors)\(fixture.unit.errors)")
        #expect(fixture.output.hasPrefix("all 2 databases are proven restorable\nnext: keep the recovery key"))
        #expect(fixture.errors.contains("only the daemon opens it, by \(sealed)"), "\(fixture.errors)")
    }

    @Test func whatTheUnitWasStartedWithoutTakesARestart() async throws {
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        #expect(await fixture.run("setup", "--yes", "--no-drill") == 0, "\(fixture.errors)")
        #expect(await fixture.run("setup", "--yes", "--no-drill") == 0, "\(fixture.errors)")
        #expect(fixture.errors.contains("holdfastd has read the settings"), "\(fixture.errors)")
        fixture.unit.set(UnitState(properties: ["LoadState": "loaded", "NeedDaemonReload": "yes"]))
        #expect(await fixture.run("setup", "--yes", "--no-drill") == 0, "\(fixture.errors)")
        #expect(fixture.errors.contains("restarted holdfastd"), "\(fixture.errors)")
    }

    @Test func aLinkAndItsModeStayWhenServersAreAdded() async throws {
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        #expect(await fixture.run("setup", "--yes", "--no-start") == 0, "\(fixture.errors)")
        let place = "\(fixture.folder.path)/kept.toml"
        try Files.rename(fixture.servers, to: place, replacing: false)
        try Files.makeSymbolicLink(fixture.servers, to: place)
        try Files.setMode(place, 0o664)
        try await fixture.ledger("shop/shop.db")
        #expect(await fixture.run("setup", "--yes", "--no-start") == 0, "\(fixture.errors)")
        #expect(try Files.status(fixture.servers, followLinks: false)?.kind == .symbolicLink)
        #expect(try Files.status(place)?.mode == 0o664)
        #expect(try String(contentsOfFile: place, encoding: .utf8).contains("[servers.shop]"))
    }

    @Test func setupsOwnBackupStartsNoCooldown() async throws {
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        let text = try String(contentsOfFile: fixture.settings, encoding: .utf8)
        try text.replacing("on_demand_cooldown = \"0s\"", with: "on_demand_cooldown = \"10m\"")
            .write(toFile: fixture.settings, atomically: true, encoding: .utf8)
        #expect(await fixture.run("setup", "--yes", "--no-drill") == 0, "\(fixture.errors)")
        #expect(try await fixture.holdfast("backup", "crm/app.db").status == 0)
        #expect(try await fixture.holdfast("backup", "crm/app.db").status == 14)
    }

    @Test func copiesAreNotOfferedForProtection() async throws {
        let fixture = try SetupFixture()
        for name in ["crm/app.db", "restored/copy.db", "root/Downloads/app.db", "roots/own.db"] {
            try await fixture.ledger(name)
        }
        let text = "restore_roots = [\"\(fixture.searched)/roots\"]\n"
        try (text + String(contentsOfFile: fixture.settings, encoding: .utf8))
            .write(toFile: fixture.settings, atomically: true, encoding: .utf8)
        #expect(await fixture.run("setup", "--dry-run") == 0, "\(fixture.errors)")
        #expect(fixture.output.contains("[servers.crm]"), "\(fixture.output)")
        #expect(!fixture.output.contains("[servers.r"), "\(fixture.output)")
    }

    @Test func whatARestoreWroteBesideIsNotOfferedUntilItIsMoved() async throws {
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        #expect(await fixture.run("setup", "--yes", "--no-drill") == 0, "\(fixture.errors)")
        for name in ["look", "moved"] {
            let folder = "\(fixture.searched)/\(name)"
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            _ = try PrivateDaemon.good(await fixture.holdfast("restore", "crm/app.db", "--to", "\(folder)/copy.db"))
        }
        let (look, moved) = ("\(fixture.searched)/look", "\(fixture.searched)/moved")
        try FileManager.default.moveItem(atPath: "\(moved)/copy.db", toPath: "\(moved)/shop.db")
        #expect(await fixture.run("setup", "--dry-run") == 0, "\(fixture.errors)")
        #expect(fixture.output.contains("[servers.moved]"), "\(fixture.output)")
        #expect(!fixture.output.contains("[servers.look]"), "\(fixture.output)")
        #expect(
            fixture.errors.contains("left out \(look)/copy.db, which a restore has written beside a database"),
            "\(fixture.errors)")
        #expect(await fixture.run("setup", "--dry-run", "--folder", look) == 0, "\(fixture.errors)")
        #expect(fixture.output.contains("[servers.look]"), "\(fixture.output)")
    }

    @Test func whatCameBackToItsPlaceIsOffered() async throws {
        let fixture = try SetupFixture()
        let ledger = try await fixture.ledger("crm/app.db", .delete)
        let last = try await ledger.check()
        #expect(await fixture.run("setup", "--yes", "--no-drill") == 0, "\(fixture.errors)")
        try FileManager.default.removeItem(atPath: "\(fixture.searched)/crm/app.db")
        _ = try PrivateDaemon.good(
            await fixture.holdfast("restore", "crm/app.db", "--to", "\(fixture.searched)/crm/app.db"))
        #expect(try await ledger.check() == last)
        // As on a new machine, whose settings are still to be made.
        try FileManager.default.removeItem(atPath: fixture.servers)
        #expect(await fixture.run("setup", "--dry-run") == 0, "\(fixture.errors)")
        #expect(fixture.output.contains("[servers.crm]"), "\(fixture.output)")
    }

    @Test func foldersOfTheDaemonsOwnAndOfRestoresAreNotOfferedAlsoWhereTheSearchBegins() async throws {
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        let state = "\(fixture.folder.path)/state"
        try FileManager.default.createDirectory(atPath: "\(state)/inner", withIntermediateDirectories: true)
        for folder in [state, "\(state)/inner"] {
            #expect(await fixture.run("setup", "--yes", "--folder", folder) == 2)
            #expect(
                fixture.errors.contains("\(folder) is in \(state), a folder of the daemon's own"), "\(fixture.errors)")
        }
        let text = "restore_roots = [\"\(fixture.searched)\"]\n"
        try (text + String(contentsOfFile: fixture.settings, encoding: .utf8))
            .write(toFile: fixture.settings, atomically: true, encoding: .utf8)
        #expect(await fixture.run("setup", "--dry-run") == 16, "\(fixture.output)")
        #expect(
            fixture.errors.contains("nothing is looked for in \(fixture.searched), where restores go"),
            "\(fixture.errors)")
        #expect(
            await fixture.run("setup", "--dry-run", "--folder", "\(fixture.searched)/crm") == 0, "\(fixture.errors)")
        #expect(fixture.output.contains("[servers.crm]"), "\(fixture.output)")
    }

    @Test func aRepositoryInMemoryIsToldBeforeItIsMade() async throws {
        let disk = try await SmallDisk(megabytes: 16)
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        let text = try String(contentsOfFile: fixture.settings, encoding: .utf8)
        try text.replacing(/path = .*repository"\n/, with: "")
            .write(toFile: fixture.settings, atomically: true, encoding: .utf8)
        #expect(await fixture.run("setup", "--dry-run", "--repository", "\(disk.path)/repository") == 0)
        #expect(fixture.errors.contains("\(disk.path)/repository is in memory (tmpfs)"), "\(fixture.errors)")
    }

    @Test func itRefusesWhatItCannotDo() async throws {
        let fixture = try SetupFixture()
        #expect(await fixture.run("setup", "--yes", isRoot: false) == 13)
        #expect(fixture.errors.contains("hint: run it as root: sudo holdfast setup"))
        #expect(await fixture.run("setup") == 2)
        #expect(fixture.errors.contains("hint: add --yes"))
        #expect(await fixture.run("setup", "--yes") == 16)
        #expect(fixture.errors.contains("hint: name folders with --folder DIR"))
        #expect(await fixture.run("setup", "--yes", "--folder", "/nonexistent") == 16)
        let hiding = try SetupFixture(hiddenFolders: ["/tmp"])
        try await hiding.ledger("crm/app.db")
        #expect(await hiding.run("setup", "--yes", "--folder", "\(hiding.searched)/crm") == 2)
        #expect(hiding.errors.contains("has a /tmp of its own, and can't see \(hiding.searched)/crm"))
        try "[backup]\nparalel = 2\n".write(toFile: fixture.settings, atomically: true, encoding: .utf8)
        #expect(await fixture.run("setup", "--yes") == 78)
        #expect(!Files.exists(fixture.servers) && !Files.exists(fixture.keyFile))
    }
}
