import Engines
import EnginesTestSupport
import Foundation
import Model
import Platform
import Testing

@Suite struct DiscoveryTests {
    let root: TestFolder
    let sample: Data

    init() throws {
        root = try TestFolder()
        try root.makeFolder("srv")
        try LedgerWriter.run("create", root("sample"), "--size", "20000", "--journal", "delete")
        sample = try Data(contentsOf: URL(fileURLWithPath: root("sample")))
    }

    private func place(_ name: String) throws {
        let url = URL(fileURLWithPath: root("srv/\(name)"))
        try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
        try sample.write(to: url)
    }

    private func discover(
        folders: [String] = ["srv"], include: [String] = [], exclude: [String] = [], known: [String] = [],
        memory: String? = nil, fstab: String = "/dev/null"
    ) -> Discovery {
        let server = SQLiteFixture.server(root, folders, include: include, exclude: exclude)
        return SQLiteEngine(server, fstab: fstab).discover(known: known, memory: memory)
    }

    private func names(_ discovery: Discovery) -> [String] { discovery.finding.databases.map(\.name.text) }

    private func isComplete(_ discovery: Discovery) -> Bool {
        guard case .complete = discovery else { return false }
        return true
    }

    @Test func findsDatabasesByWhatIsInTheFileNotByItsName() throws {
        try place("plain")
        try place("sub/folder/a.txt")
        try root.write(Array("SQLite is fine".utf8), to: "srv/notes.db.txt")
        try root.write([0, 1, 2], to: "srv/binary")
        let found = discover()
        #expect(isComplete(found))
        #expect(names(found) == ["crm/plain", "crm/sub/folder/a.txt"])
        #expect(found.finding.databases.allSatisfy { $0.fault == nil && $0.size.bytes == Int64(sample.count) })
    }

