import Glibc
import Model
import Petitions
import Platform
import Testing

/// What the root helper does with files: tell who holds them, and give restored ones to whom they belonged.
@Suite(.enabled(if: geteuid() == 0, "the helper is root's"))
struct RootHelperFileTests {
    private static let owner = RootHelper.owner

    private func entry(_ path: String, mode: UInt32 = 0o640, uid: UInt32 = owner) -> Ownership {
        Ownership(path: path, uid: uid, gid: uid, mode: mode)
    }

    private func looks(_ path: String) throws -> [UInt32] {
        guard let status = try Files.status(path, followLinks: false) else { throw Unexpected("no \(path)") }
        return [status.uid, status.gid, status.mode]
    }

    @Test func givesRestoredFilesAndFoldersToWhomTheyBelonged() throws {
        let helper = try RootHelper()
        let folder = "\(helper.restored)/main"
        try Files.makeDirectory(folder, mode: 0o700)
        try Files.setOwner(folder, uid: RootHelper.user, gid: RootHelper.user)
        let inside = try helper.file("\(folder)/1")
        let beside = try helper.file("\(helper.data)/a.db")
        try helper.port.own([entry(inside), entry(folder, mode: 0o1750), entry(beside, mode: 0o444, uid: 0)])
        #expect(try looks(inside) == [33, 33, 0o640])
        #expect(try looks(folder) == [33, 33, 0o1750])
        #expect(try looks(beside) == [0, 0, 0o444])
        let record = try helper.record()
        #expect(record["HOLDFAST_VERB"] == "own" && record["HOLDFAST_OBJECT"] == "\(inside) and 2 more")
    }

    @Test func manyGoInBatches() throws {
        let helper = try RootHelper()
        let long = String(repeating: "x", count: 180)
        let paths = try (0..<2000).map { try helper.file("\(helper.restored)/\($0)-\(long)") }
        try helper.port.own(paths.map { entry($0) })
        #expect(try paths.allSatisfy { try looks($0) == [33, 33, 0o640] })
        let first = try #require(try helper.record()["HOLDFAST_OBJECT"])
        #expect(!first.hasSuffix(" and 1999 more"), "one request took all")
    }

    @Test func givesAwayNothingElse() throws {
        let helper = try RootHelper()
        let outside = try helper.file("\(helper.place.path)/outside")
        let mine = try helper.file("\(helper.restored)/mine")
        let foreign = try helper.file("\(helper.restored)/foreign", uid: 0)
        let linked = try helper.file("\(helper.restored)/linked")
        try Files.link(linked, to: "\(helper.restored)/second")
        try Files.makeSymbolicLink("\(helper.restored)/link", to: mine)
        try Files.makeDirectory("\(helper.place.path)/elsewhere", mode: 0o755)
        let there = try helper.file("\(helper.place.path)/elsewhere/there")
        try Files.makeSymbolicLink("\(helper.restored)/way", to: "\(helper.place.path)/elsewhere")
        try Files.makeSymbolicLink("\(helper.restored)/inner", to: helper.restored)
        #expect(mkfifo("\(helper.restored)/pipe", 0o600) == 0)
        try Files.setOwner("\(helper.restored)/pipe", uid: RootHelper.user)
        try Files.setOwner(helper.restored, uid: RootHelper.user)
        let refused = [
            entry(outside), entry(foreign), entry(linked), entry("\(helper.restored)/second"),
            entry("\(helper.restored)/link"), entry("\(helper.restored)/way/there"),
            entry("\(helper.restored)/inner/mine"), entry("\(helper.restored)/../outside"),
            entry("\(helper.restored)/pipe"), entry(helper.restored), entry("mine"), entry("/etc/shadow"),
            entry(mine, mode: 0o4755), entry(mine, mode: 0o2755), entry(mine, uid: .max),
        ]
        let paths = [outside, mine, foreign, linked, there, helper.restored]
        let before = try paths.map(looks)
        for entry in refused {
            #expect(failure { try helper.port.own([entry]) }?.code == .rightRefused, "\(entry)")
            let record = try helper.record()
            #expect(record["HOLDFAST_OUTCOME"]?.hasPrefix("refused: ") == true, "\(record)")
        }
        #expect(failure { try helper.port.own([entry("\(helper.restored)/none")]) }?.code == .notFound)
        #expect(try paths.map(looks) == before)
    }

    @Test func whatComesBeforeARefusalIsDoneAndNothingBehindIt() throws {
        let helper = try RootHelper()
        let paths = try ["a", "b", "c"].map { try helper.file("\(helper.restored)/\($0)", uid: $0 == "b" ? 0 : 1) }
        #expect(failure { try helper.port.own(paths.map { entry($0) }) }?.code == .rightRefused)
        #expect(try paths.map { try looks($0)[0] } == [33, 0, 1])
    }

    @Test func tellsWhoHoldsAServersFiles() async throws {
        let helper = try RootHelper()
        let path = try helper.file("\(helper.data)/a.db")
        let idle = try helper.file("\(helper.data)/idle.db")
        _ = try helper.file("\(path)-wal")
        // Our own, which is the daemon's for the helper, doesn't count.
        let own = try File.open(idle, .readOnly)
        let holder = try Child(
            "/usr/bin/perl",
            ["-e", "open my $f, '+<', $ARGV[0]; print qq{open\\n}; close STDOUT; sleep 1000", "\(path)-wal"],
            output: helper.place.fresh("holder"))
        try await until("the holder") { holder.output.contains("open") }
        let found = try helper.port.holders(
            of: [path, idle, "\(helper.data)/none.db"], suffixes: ["-wal", "-shm"])
        #expect(found.keys.sorted() == [path])
        #expect(found[path]?.map(\.processID) == [holder.pid])
        #expect(found[path]?.first?.access == .readWrite && found[path]?.first?.command == "perl")
        withExtendedLifetime(own) {}
        for stranger in ["/etc/shadow", "\(helper.restored)/a.db", "\(helper.data)/../restored/a.db", helper.data] {
            let refusal = failure { try helper.port.holders(of: [stranger], suffixes: []) }
            #expect(refusal?.code == .rightRefused, "\(stranger)")
        }
    }
}
