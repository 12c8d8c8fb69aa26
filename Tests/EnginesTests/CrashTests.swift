import Engines
import EnginesTestSupport
import Foundation
import Model
import Testing

/// What killed writers leave behind.
@Suite(.serialized) struct CrashTests {
    @Test(arguments: ["wal", "delete", "truncate", "persist"])
    func capturesACommittedStateAfterAKill(journal: String) throws {
        let fixture = try SQLiteFixture(journal: journal)
        for _ in 0..<6 {
            let writer = try LedgerWriter.start("write", fixture.path, "--seconds", "60", "--synchronous", "off")
            try fixture.captureAndProve()
            writer.crash()
            let before = try fixture.surroundings()
            let first = try fixture.captureAndProve()
            #expect(try fixture.captureAndProve().last == first.last)
            #expect(try fixture.surroundings() == before)
            #expect(try LedgerWriter.prove(fixture.path) == first.last)
        }
    }

    @Test func readsALogThatNobodyHolds() throws {
        let fixture = try SQLiteFixture()
        let writer = try LedgerWriter.start("write", fixture.path, "--seconds", "60", "--rate", "100")
        var last = 0
        while last < 5 { last = try fixture.captureAndProve().last }
        writer.crash()
        let captured = try fixture.captureAndProve()
        #expect(captured.last >= last)
        #expect(captured.notes == [.readAbandonedLog])
        try FileManager.default.removeItem(atPath: fixture.path + "-shm")
        #expect(try fixture.captureAndProve().last == captured.last)
    }

    @Test(arguments: ["delete", "truncate", "persist"])
    func rollsAHotJournalBackInAScratchCopyOnly(journal: String) throws {
        let fixture = try SQLiteFixture(journal: journal, size: 1_000_000)
        let holder = try LedgerWriter.start("hold", fixture.path, "--spill")
        try holder.waitUntilReady()
        holder.crash()
        let main = try Data(contentsOf: URL(fileURLWithPath: fixture.path))
        let log = try Data(contentsOf: URL(fileURLWithPath: fixture.path + "-journal"))
        let before = try fixture.surroundings()
        let captured = try fixture.captureAndProve()
        #expect(captured.last == 0)
        #expect(captured.notes == [.recoveredFromJournal])
        #expect(try fixture.surroundings() == before)
        #expect(try Data(contentsOf: URL(fileURLWithPath: fixture.path)) == main)
        #expect(try Data(contentsOf: URL(fileURLWithPath: fixture.path + "-journal")) == log)
        #expect(try fixture.root.inventory("state/scratch").isEmpty)
    }

    @Test func removesTheScratchFoldersThatACrashHasLeft() throws {
        let fixture = try SQLiteFixture(journal: "delete", size: 1_000_000)
        try fixture.root.makeFolder("state/scratch/recover-0123")
        try fixture.root.write([1], to: "state/scratch/recover-0123/lock")
        let holder = try LedgerWriter.start("hold", fixture.path, "--spill")
        try holder.waitUntilReady()
        holder.crash()
        try fixture.captureAndProve()
        #expect(try fixture.root.inventory("state/scratch").isEmpty)
    }

    @Test(arguments: ["wal", "delete"])
    func namesTheClientThatKeepsEverybodyOut(journal: String) throws {
        let fixture = try SQLiteFixture(journal: journal, lockDeadline: .milliseconds(200))
        let holder = try LedgerWriter.start("hold", fixture.path, "--exclusive")
        try holder.waitUntilReady()
        let fault = #expect(throws: Fault.self) {
            try fixture.engine.snapshot(of: fixture.database, patience: .fresh)
        }
        #expect(fault?.code == .databaseLocked)
        #expect(fault?.message.contains("ledger-writer (pid \(holder.processID)") == true)
        _ = try holder.finish()
        try fixture.captureAndProve()
    }

    @Test func readsBesideATransactionThatIsNotCommitted() throws {
        let fixture = try SQLiteFixture(journal: "delete")
        let holder = try LedgerWriter.start("hold", fixture.path, "--transaction")
        try holder.waitUntilReady()
        #expect(try fixture.captureAndProve().last == 0)
        _ = try holder.finish()
    }

    @Test func readsBesideATransactionThatHasSpilledIntoTheLog() throws {
        let fixture = try SQLiteFixture(size: 1_000_000)
        let holder = try LedgerWriter.start("hold", fixture.path, "--spill")
        try holder.waitUntilReady()
        #expect(try fixture.captureAndProve().last == 0)
        holder.crash()
        #expect(try fixture.captureAndProve().last == 0)
    }
}
