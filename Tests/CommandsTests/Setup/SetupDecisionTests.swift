import Commands
import Model
import Platform
import Settings
import Testing
import Wire
import WireTestSupport

/// What a setup proposes, by what it found.
@Suite struct SetupDecisionTests {
    private func proposals(_ paths: String...) -> [FolderProposal] {
        FolderProposal.grouping(
            paths.map { SurveyedFile(path: $0, size: ByteCount(4096), device: 7) },
            searched: ["/srv", "/var/lib", "/home", "/root"])
    }

    @Test func databasesOfOneApplicationAreOneFolder() {
        let found = proposals(
            "/srv/crm/data/2025/a.db", "/srv/crm/data/b.db", "/srv/crm/data/c.db", "/srv/shop/shop.db")
        #expect(found.map(\.folder) == ["/srv/crm/data", "/srv/shop"])
        #expect(found.map(\.name) == ["crm", "shop"])
        #expect(found.map(\.files) == [3, 1] && found[0].size == ByteCount(3 * 4096))
        #expect(found.allSatisfy { !$0.isShallow && $0.devices == [7] })
    }

    @Test func theFolderIsTheDeepestThatHoldsAll() {
        #expect(proposals("/var/lib/grafana/a/x.db", "/var/lib/grafana/b/y.db").map(\.folder) == ["/var/lib/grafana"])
        #expect(proposals("/var/lib/grafana/grafana.db").map(\.folder) == ["/var/lib/grafana"])
    }

    @Test func homesAreToldApartByWhatIsInThem() {
        let found = proposals("/home/anna/shop/db/a.db", "/home/anna/club/b.db", "/home/bert/shop/c.db")
        #expect(found.map(\.folder) == ["/home/anna/club", "/home/anna/shop/db", "/home/bert/shop"])
        #expect(found.map(\.name) == ["club", "shop", "shop"])
    }

    @Test func whatLiesBesideApplicationsTakesNothingBelowWithIt() {
        let found = proposals("/srv/lonely.db", "/srv/crm/a.db", "/home/anna/notes.db")
        #expect(found.map(\.folder) == ["/home/anna", "/srv", "/srv/crm"])
        #expect(found.map(\.isShallow) == [true, true, false])
    }

    @Test func aPathThatNoSettingsFileCanHoldIsLeftOut() {
        #expect(proposals("/srv/a\nb/x.db", "/srv/\u{EF80}/x.db").isEmpty)
    }

    @Test func foldersAreToldApartByTheirBytes() {
        // A combining mark makes one character of itself and the slash before it, U+0600 of itself and what follows.
        let found = proposals("/srv/\u{301}a/x.db", "/srv/b\u{600}/y.db", "/srv/b\u{600}/\u{301}c/z.db")
        #expect(found.map(\.files) == [2, 1] && found.map(\.isShallow) == [false, false])
        #expect(found[0].folder.isSame(as: "/srv/b\u{600}") && found[1].name.isSame(as: "\u{301}a"))
        // The same letter, written in two ways.
        #expect(proposals("/srv/caf\u{e9}/x.db", "/srv/cafe\u{301}/y.db").map(\.files) == [1, 1])
        #expect(FolderProposal.contains("/srv", "/srv/\u{301}a") && !FolderProposal.contains("/srv", "/srvs"))
        #expect(!FolderProposal.contains("/srv/caf\u{e9}", "/srv/cafe\u{301}/y.db"))
        #expect(FolderProposal.isCopy("/srv/restored/\u{301}x.db"))
    }

    @Test func aUnitFileIsReadByItsBytes() {
        let unit = UnitFile(
            text: "[Service]\r\nLoadCredential=key:/etc/\u{301}k\r\nLoadCredentialEncrypted=s:/\u{301}s\n"
                + "ReadWritePaths=+/\u{301}a \"/with \u{301}blank\" -/missing\n")
        #expect(unit.credentials.map(\.name) == ["key", "s"] && unit.credentials.map(\.isSealed) == [false, true])
        #expect(unit.credentials.map { Array($0.path.utf8) } == ["/etc/\u{301}k", "/\u{301}s"].map { Array($0.utf8) })
        #expect(unit.folders.map { Array($0.utf8) } == ["/\u{301}a", "/with \u{301}blank"].map { Array($0.utf8) })
    }

