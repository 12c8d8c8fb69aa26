import Foundation
import Glibc
import Model
import Testing
import Wire

/// Databases that are not as they should be: a clear word about each, none harmed, all others backed up.
@Suite(.realDaemon) struct BadDatabaseTests {
    private static func write(_ bytes: some Sequence<UInt8>, _ path: String) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }

    private static let header = Array("SQLite format 3\u{0}".utf8)

    /// Backs up everything and expects that the sound ledger made it, that nothing beside the databases changed, and
    /// that the database named is spoken of.
    private static func expectOthersBackedUp(
        _ daemon: PrivateDaemon, spokenOf name: String?, at location: SourceLocation = #_sourceLocation
    ) async throws {
        let before = try portrait(of: daemon.databases)
        let output = try await daemon.holdfast("backup", "--all", within: .seconds(120))
        #expect(try portrait(of: daemon.databases) == before, sourceLocation: location)
        try await daemon.proveByRestore("ledger.db", try await daemon.newest("ledger.db").id)
        guard let name else {
            #expect(output.status == 0, "\(output)", sourceLocation: location)
            return
        }
        #expect(output.status == 3, "\(output)", sourceLocation: location)
        let listed = try await daemon.read(Listing<Database>.self, "databases").items
        let bad = listed.first { $0.name.matches(name) }
        #expect(bad?.fault?.hint != nil, "\(listed)", sourceLocation: location)
    }

    @Test func anEmptyFileIsReportedWhenItIsCalledLikeADatabase() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try Self.write([], "\(daemon.databases)/note.txt")
        try await Self.expectOthersBackedUp(daemon, spokenOf: nil)
        try Self.write([], "\(daemon.databases)/empty.db")
        try await Self.expectOthersBackedUp(daemon, spokenOf: "empty.db")
    }

    @Test func aFileThatOnlyLooksLikeADatabaseIsReported() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try Self.write(
            Self.header + (0..<8192).map { UInt8(truncatingIfNeeded: $0 &* 37) }, "\(daemon.databases)/fake.db")
        try await Self.expectOthersBackedUp(daemon, spokenOf: "fake.db")
    }

    @Test func aHeaderAloneIsReported() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try Self.write(Self.header, "\(daemon.databases)/head.db")
        try await Self.expectOthersBackedUp(daemon, spokenOf: "head.db")
    }

    @Test func randomBytesAreLeftAloneUnlessTheSettingsNameThem() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try Self.write((0..<20_000).map { _ in UInt8.random(in: 0...255) }, "\(daemon.databases)/photo.raw")
        try await Self.expectOthersBackedUp(daemon, spokenOf: nil)
        var options = PrivateDaemon.Options()
        options.tail = ["include = [\"*.db\"]"]
        let (named, _) = try await PrivateDaemon.withLedger(.wal, options)
        try Self.write((0..<20_000).map { _ in UInt8.random(in: 0...255) }, "\(named.databases)/encrypted.db")
        try await Self.expectOthersBackedUp(named, spokenOf: "encrypted.db")
    }

    @Test func aTruncatedDatabaseIsReported() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let cut = try await daemon.ledger("cut.db").create(.delete)
        try Self.write(try content(cut.path).prefix(100_000), cut.path)
        try await Self.expectOthersBackedUp(daemon, spokenOf: "cut.db")
    }

    @Test func anUnreadableDatabaseIsReported() async throws {
        guard geteuid() != 0 else { return }
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let shut = try await daemon.ledger("shut.db").create(.delete)
        chmod(shut.path, 0)
        try await Self.expectOthersBackedUp(daemon, spokenOf: "shut.db")
    }

    @Test func aHotJournalIsRolledBackInTheBackupAloneNotInPlace() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let crashed = try await daemon.ledger("crashed.db").create(.delete, size: 1 << 20)
        try await crashed.append(3)
        let holder = try await crashed.startHolder("--spill")
        holder.killGroup()
        #expect(FileManager.default.fileExists(atPath: crashed.path + "-journal"))
        try await Self.expectOthersBackedUp(daemon, spokenOf: nil)
        #expect(try await daemon.proveByRestore("crashed.db", daemon.newest("crashed.db").id) == 3)
    }

    @Test func aLogLeftByACrashIsPartOfTheBackup() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let crashed = try await daemon.ledger("crashed.db").create(.wal)
        let holder = try await crashed.startHolder()
        try await crashed.append(4)
        holder.killGroup()
        #expect(FileManager.default.fileExists(atPath: crashed.path + "-wal"))
        try await Self.expectOthersBackedUp(daemon, spokenOf: nil)
        #expect(try await daemon.proveByRestore("crashed.db", daemon.newest("crashed.db").id) == 4)
    }

    @Test func aLogWithoutItsIndexIsPartOfTheBackup() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let crashed = try await daemon.ledger("crashed.db").create(.wal)
        let holder = try await crashed.startHolder()
        try await crashed.append(4)
        holder.killGroup()
        try FileManager.default.removeItem(atPath: crashed.path + "-shm")
        try await Self.expectOthersBackedUp(daemon, spokenOf: nil)
        #expect(try await daemon.proveByRestore("crashed.db", daemon.newest("crashed.db").id) == 4)
    }

    @Test func aHolderInExclusiveModeIsReportedAndWaitedForNoLongerThanSensible() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let held = try await daemon.ledger("held.db").create(.delete)
        let holder = try await held.startHolder("--exclusive")
        let output = try await daemon.holdfast("backup", "--all", within: .seconds(120))
        #expect(output.status == 3, "\(output)")
        try await daemon.proveByRestore("ledger.db", daemon.newest("ledger.db").id)
        holder.endInput()
        _ = try await holder.wait(within: .seconds(10))
        try await daemon.proveByRestore("held.db", daemon.backUp("held.db").id)
    }

    @Test(arguments: [
        "with space.db", "line\nbreak.db", "Größe 数据 🗄.db", "..hidden..db", "a'b\"c\\d.db", "-rf.db", "%2e.db",
    ])
    func anyNameIsBackedUpAndRestored(_ name: String) async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let odd = try await daemon.ledger(name).create()
        try await daemon.succeed("backup", "--all")
        let listed = try await daemon.backups()
        let backup = try #require(listed.first { $0.database.text != "own/ledger.db" })
        #expect(!backup.database.text.contains("\n"))
        let copy = daemon.folder.fresh("restored/copy")
        try await daemon.succeed("restore", backup.database.text, "--to", copy)
        #expect(try content(copy) == content(odd.path))
        try await odd.append()
        try await daemon.succeed("restore", backup.database.text, "--in-place", "--yes")
        #expect(try content(copy) == content(odd.path))
        #expect(try await daemon.holdfast("databases").text.contains("\n\n") == false)
    }

    @Test func linksAreNotFollowedOutOfTheFolderNorInCircles() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let outside = try daemon.folder.makeFolder("outside")
        try await Ledger("\(outside)/secret.db", in: daemon.folder).create()
        let files = FileManager.default
        try files.createSymbolicLink(atPath: "\(daemon.databases)/loop", withDestinationPath: daemon.databases)
        try files.createSymbolicLink(atPath: "\(daemon.databases)/out", withDestinationPath: outside)
        try files.createSymbolicLink(atPath: "\(daemon.databases)/out.db", withDestinationPath: "\(outside)/secret.db")
        try files.createSymbolicLink(atPath: "\(daemon.databases)/dangling.db", withDestinationPath: "/nonexistent")
        try files.createSymbolicLink(atPath: "\(daemon.databases)/self.db", withDestinationPath: "self.db")
        try await Self.expectOthersBackedUp(daemon, spokenOf: nil)
        #expect(try await daemon.backups().map(\.database.text) == ["own/ledger.db"])
    }

    @Test func aFolderThatIsGoneIsUnreachableAndDeletesNothing() async throws {
        var options = PrivateDaemon.Options()
        let elsewhere = try PrivateFolder()
        let far = try elsewhere.makeFolder("far")
        options.servers = ["near": [try elsewhere.makeFolder("near")], "far": [far]]
        let daemon = try await PrivateDaemon.started(options)
        try await Ledger("\(elsewhere.path)/near/near.db", in: daemon.folder).create()
        try await Ledger("\(far)/far.db", in: daemon.folder).create()
        try await daemon.succeed("backup", "--all")
        let moved = far + "-unmounted"
        try FileManager.default.moveItem(atPath: far, toPath: moved)
        let output = try await daemon.holdfast("backup", "--all")
        #expect(output.status == 3 || output.status == 0, "\(output)")
        let gone = try await daemon.read(Database.self, "databases", "show", "far.db")
        #expect(gone.state == .unreachable)
        #expect(gone.graceEnds == nil)
        #expect(try await daemon.messages().contains { $0.code == .serverUnreachable })
        #expect(try await daemon.backups("near.db").count >= 1)
        #expect(try await daemon.backups("far.db").count == 1)
        try FileManager.default.moveItem(atPath: moved, toPath: far)
        try await daemon.succeed("backup", "--all")
        #expect(try await daemon.read(Database.self, "databases", "show", "far.db").state == .present)
    }

    /// Its deletion is confirmed later, see `GraceTests`.
    @Test func aDatabaseRemovedFromAFolderThatAnswersIsMissingAndKept() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let doomed = try await daemon.ledger("doomed.db").create()
        let held = try content(doomed.path)
        try await daemon.succeed("backup", "--all")
        try FileManager.default.removeItem(atPath: doomed.path)
        try await daemon.succeed("backup", "--all")
        let found = try await daemon.read(Database.self, "databases", "show", "doomed.db")
        #expect(found.state == .missing && found.deleted == nil)
        expectRefusal(try await daemon.holdfast("backup", "doomed.db"), 16, .notFound)
        let copy = try await daemon.restoreBeside("doomed.db", try await daemon.newest("doomed.db").id)
        #expect(try content(copy) == held)
    }

    @Test func aDatabaseReplacedByAnotherOfThatNameIsBackedUpWhole() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        let first = try await daemon.backUp("ledger.db")
        let old = try content(ledger.path)
        try FileManager.default.removeItem(atPath: ledger.path)
        try await ledger.create(.delete, pageSize: 1024, size: 1 << 16)
        let second = try await daemon.backUp("ledger.db")
        #expect(try content(await daemon.restoreBeside("ledger.db", second.id)) == content(ledger.path))
        #expect(try content(await daemon.restoreBeside("ledger.db", first.id)) == old)
    }
}
