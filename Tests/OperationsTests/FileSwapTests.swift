import Foundation
import Glibc
import Model
import Operations
import Platform
import Synchronization
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

        func write(_ name: String, _ text: String) throws {
            try Files.writeDurably(Array(text.utf8), to: "\(folder)/\(name)", mode: 0o600)
        }

        /// Leaves what a process leaves that is killed after some of: link, move of the sidecars, rename.
        func crash(afterSteps steps: Int) throws {
            try swap.begin(intent: intent)
            if steps >= 1 { try Files.link(swap.target, to: "\(swap.aside)/a.db") }
            if steps >= 2 { try Files.rename("\(folder)/a.db-wal", to: "\(swap.aside)/a.db-wal", replacing: false) }
            if steps >= 3 { try Files.rename(swap.temporary, to: swap.target, replacing: true) }
        }

        func expectUntouched() {
            #expect(text("a.db") == "old")
            #expect(text("a.db-wal") == "wal")
            #expect(text(".a.db.restore") == nil)
            #expect(text("intent.json") == nil)
            #expect(!Files.exists(swap.aside))
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

    @Test(arguments: [(UInt32(0o700), UInt32(0o700)), (0o750, 0o750), (0o2775, 0o750), (0o711, 0o700)])
    func whomTheFolderLetsInFindsWhatWasReplaced(_ around: UInt32, _ aside: UInt32) throws {
        let fixture = try Fixture()
        try Files.setMode(fixture.folder, around)
        try fixture.swap.perform(intent: fixture.intent)
        fixture.expectDone()
        let (outer, inner) = (try #require(try Files.status(fixture.folder)), try Files.status(fixture.swap.aside))
        #expect(inner.map { $0.mode & 0o777 } == aside && inner?.gid == outer.gid)
    }

    @Test func keepsTheReplacedFilesAside() throws {
        let fixture = try Fixture()
        try fixture.swap.perform(intent: fixture.intent)
        fixture.expectDone()
    }

    /// Every state that a crash can leave, by doing the steps by hand up to it.
    @Test(arguments: 0...3) func finishesAfterACrashAtAnyStep(steps: Int) throws {
        let fixture = try Fixture()
        try fixture.crash(afterSteps: steps)
        guard case .finished(let swap) = try FileSwap.resume(intent: fixture.intent) else {
            Issue.record("not finished")
            return
        }
        #expect(swap.aside == fixture.swap.aside)
        fixture.expectDone()
    }

    @Test func leavesTheNewDatabasesSidecarsAloneOnceDone() throws {
        let fixture = try Fixture()
        try fixture.crash(afterSteps: 3)
        try fixture.write("a.db-wal", "new wal")
        guard case .finished = try FileSwap.resume(intent: fixture.intent) else {
            Issue.record("not finished")
            return
        }
        #expect(fixture.text("a.db-wal") == "new wal")
        #expect(fixture.text("a.db") == "new")
    }

    @Test func saysNothingOfASwapThatHadNotBegun() throws {
        let fixture = try Fixture()
        try fixture.swap.begin(intent: fixture.intent)
        try Files.remove(fixture.swap.temporary)
        #expect(try FileSwap.resume(intent: fixture.intent) == .nothing)
        fixture.expectUntouched()
    }

    /// A folder in the way of what is kept aside stands for any fault of that step.
    @Test(arguments: ["a.db", "a.db-wal", "a.db-shm"]) func aFaultHalfWayLeavesEverythingAsItWas(obstacle: String)
        throws
    {
        let fixture = try Fixture()
        try fixture.write("a.db-shm", "shm")
        let fault = #expect(throws: Fault.self) {
            try fixture.swap.perform(intent: fixture.intent) {
                try Files.makeDirectory("\(fixture.swap.aside)/\(obstacle)", mode: 0o700)
            }
        }
        #expect(fault?.code == .targetExists)
        try Files.removeDirectory("\(fixture.swap.aside)/\(obstacle)")
        try Files.removeDirectory(fixture.swap.aside)
        #expect(fixture.text("a.db-shm") == "shm")
        fixture.expectUntouched()
    }

    @Test func aRestoredFileThatGetsNoNameLeavesEverythingAsItWas() throws {
        let fixture = try Fixture()
        #expect(throws: Fault.self) {
            try fixture.swap.perform(intent: fixture.intent) { throw Fault(.outOfSpace, "no room") }
        }
        fixture.expectUntouched()
    }

    @Test(arguments: 0...2) func undoesWhenTheDatabaseWentOnAfterTheCrash(steps: Int) throws {
        let fixture = try Fixture()
        try fixture.crash(afterSteps: steps)
        try fixture.write("a.db", "newer data")
        guard case .undone(_, let fault) = try FileSwap.resume(intent: fixture.intent) else {
            Issue.record("not undone")
            return
        }
        #expect(fault.code == .restoreUndone)
        #expect(fixture.text("a.db") == "newer data")
        #expect(fixture.text(".a.db.restore") == nil)
        #expect(fixture.text("intent.json") == nil)
        #expect(fixture.text(steps < 2 ? "a.db-wal" : "a.db.replaced/a.db-wal") == "wal")
    }

    @Test(arguments: 1...2) func undoesWhenTheDatabaseHasNewCommitsInItsLog(steps: Int) throws {
        let fixture = try Fixture()
        try fixture.crash(afterSteps: steps)
        try fixture.write("a.db-wal", "newer wal")
        guard case .undone = try FileSwap.resume(intent: fixture.intent) else {
            Issue.record("not undone")
            return
        }
        #expect(fixture.text("a.db") == "old")
        #expect(fixture.text("a.db-wal") == "newer wal")
        #expect(fixture.text(".a.db.restore") == nil)
    }

    /// Nobody is at fault but a process killed while it undid.
    @Test func finishesUndoingAfterACrash() throws {
        let fixture = try Fixture()
        try fixture.crash(afterSteps: 2)
        try Files.remove(fixture.swap.temporary)
        guard case .undone = try FileSwap.resume(intent: fixture.intent) else {
            Issue.record("not undone")
            return
        }
        fixture.expectUntouched()
    }

    /// The folder's owner puts a link in the place of the folder for the replaced files.
    @Test func aLinkInItsPlaceLeadsTheReplacedFilesNowhere() throws {
        let fixture = try Fixture()
        let (aside, outside) = (fixture.swap.aside, "\(fixture.folder)/outside")
        try Files.makeDirectory(outside, mode: 0o700)
        try fixture.swap.perform(intent: fixture.intent) {
            try Files.rename(aside, to: "\(fixture.folder)/moved", replacing: false)
            try Files.makeSymbolicLink(aside, to: outside)
        }
        #expect(try Files.list(outside).isEmpty)
        #expect(fixture.text("moved/a.db") == "old" && fixture.text("moved/a.db-wal") == "wal")
        #expect(fixture.text("a.db") == "new")
    }

    @Test func aLinkThatIsThereAfterACrashIsNotFollowed() throws {
        let fixture = try Fixture()
        let outside = "\(fixture.folder)/outside"
        try Files.makeDirectory(outside, mode: 0o700)
        try fixture.crash(afterSteps: 0)
        try Files.removeDirectory(fixture.swap.aside)
        try Files.makeSymbolicLink(fixture.swap.aside, to: outside)
        #expect(throws: Fault.self) { try FileSwap.resume(intent: fixture.intent) }
        #expect(try Files.list(outside).isEmpty)
        #expect(fixture.text("a.db") == "old" && Files.exists(fixture.intent))
        try Files.remove(fixture.swap.aside)
        guard case .undone = try FileSwap.resume(intent: fixture.intent) else {
            Issue.record("not undone")
            return
        }
        fixture.expectUntouched()
    }

    /// He is faster in one of so many tries, whatever follows the making of the folder by its name.
    @Test(.enabled(if: geteuid() == 0)) func nothingOfOthersIsOpenedByALinkThatIsFastEnough() async throws {
        let victim = "/tmp/holdfast-victim-\(Identifier.random())"
        defer { try? Files.remove(victim) }
        _ = try File.create(victim, mode: 0o600)
        try await Threads.run("tries") {
            for _ in 0..<200 {
                let fixture = try Fixture()
                try Files.setMode(fixture.folder, 0o750)
                try Files.setOwner(fixture.folder, gid: 54_321)
                let (folder, aside) = (fixture.folder, fixture.swap.aside)
                let isOver = Mutex(false)
                let attacker = Thread {
                    while rename(aside, "\(folder)/moved") != 0, !isOver.withLock({ $0 }) {}
                    _ = symlink(victim, aside)
                    isOver.withLock { $0 = true }
                }
                attacker.start()
                try? fixture.swap.begin(intent: fixture.intent)
                isOver.withLock { $0 = true }
                while !attacker.isFinished {}
                let status = try #require(try Files.status(victim))
                try #require(status.mode & 0o777 == 0o600 && status.gid == 0)
            }
        }
    }

    @Test(.enabled(if: geteuid() == 0)) func anIntentOfSomebodyElseIsRefused() throws {
        let fixture = try Fixture()
        try fixture.swap.begin(intent: fixture.intent)
        try Files.setOwner(fixture.intent, uid: 65_534)
        let fault = #expect(throws: Fault.self) { try FileSwap.resume(intent: fixture.intent) }
        #expect(fault?.code == .notPermitted)
        #expect(fixture.text("a.db") == "old" && fixture.text(".a.db.restore") == "new")
    }

    @Test func anIntentThatLeadsElsewhereIsRefused() throws {
        let (fixture, other) = (try Fixture(), try Fixture())
        try fixture.swap.begin(intent: fixture.intent)
        let strange = #expect(throws: Fault.self) { try FileSwap.resume(intent: fixture.intent, of: other.swap.target) }
        #expect(strange?.code == .notPermitted)
        var swap = fixture.swap
        for change: (inout FileSwap) -> Void in [
            { $0.temporary = other.swap.temporary }, { $0.aside = other.swap.aside },
            { $0.sidecars = [other.swap.target] },
        ] {
            swap = fixture.swap
            change(&swap)
            let text = String(decoding: try JSONEncoder().encode(swap), as: UTF8.self)
            try fixture.write("intent.json", text)
            let fault = #expect(throws: Fault.self) { try FileSwap.resume(intent: fixture.intent) }
            #expect(fault?.code == .notPermitted)
        }
        #expect(other.text("a.db") == "old" && other.text(".a.db.restore") == "new")
    }
}