    @Test func namesAreFitForSettingsAndUnique() {
        var names = ServerNames(taken: ["crm"])
        #expect(names.name(for: "crm") == "crm-2" && names.name(for: "crm") == "crm-3")
        #expect(names.name(for: "Ünser Büro.v2") == "nser-B-ro-v2")
        #expect(names.name(for: "日本") == "server" && names.name(for: "") == "server-2")
        let long = String(repeating: "x", count: 40)
        #expect(names.name(for: long).count == 31)
        #expect(names.name(for: long) == String(repeating: "x", count: 29) + "-2")
        #expect(names.name(forCluster: "/var/lib/postgresql/15/main") == "main")
        #expect(names.name(forCluster: "/tmp/hfpg-1/data") == "postgres")
        #expect(names.name(forCluster: "/srv/15\u{600}/shop") == "shop")
    }

    @Test func theRepositoryStaysWhereItIsAndOtherDisksAreOffered() {
        let disks = [
            ("/", 1, 100), ("/mnt/small", 2, 1), ("/mnt/b", 3, 50), ("/mnt/a", 4, 90), ("/srv", 7, 500),
        ].map { RepositoryChoice.Disk(path: $0.0, device: $0.1, free: ByteCount($0.2 << 30)) }
        let choices = RepositoryChoice.all(
            standard: ("/var/lib/holdfast/repository", disks[0]), disks: disks, sources: [1, 7],
            needed: ByteCount(10 << 30))
        #expect(choices.map(\.path) == ["/var/lib/holdfast/repository", "/mnt/a/holdfast", "/mnt/b/holdfast"])
        #expect(choices.map(\.sharesDisk) == [true, false, false])
    }

    @Test func theLimitForSlotsLeavesRoomAndOthersAlone() {
        func proposed(_ gigabytes: Int, _ others: [String] = []) -> SlotLimit {
            .proposed(free: ByteCount(gigabytes << 30), otherSlots: others)
        }
        #expect(proposed(0) == .set(1) && proposed(20) == .set(5) && proposed(1000) == .set(10))
        #expect(proposed(1000, ["standby"]) == .leftTo(slots: ["standby"]))
        #expect(proposed(1000, ["standby"]).statements.isEmpty)
        #expect(proposed(20).statements[0] == "ALTER SYSTEM SET max_slot_wal_keep_size = '5GB'")
    }

    @Test func whatIsInTheServersFileStaysByteForByte() throws {
        let edited = "# mine\n[servers.crm]\nfolders = [\"/srv/crm\"] # all of it\nprogressive_every = \"1m\""
        let text = ServersFile.text(
            before: edited,
            adding: [
                .sqlite("q", folder: "/srv/with \"quotes\" and \\", exclude: ["*/*"]),
                .postgres("main", connection: "host=/var/run/postgresql user=holdfast"),
            ])
        #expect(text.hasPrefix(edited + "\n"))
        let (main, file) = ("/nonexistent/holdfast.toml", "/nonexistent/conf.d/servers.toml")
        let settings = try #require(SettingsFiles.check(main, with: [main: "", file: text]).settings)
        #expect(settings.servers.map(\.name) == ["crm", "main", "q"])
        #expect(settings.server("q")?.folders == ["/srv/with \"quotes\" and \\"])
        #expect(settings.server("q")?.exclude == ["*/*"] && settings.server("crm")?.progressive == .seconds(60))
        #expect(settings.server("main")?.connection == "host=/var/run/postgresql user=holdfast")
        #expect(settings.server("main")?.socket?.port == 5432)
        #expect(ServersFile.text(before: nil, adding: []).hasPrefix("# Servers that"))
    }

