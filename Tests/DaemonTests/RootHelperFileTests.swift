import Foundation
import Glibc
import Model
import Petitions
import Platform
import Synchronization
import Testing
import Wire

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
        let asked = Petition.own(entries: [
            entry(inside), entry(folder, mode: 0o1750), entry(beside, mode: 0o444, uid: 0),
        ])
        #expect(record["HOLDFAST_OUTCOME"] == "begun" && record["HOLDFAST_PART"] == nil)
        let whole = try WireCoding.text(asked)
        #expect(record["HOLDFAST_REQUEST"] == whole)
        let ended = try helper.record()
        #expect(ended["HOLDFAST_OUTCOME"] == "done" && ended["HOLDFAST_REQUEST"] == nil, "\(ended)")
    }

    @Test func whatIsChangedIsOnRecordWholeInPartsAndALookIsCut() throws {
        let helper = try RootHelper()
        let paths = (0..<1500).map { "\(helper.restored)/some/folder/é/\($0).db" }
        let asked = Petition.own(entries: paths.map { entry($0) })
        _ = failure { try helper.ask(asked) }
        let first = try helper.record()
        let count = Int(first["HOLDFAST_PART"]?.split(separator: " ").last ?? "") ?? 0
        #expect(first["HOLDFAST_PART"] == "1 of \(count)" && count > 1, "\(first["HOLDFAST_PART"] as Any)")
        let rest = try (1..<count).map { _ in try helper.record()["HOLDFAST_REQUEST"] ?? "" }
        let parts = [first["HOLDFAST_REQUEST"] ?? ""] + rest
        let whole = try WireCoding.text(asked)
        #expect(parts.allSatisfy { $0.utf8.count <= 64 << 10 } && parts.joined() == whole)
        #expect(try helper.record()["HOLDFAST_OUTCOME"]?.hasPrefix("failed: ") == true)
        let look = Petition.holders(paths: paths, suffixes: [])
        _ = try helper.ask(look)
        let cut = try helper.record()
        let left = try WireCoding.text(look).utf8.count - (cut["HOLDFAST_REQUEST"] ?? "").utf8.count
        #expect(left > 0 && cut["HOLDFAST_CUT"] == "\(left) bytes left out", "\(cut["HOLDFAST_CUT"] as Any)")
    }

    @Test func aRequestThatIsRefusedHasChangedNothing() throws {
        let helper = try RootHelper()
        let first = try helper.file("\(helper.restored)/first")
        let second = try helper.file("\(helper.restored)/second")
        #expect(failure { try helper.port.own([entry(first), entry(second, mode: 0o4755)]) }?.code == .rightRefused)
        #expect(try looks(first)[0] == RootHelper.user)
    }

    @Test(arguments: ["/../outside", "/inner/../../outside", "/f\0\u{301}", "/\u{301}../../outside"])
    func noTextLeadsElsewhereThanItsBytes(_ way: String) throws {
        let helper = try RootHelper()
        let outside = try helper.file("\(helper.place.path)/outside")
        let near = try helper.file("\(helper.restored)/f")
        _ = try helper.place.makeFolder("restored/inner")
        #expect(failure { try helper.port.own([entry(helper.restored + way)]) } != nil)
        #expect(try looks(outside)[0] == RootHelper.user && looks(near)[0] == RootHelper.user)
    }

    /// Whoever owns the folder above one of ours swaps it for a link, again and again.
    @Test func aFolderThatBecomesALinkLeadsNowhere() throws {
        let helper = try RootHelper()
        let victim = try helper.place.makeFolder("victim")
        let theirs = try helper.file("\(victim)/a.db")
        let own = try helper.file("\(helper.data)/a.db")
        try Files.makeSymbolicLink("\(helper.place.path)/link", to: victim)
        let isOver = Atomic(false)
        let (one, other) = (helper.data, "\(helper.place.path)/link")
        let swapping = Thread {
            // Never rests, but takes no core from others.
            Threads.giveWay()
            while !isOver.load(ordering: .relaxed) { Self.exchange(one, other) }
        }
        swapping.start()
        var faults: [Fault?] = []
        for _ in 0..<20 { faults.append(failure { try helper.port.own([entry(own)]) }) }
        isOver.store(true, ordering: .relaxed)
        #expect(faults.contains { $0 != nil }, "nothing was ever swapped")
        #expect(try looks(theirs)[0] == RootHelper.user)
    }

    /// Source: renameat2(2), RENAME_EXCHANGE; Swift's view of the C library doesn't show it.
    private static func exchange(_ one: String, _ other: String) {
        typealias Renaming = @convention(c) (Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32) -> Int32
        guard let symbol = dlsym(nil, "renameat2") else { return }
        _ = unsafeBitCast(symbol, to: Renaming.self)(AT_FDCWD, one, AT_FDCWD, other, 2)
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
            #expect(try helper.record()["HOLDFAST_OUTCOME"] == "begun")
            let record = try helper.record()
            #expect(record["HOLDFAST_OUTCOME"]?.hasPrefix("refused: ") == true, "\(record)")
        }
        #expect(failure { try helper.port.own([entry("\(helper.restored)/none")]) }?.code == .notFound)
        #expect(try paths.map(looks) == before)
    }

    @Test func tellsWhoHoldsAServersFiles() async throws {
        let helper = try RootHelper()
        let path = try helper.file("\(helper.data)/caf\u{e9}.db")
        // Another file, although Swift's strings are equal.
        let idle = try helper.file("\(helper.data)/cafe\u{301}.db")
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
        #expect(Array(found.keys) == [NativePath(path)])
        let first = try #require(found[NativePath(path)]?.first)
        #expect(first.processID == holder.pid && first.access == .readWrite && first.command == "perl")
        #expect(found[NativePath(path)]?.count == 1)
        withExtendedLifetime(own) {}
        for stranger in ["/etc/shadow", "\(helper.restored)/a.db", "\(helper.data)/../restored/a.db", helper.data] {
            let refusal = failure { try helper.port.holders(of: [stranger], suffixes: []) }
            #expect(refusal?.code == .rightRefused, "\(stranger)")
        }
    }
}
