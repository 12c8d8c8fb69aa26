import Foundation
import Model
import Operations
import Platform
import Testing

@Suite struct FileSwapTests {
    /// A database with sidecars, a restored file beside it, and the swap that puts it in place.
    private final class Fixture {
        let folder = "/tmp/holdfast-swap-\(Identifier.random())"
        var intent: String { "\(folder)/intent.json" }
        let swap: FileSwap

        init() throws {
            swap = FileSwap(
                target: "\(folder)/a.db", temporary: "\(folder)/.a.db.restore", aside: "\(folder)/a.db.replaced",
                sidecars: ["\(folder)/a.db-wal", "\(folder)/a.db-shm", "\(folder)/a.db-journal"])
            try Files.makeDirectory(folder, mode: 0o700)
            for (name, text) in [("a.db", "old"), ("a.db-wal", "wal"), (".a.db.restore", "new")] {
                try Files.writeDurably(Array(text.utf8), to: "\(folder)/\(name)", mode: 0o600)
            }
        }

        deinit { try? Files.removeTree(folder) }

        func text(_ name: String) -> String? {
            (try? Files.read("\(folder)/\(name)")).map { String(decoding: $0, as: UTF8.self) }
        }

        func expectDone() {
            #expect(text("a.db") == "new")
            #expect(text("a.db-wal") == nil)
            #expect(text("a.db.replaced/a.db") == "old")
            #expect(text("a.db.replaced/a.db-wal") == "wal")
            #expect(text(".a.db.restore") == nil)
            #expect(text("intent.json") == nil)
        }
    }

    @Test func keepsTheReplacedFilesAside() throws {
        let fixture = try Fixture()
        try fixture.swap.perform(intent: fixture.intent)
        fixture.expectDone()
    }

    /// Every state that a crash can leave, by doing the steps by hand up to it.
    @Test(arguments: 0...3) func finishesAfterACrashAtAnyStep(steps: Int) throws {
        let fixture = try Fixture()
        try Files.makeDirectory(fixture.swap.aside, mode: 0o700)
        try Files.writeDurably(Array(try JSONEncoder().encode(fixture.swap)), to: fixture.intent, mode: 0o600)
        if steps >= 1 {
            try Files.rename("\(fixture.folder)/a.db-wal", to: "\(fixture.swap.aside)/a.db-wal", replacing: false)
        }
        if steps >= 2 { try Files.link(fixture.swap.target, to: "\(fixture.swap.aside)/a.db") }
        if steps >= 3 { try Files.rename(fixture.swap.temporary, to: fixture.swap.target, replacing: true) }
        let resumed = try FileSwap.resume(intent: fixture.intent)
        #expect((resumed != nil) == (steps < 3))
        fixture.expectDone()
    }

    @Test func leavesTheNewDatabasesSidecarsAloneOnceDone() throws {
        let fixture = try Fixture()
        try fixture.swap.perform(intent: fixture.intent)
        try Files.writeDurably(Array(try JSONEncoder().encode(fixture.swap)), to: fixture.intent, mode: 0o600)
        try Files.writeDurably(Array("new wal".utf8), to: "\(fixture.folder)/a.db-wal", mode: 0o600)
        #expect(try FileSwap.resume(intent: fixture.intent) == nil)
        #expect(fixture.text("a.db-wal") == "new wal")
        #expect(fixture.text("a.db") == "new")
    }
}