    @Test func twoDifferentWordsAreAskedFor() {
        var generator = SystemRandomNumberGenerator()
        let words = (0..<17).map { "word\(String(repeating: "a", count: $0))" }
        let quiz = RecoveryQuiz(words.joined(separator: " "), using: &generator)
        #expect(quiz.asked.count == 2 && quiz.asked[0] < quiz.asked[1] && quiz.asked[1] < 17)
        for position in quiz.asked {
            #expect(quiz.accepts(words[position].uppercased(), at: position))
            #expect(!quiz.accepts("other", at: position) && !quiz.accepts("", at: position))
            #expect(quiz.question(position) == "word \(position + 1): ")
        }
    }

    @Test func theConclusionCountsWhatIsProvenAndSaysWhyTheRestIsNot() {
        func database(_ name: String, proven: Bool, backedUp: Bool = true, fault: String? = nil) -> Database {
            var database = Samples.database
            database.name = DatabaseName(name)
            database.lastBackup = backedUp ? Samples.instant : nil
            database.lastProven = proven ? Samples.instant : nil
            database.fault = fault.map { ProblemObject(Fault(.databaseUnreadable, $0)) }
            return database
        }
        func conclusion(_ all: [Database], drilled: Bool = true, _ others: [String] = []) -> SetupConclusion {
            SetupConclusion(all, isDrilled: drilled, otherFailures: others, keyFile: "/key", repository: "/repository")
        }
        let good = [database("a/x", proven: true), database("a/y", proven: true)]
        #expect(conclusion(good).isGood && conclusion(good).proven == 2)
        #expect(conclusion(good).text.hasPrefix("all 2 databases are proven restorable\nnext: copy /key to another"))
        let mixed = conclusion(good + [database("b", proven: false, backedUp: false, fault: "b is cut short")])
        #expect(!mixed.isGood && mixed.text.hasPrefix("2 of 3 databases are proven restorable; b: b is cut short\n"))
        #expect(!conclusion(good, ["server main: no"]).isGood)
        #expect(!conclusion([]).isGood && conclusion([]).text.hasPrefix("no database was found"))
        let undrilled = conclusion([database("a", proven: false)], drilled: false)
        #expect(undrilled.isGood && undrilled.text.hasPrefix("1 database backed up, not proven"))
        #expect(!conclusion([database("a", proven: false)]).isGood)
    }

    @Test func aDropInOfAnAdminStays() throws {
        let folder = "/tmp/holdfast-dropin-\(Identifier.random())"
        defer { try? Files.removeTree(folder) }
        let lines = ["[Service]", "ReadWritePaths=/mnt/r"]
        let dropIn = UnitDropIn(in: folder)
        let own = "\(folder)/repository.conf"
        #expect(try dropIn.write(lines))
        #expect(try !dropIn.write(lines), "nothing to restart for")
        #expect(try Files.read(own) == Array("# By `holdfast setup`.\n[Service]\nReadWritePaths=/mnt/r\n".utf8))
        // An admin's own takes its place.
        let mine = Array("[Service]\nCPUWeight=10\n".utf8)
        try Files.writeDurably(mine, to: own, mode: 0o644)
        #expect(try dropIn.write(lines))
        #expect(try Files.read(own) == mine && Files.exists("\(folder)/holdfast-setup.conf"))
        try Files.writeDurably(mine, to: "\(folder)/holdfast-setup.conf", mode: 0o644)
        let fault = #expect(throws: Fault.self) { try dropIn.write(lines) }
        #expect(fault?.hint?.contains("ReadWritePaths=/mnt/r") == true)
        try Files.writeDurably(Array("[Service]\nReadWritePaths=/mnt/r\n".utf8), to: own, mode: 0o644)
        #expect(try !dropIn.write(lines), "the admin's says it already")
    }
}