    @Test(arguments: ["with space.db", "Ümläut 日本.db", "..hidden", "..db", "tab\tname", "quote'\"%?#.db", "-wal-"])
    func findsAndCapturesAnyName(name: String) throws {
        try place(name)
        let found = discover()
        let database = try #require(found.finding.databases.first)
        #expect(found.finding.databases.count == 1)
        #expect(!database.name.text.contains("\t"))
        let engine = SQLiteEngine(SQLiteFixture.server(root, ["srv"]))
        try Snapshots.capture(engine, database, to: root("image"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: root("image"))) == sample)
    }

    @Test func writesLineBreaksInNamesSoThatANameIsOneLine() throws {
        try place("two\nlines.db")
        let database = try #require(discover().finding.databases.first)
        #expect(!database.name.text.contains("\n"))
        #expect(database.path == root("srv/two\nlines.db"))
    }

    @Test func findsAndCapturesANameThatIsNotText() throws {
        let path = NativePath(bytes: Array(root("srv/bad").utf8) + [0xFF, 0xC3, 0x28])
        let bytes = path.bytes.map { CChar(bitPattern: $0) } + [0]
        let descriptor = open(bytes, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
        _ = sample.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
        close(descriptor)
        let database = try #require(discover().finding.databases.first)
        #expect(NativePath(database.path) == path)
        let engine = SQLiteEngine(SQLiteFixture.server(root, ["srv"]))
        try Snapshots.capture(engine, database, to: root("image"))
        #expect(try Data(contentsOf: URL(fileURLWithPath: root("image"))) == sample)
        unlink(bytes)
    }

    @Test func databasesWhoseNamesLookTheSameAreCapturedEach() throws {
        let names = ["cafe\u{301}.db", "caf\u{e9}.db", "\u{301}first.db"]
        for (number, name) in names.enumerated() {
            try LedgerWriter.run("create", root("srv/\(name)"), "--size", "\(20000 * (number + 1))")
        }
        let found = discover(known: names.map { root("srv/\($0)") })
        #expect(isComplete(found) && found.finding.databases.allSatisfy { $0.fault == nil })
        #expect(self.names(found).map { Array($0.utf8) } == names.map { Array("crm/\($0)".utf8) })
        let engine = SQLiteEngine(SQLiteFixture.server(root, ["srv"]))
        for database in found.finding.databases {
            try Snapshots.capture(engine, database, to: root("image"))
            #expect(try Files.read(root("image")) == Files.read(database.path))
            try Files.remove(root("image"))
        }
    }

    /// What a restore has under way, or keeps, is no database, whatever it is called.
    @Test func leavesOutWhatRestoresMakeOfAnyName() throws {
        for name in ["\u{301}x", "last\u{600}", "plain"] {
            try place(RestoreNames.temporary(for: name))
            try place("\(RestoreNames.aside(for: name, at: Instant(seconds: 1_800_000_000)))/x.db")
        }
        #expect(names(discover()) == [])
    }

    @Test func followsNoLinkAndNeverWalksInCircles() throws {
        try place("a.db")
        try root.makeFolder("outside")
        try sample.write(to: URL(fileURLWithPath: root("outside/b.db")))
        let files = FileManager.default
        try files.createSymbolicLink(atPath: root("srv/loop"), withDestinationPath: root("srv"))
        try files.createSymbolicLink(atPath: root("srv/self"), withDestinationPath: "self")
        try files.createSymbolicLink(atPath: root("srv/out"), withDestinationPath: root("outside"))
        try files.createSymbolicLink(atPath: root("srv/b.db"), withDestinationPath: root("outside/b.db"))
        #expect(names(discover()) == ["crm/a.db"])
        let linked = FoundDatabase(name: DatabaseName("crm/out/b.db"), path: root("srv/out/b.db"))
        let fault = #expect(throws: Fault.self) {
            try SQLiteEngine(SQLiteFixture.server(root, ["srv"])).snapshot(of: linked, patience: .fresh)
        }
        #expect(fault?.code == .databaseUnreadable)
    }

    @Test func followsTheLinkThatTheSettingsName() throws {
        try place("a.db")
        try FileManager.default.createSymbolicLink(atPath: root("link"), withDestinationPath: "srv")
        let found = discover(folders: ["link"])
        #expect(found.finding.databases.map(\.path) == [root("srv/a.db")])
        #expect(names(found) == ["crm/a.db"])
    }

    @Test func leavesOutWhatIsExcludedAndWhatIsOurs() throws {
        for name in ["a.db", "old/b.db", "tmp/c.db", "deep/tmp/d.db"] { try place(name) }
        #expect(names(discover(exclude: ["tmp"])) == ["crm/a.db", "crm/old/b.db"])
        #expect(names(discover(exclude: ["old/*", "*.db-*"])) == ["crm/a.db", "crm/deep/tmp/d.db", "crm/tmp/c.db"])
        #expect(names(discover(include: ["b.*"])) == ["crm/old/b.db"])
        #expect(names(discover(include: ["*"])).count == 4)
        var server = SQLiteFixture.server(root, ["srv"])
        server.forbidden = [root("srv/old"), root("srv/tmp")]
        #expect(names(SQLiteEngine(server).discover(known: [], memory: nil)) == ["crm/a.db", "crm/deep/tmp/d.db"])
    }

    @Test func tellsSeveralFoldersApart() throws {
        for name in ["one/data/a.db", "two/data/a.db"] { try place(name) }
        #expect(names(discover(folders: ["srv/one", "srv/two"])) == ["crm/one/data/a.db", "crm/two/data/a.db"])
        #expect(
            names(discover(folders: ["srv/one/data", "srv/two/data"])) == ["crm/one/data/a.db", "crm/two/data/a.db"])
        #expect(names(discover(folders: ["srv", "srv/one"])).count == 2)
    }

    @Test func reportsWhatOnlyLooksLikeADatabase() throws {
        try place("good.db")
        try root.write([], to: "srv/empty.db")
        try root.write(Array("SQLite format 3\0 and then nonsense".utf8), to: "srv/fake")
        try root.write((0..<5000).map { UInt8(truncatingIfNeeded: $0 &* 37 >> 3) }, to: "srv/sealed.crypt")
        try root.write(Array(sample.dropLast(4096)), to: "srv/short.db")
        let found = discover(include: ["*", "*.crypt"])
        let faults = Dictionary(
            uniqueKeysWithValues: found.finding.databases.map { ($0.name.text, $0.fault) })
        #expect(isComplete(found))
        #expect(faults["crm/good.db"] == .some(nil))
        #expect(faults["crm/empty.db"]??.code == .notADatabase)
        #expect(faults["crm/fake"]??.code == .notADatabase)
        #expect(faults["crm/sealed.crypt"]??.code == .databaseUnrecognised)
        #expect(faults["crm/short.db"]??.code == .databaseTruncated)
        #expect(faults.values.allSatisfy { $0 == nil || $0?.hint != nil })
        #expect(names(discover()).contains("crm/sealed.crypt") == false)
        for database in found.finding.databases where database.fault != nil {
            let fault = #expect(throws: Fault.self) {
                try SQLiteEngine(SQLiteFixture.server(root, ["srv"])).snapshot(of: database, patience: .fresh)
            }
            #expect(fault?.code == database.fault?.code)
        }
    }

    @Test func stillListsADatabaseThatHasBecomeSomethingElse() throws {
        try root.write(Array(repeating: 7, count: 9000), to: "srv/was.data")
        #expect(names(discover()).isEmpty)
        let found = discover(known: [root("srv/was.data")])
        #expect(found.finding.databases.first?.fault?.code == .databaseUnrecognised)
    }

    @Test func callsAMissingFolderUnreachable() throws {
        try place("a.db")
        let found = discover(folders: ["srv", "absent"])
        guard case .unreachable(let fault, let finding) = found else {
            Issue.record("a missing folder was said to be complete")
            return
        }
        #expect(fault.code == .serverUnreachable)
        #expect(finding.databases.count == 1)
    }

    @Test func callsAFolderUnreachableThatShouldHaveAFileSystemMounted() throws {
        try place("a.db")
        try root.write(
            Array("# table\nUUID=1 / ext4 defaults 0 1\n/dev/x \(root("srv/disk")) ext4 defaults 0 2\n".utf8),
            to: "fstab")
        #expect(!isComplete(discover(fstab: root("fstab"))))
        try root.write(Array("/dev/x \(root("srv")) ext4 noauto 0 2\n".utf8), to: "fstab")
        #expect(isComplete(discover(fstab: root("fstab"))))
        #expect(isComplete(discover(fstab: root("absent"))))
        // A blank behind such a mark is another character to Swift.
        try root.makeFolder("srv/last\u{600}")
        try root.write(Array("/dev/x \(root("srv/last\u{600}")) ext4 defaults 0 2\n".utf8), to: "fstab")
        #expect(!isComplete(discover(fstab: root("fstab"))))
    }

    @Test func callsAFolderUnreachableWhoseFileSystemIsAnotherAndItsDatabasesAreMissing() throws {
        try place("a.db")
        let found = discover()
        let other = found.finding.memory.replacing(/"identity":"[^"]*"/, with: "\"identity\":\"0123\"")
        #expect(other != found.finding.memory)
        let known = found.finding.databases.map(\.path)
        #expect(isComplete(discover(known: known, memory: found.finding.memory)))
        #expect(isComplete(discover(known: known, memory: other)))
        try FileManager.default.removeItem(atPath: root("srv/a.db"))
        #expect(isComplete(discover(known: known, memory: found.finding.memory)))
        let unmounted = discover(known: known, memory: other)
        #expect(!isComplete(unmounted))
        #expect(!isComplete(discover(known: known, memory: unmounted.finding.memory)))
        try place("fresh.db")
        #expect(!isComplete(discover(known: known, memory: unmounted.finding.memory)))
        try place("a.db")
        #expect(isComplete(discover(known: known, memory: unmounted.finding.memory)))
    }

    @Test func keepsWhatItRemembersWhileAFolderIsMissing() throws {
        try place("one/a.db")
        try place("two/b.db")
        let memory = discover(folders: ["srv/one", "srv/two"]).finding.memory
        try FileManager.default.moveItem(atPath: root("srv/two"), toPath: root("away"))
        let partial = discover(folders: ["srv/one", "srv/two"], memory: memory)
        #expect(!isComplete(partial))
        #expect(partial.finding.memory == memory)
    }
}
