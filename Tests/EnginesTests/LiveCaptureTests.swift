import Engines
import EnginesTestSupport
import Foundation
import Model
import Testing

/// Images taken while real processes write.
@Suite(.serialized) struct LiveCaptureTests {
    @Test(arguments: [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536], ["wal", "delete"])
    func capturesOneCommittedStateAtEveryPageSize(pageSize: Int, journal: String) throws {
        let fixture = try SQLiteFixture(journal: journal, pageSize: pageSize)
        let writer = try LedgerWriter.start(
            "write", fixture.path, "--seconds", "900", "--rate", "300", "--synchronous", "off")
        var last = 0
        for _ in 0..<3 {
            let captured = try fixture.captureAndProve(pagesAtOnce: 16)
            #expect(captured.last >= last)
            last = captured.last
        }
        #expect(writer.isRunning)
        writer.crash()
    }

    @Test(arguments: ["wal", "delete", "persist"])
    func capturesOneCommittedStateWhateverTheWritersDo(journal: String) throws {
        let fixture = try SQLiteFixture(journal: journal, size: 2_000_000)
        let writers = try LedgerWriter.start(
            "write", fixture.path, "--seconds", "8", "--processes", "3", "--vacuum", "--schema", "--checkpoints",
            "--synchronous", "off", "--rate", "100")
        var last = 0
        var captures = 0
        while writers.isRunning {
            let captured = try fixture.captureAndProve()
            #expect(captured.last >= last)
            last = captured.last
            captures += 1
        }
        _ = try writers.finish()
        #expect(captures > 3)
        #expect(try fixture.captureAndProve().last == LedgerWriter.prove(fixture.path))
    }

    @Test func followsTheJournalModeWhenItIsSwitched() throws {
        let fixture = try SQLiteFixture(size: 1_000_000)
        let writer = try LedgerWriter.start(
            "write", fixture.path, "--seconds", "6", "--switch-journal", "--reopen", "--synchronous", "off", "--rate",
            "200")
        var last = 0
        while writer.isRunning {
            let captured = try fixture.captureAndProve()
            #expect(captured.last >= last)
            last = captured.last
        }
        _ = try writer.finish()
    }

    @Test func seesEveryCommitThatWasDoneBefore() throws {
        let fixture = try SQLiteFixture()
        let holder = try LedgerWriter.start("hold", fixture.path)
        try holder.waitUntilReady()
        for round in 1...5 {
            let line = try LedgerWriter.run("write", fixture.path, "--seconds", "1", "--rate", "20", "--report")
            #expect(line.contains("transactions="))
            let before = try LedgerWriter.prove(fixture.path)
            let captured = try fixture.captureAndProve()
            #expect(captured.last == before, "round \(round)")
            #expect(captured.notes.isEmpty && captured.restarts == 0)
        }
        _ = try holder.finish()
    }

    /// It was whole when the log was followed.
    @Test func aFrameThatTheDiskDamagesBeforeItIsCopiedIsNotTaken() throws {
        let fixture = try SQLiteFixture()
        let holder = try LedgerWriter.start("hold", fixture.path)
        try holder.waitUntilReady()
        try fixture.change()
        let snapshot = try fixture.engine.snapshot(of: fixture.database, patience: .fresh)
        let log = try FileHandle(forUpdating: URL(filePath: fixture.path + "-wal"))
        let last = try log.seekToEnd() - 1
        try log.seek(toOffset: last)
        let byte = try #require(try log.read(upToCount: 1)?.first)
        try log.seek(toOffset: last)
        try log.write(contentsOf: [byte ^ 1])
        let fault = #expect(throws: Fault.self) { try Snapshots.assemble(snapshot, to: fixture.scratchPath("image")) }
        #expect(fault?.code == .sourceChanged)
        snapshot.close()
        _ = try holder.finish()
    }

    @Test func leavesTheLastClientItsCleanEnd() throws {
        let fixture = try SQLiteFixture()
        let before = try fixture.surroundings()
        let holder = try LedgerWriter.start("hold", fixture.path)
        try holder.waitUntilReady()
        try fixture.change()
        let snapshot = try fixture.engine.snapshot(of: fixture.database, patience: .fresh)
        _ = try holder.finish()
        let fault = #expect(throws: Fault.self) { try Snapshots.assemble(snapshot, to: fixture.scratchPath("image")) }
        #expect(fault?.code == .sourceChanged)
        snapshot.close()
        #expect(try fixture.surroundings() == before)
        try fixture.captureAndProve()
    }

    @Test func keepsTheLogWhenGentlerTriesHaveFailed() throws {
        let fixture = try SQLiteFixture()
        let holder = try LedgerWriter.start("hold", fixture.path)
        try holder.waitUntilReady()
        try fixture.change()
        let snapshot = try fixture.engine.snapshot(of: fixture.database, patience: .exhausted)
        defer { snapshot.close() }
        _ = try holder.finish()
        try Snapshots.assemble(snapshot, to: fixture.scratchPath("image"))
        _ = try LedgerWriter.prove(fixture.scratchPath("image"))
    }

    @Test(arguments: ["delete", "wal"])
    func holdsNoCommitUpForLong(journal: String) throws {
        let fixture = try SQLiteFixture(journal: journal, size: 24 << 20)
        let writer = try LedgerWriter.start(
            "write", fixture.path, "--seconds", "4", "--rate", "10", "--report", "--synchronous", "off")
        while writer.isRunning {
            guard let snapshot = try? fixture.engine.snapshot(of: fixture.database, patience: .fresh) else { continue }
            try? Snapshots.assemble(snapshot, to: fixture.scratchPath("image"))
            snapshot.close()
        }
        let report = try writer.finish()
        let longest = report.split(separator: " ").first { $0.hasPrefix("max_commit_ms=") }?.dropFirst(14)
        #expect((longest.flatMap { Int($0) } ?? .max) < 250, "\(report)")
    }

    @Test func startsOverInRollbackModeAndThenHoldsTheWriters() throws {
        let fixture = try SQLiteFixture(journal: "delete")
        let snapshot = try fixture.engine.snapshot(of: fixture.database, patience: .fresh)
        try fixture.change()
        let image = fixture.scratchPath("image")
        if snapshot is ImageSnapshot {
            try Snapshots.assemble(snapshot, to: image)
            _ = try LedgerWriter.prove(image)
        } else {
            let fault = #expect(throws: Fault.self) { try Snapshots.assemble(snapshot, to: image) }
            #expect(fault?.code == .sourceChanged)
        }
        snapshot.close()
        let patient = try fixture.engine.snapshot(of: fixture.database, patience: .exhausted)
        try fixture.change()
        try Snapshots.assemble(patient, to: image)
        _ = try LedgerWriter.prove(image)
        patient.close()
    }
}
