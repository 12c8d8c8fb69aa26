import Engines
import EnginesTestSupport
import Foundation
import Model
import Platform
import Testing

@Suite struct ClientTests {
    @Test(arguments: ["wal", "delete"])
    func leavesOutOurselvesAndWhoHasAnotherFileOpen(journal: String) throws {
        let fixture = try SQLiteFixture(journal: journal)
        let ours = try FileHandle(forReadingFrom: URL(fileURLWithPath: fixture.path))
        let holder = try LedgerWriter.start("hold", fixture.path)
        try holder.waitUntilReady()
        let clients = try fixture.engine.clients(of: fixture.database)
        #expect(clients.map(\.processID) == [holder.processID])
        #expect(clients.allSatisfy { $0.command == "ledger-writer" && $0.access == .readWrite && $0.uid == geteuid() })
        let other = FoundDatabase(name: DatabaseName("crm/other"), path: fixture.root("other"))
        #expect(try fixture.engine.clients(of: [other]).clients.isEmpty)
        _ = try holder.finish()
        try ours.close()
    }

    @Test func clientsBelongToTheOneThatTheyHaveOpen() throws {
        let fixture = try SQLiteFixture()
        let databases = try ["caf\u{e9}.db", "cafe\u{301}.db"].map { name in
            try LedgerWriter.run("create", fixture.root(name), "--size", "20000")
            return FoundDatabase(name: DatabaseName("crm/\(name)"), path: fixture.root(name))
        }
        let holder = try LedgerWriter.start("hold", databases[1].path)
        try holder.waitUntilReady()
        let listing = try fixture.engine.clients(of: databases)
        #expect(listing.clients[NativePath(databases[0].path)] == nil)
        #expect(listing.clients[NativePath(databases[1].path)]?.map(\.processID) == [holder.processID])
        _ = try holder.finish()
    }

    @Test func listsTheFilesThatWouldDamageARestoredDatabase() throws {
        let fixture = try SQLiteFixture()
        #expect(fixture.engine.sidecars(of: "/a/b.db") == ["/a/b.db-wal", "/a/b.db-shm", "/a/b.db-journal"])
    }
}

@Suite struct CheckTests {
    @Test func findsDamageInAFileThatIsNoDatabase() throws {
        let fixture = try SQLiteFixture()
        try fixture.root.write([UInt8](repeating: 0x5A, count: 9000), to: "noise")
        #expect(try !fixture.engine.check(fixture.root("noise")).isEmpty)
        let fault = #expect(throws: Fault.self) { try fixture.engine.check(fixture.root("absent")) }
        #expect(fault?.code == .inputOutput)
    }
}

@Suite struct NativePathTests {
    @Test func writesEveryNameAsTextWithoutLoss() {
        let seed = UInt64.random(in: 0 ... .max)
        var generator = Seeded(state: seed)
        for _ in 0..<2000 {
            let length = Int.random(in: 0...24, using: &generator)
            var bytes = (0..<length).map { _ in UInt8.random(in: 1...255, using: &generator) }
            if Bool.random(using: &generator) { bytes += Array("é\u{EF85}\u{1F600}".utf8) }
            let path = NativePath(bytes: bytes)
            #expect(NativePath(path.text) == path, "seed \(seed)")
        }
        #expect(NativePath("/srv/Ümläut 日本.db").text == "/srv/Ümläut 日本.db")
        #expect(NativePath("/srv/crm").isInside(NativePath("/srv")))
        #expect(!NativePath("/srv-crm").isInside(NativePath("/srv")))
    }

    private struct Seeded: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return state ^ state >> 29
        }
    }
}
