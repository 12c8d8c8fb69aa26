import Engines
import EnginesTestSupport
import Foundation
import Model
import Testing

/// What happens to the file itself while it is read.
@Suite struct SourceChangeTests {
    enum Mishap: String, CaseIterable { case replaced, truncated, removed, rewritten, vacuumed }

    @Test(arguments: Mishap.allCases, ["wal", "delete"])
    func noticesWhatHappensToTheFileDuringASnapshot(mishap: Mishap, journal: String) throws {
        let fixture = try SQLiteFixture(journal: journal, size: 1_000_000)
        let snapshot = try fixture.engine.snapshot(of: fixture.database, patience: .fresh)
        defer { snapshot.close() }
        try cause(mishap, fixture)
        let image = fixture.scratchPath("image")
        if journal == "delete", snapshot is ImageSnapshot {
            // A clone, on a file system that can: nothing that happens to the original touches it.
            try Snapshots.assemble(snapshot, to: image)
            _ = try LedgerWriter.prove(image)
        } else {
            let fault = #expect(throws: Fault.self) { try Snapshots.assemble(snapshot, to: image) }
            #expect(fault?.code == .sourceChanged)
        }
        snapshot.close()
        switch mishap {
        case .removed, .truncated:
            let fault = #expect(throws: Fault.self) {
                try fixture.engine.snapshot(of: fixture.database, patience: .fresh)
            }
            #expect(fault?.code == (mishap == .removed ? .notFound : .databaseTruncated))
            #expect(fault?.hint != nil || mishap == .removed)
        default: try fixture.captureAndProve()
        }
    }

    private func cause(_ mishap: Mishap, _ fixture: SQLiteFixture) throws {
        let path = fixture.path
        switch mishap {
        case .replaced:
            let other = fixture.scratchPath("other")
            try LedgerWriter.run("create", other, "--size", "1000000")
            #expect(rename(other, path) == 0)
        case .truncated: #expect(truncate(path, 8192) == 0)
        case .removed: #expect(unlink(path) == 0)
        case .rewritten:
            let content = try Data(contentsOf: URL(fileURLWithPath: path))
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try file.write(contentsOf: content)
            try file.close()
        case .vacuumed: try LedgerWriter.run("write", path, "--seconds", "2", "--vacuum", "--schema")
        }
    }

    @Test(arguments: ["wal", "delete"])
    func tellsEveryKindOfChangeFromNone(journal: String) throws {
        let fixture = try SQLiteFixture(journal: journal)
        let token = { try Snapshots.capture(fixture.engine, fixture.database, to: fixture.scratchPath("image")).token }
        var last = try token()
        #expect(fixture.engine.changes(of: fixture.database, since: last) == .unchanged)
        let changes: [() throws -> Void] = [
            { try fixture.change() },
            { #expect(chmod(fixture.path, 0o640) == 0) },
            { try Data(contentsOf: URL(fileURLWithPath: fixture.path)).write(to: URL(fileURLWithPath: fixture.path)) },
        ]
        for change in changes {
            try change()
            #expect(fixture.engine.changes(of: fixture.database, since: last) != .unchanged)
            last = try token()
            #expect(fixture.engine.changes(of: fixture.database, since: last) == .unchanged)
        }
    }

    @Test func tellsCommitsInALiveLogFromNone() throws {
        let fixture = try SQLiteFixture()
        let holder = try LedgerWriter.start("hold", fixture.path)
        try holder.waitUntilReady()
        for _ in 0..<5 {
            try fixture.change()
            let token = try Snapshots.capture(fixture.engine, fixture.database, to: fixture.scratchPath("image")).token
            #expect(fixture.engine.changes(of: fixture.database, since: token) == .unchanged)
            try fixture.change()
            #expect(fixture.engine.changes(of: fixture.database, since: token) != .unchanged)
        }
        _ = try holder.finish()
    }

    @Test func keepsOwnerModeTimesAndLength() throws {
        let fixture = try SQLiteFixture(journal: "delete")
        #expect(chmod(fixture.path, 0o640) == 0)
        let snapshot = try fixture.engine.snapshot(of: fixture.database, patience: .fresh)
        defer { snapshot.close() }
        var status = stat()
        #expect(stat(fixture.path, &status) == 0)
        let file = try #require(snapshot.files.first)
        #expect(snapshot.files.count == 1)
        #expect(file.path == fixture.path)
        #expect(file.mode == 0o640)
        #expect(file.uid == status.st_uid && file.gid == status.st_gid)
        #expect(file.length == Int64(status.st_size))
        #expect(file.modified == Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
        #expect(Int64(file.pages) * Int64(file.pageSize) == file.length)
    }

    /// A file of 1 GiB and a little, mostly a hole, so that it costs nothing.
    @Test(arguments: ["wal", "delete"])
    func readsAcrossTheLockPage(journal: String) throws {
        let fixture = try SQLiteFixture(journal: journal, pageSize: 65_536, size: 200_000)
        let pages: UInt32 = 16_384 + 4
        let marker = Array("after the lock page".utf8)
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: fixture.path))
        try file.seek(toOffset: UInt64(pages - 1) * 65_536)
        try file.write(contentsOf: marker + [UInt8](repeating: 0, count: 65_536 - marker.count))
        try file.seek(toOffset: 28)
        try file.write(contentsOf: withUnsafeBytes(of: pages.bigEndian) { Array($0) })
        try file.close()
        let snapshot = try fixture.engine.snapshot(of: fixture.database, patience: .fresh)
        defer { snapshot.close() }
        #expect(snapshot.files[0].pages == pages)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 65_536 * 8, alignment: 4096)
        defer { buffer.deallocate() }
        try snapshot.read(pages: pages - 8..<pages, of: 0, into: buffer)
        #expect(Array(buffer[(65_536 * 7)...].prefix(marker.count)) == marker)
        #expect(buffer[..<(65_536 * 7)].allSatisfy { $0 == 0 })
        try snapshot.finish()
    }

    @Test(.enabled(if: ProcessInfo.processInfo.environment["HOLDFAST_LONG"] == "1"), arguments: ["wal", "delete"])
    func capturesARealDatabasePastOneGiB(journal: String) throws {
        let fixture = try SQLiteFixture(journal: journal, pageSize: 65_536, size: 1_100_000_000)
        let writer = try LedgerWriter.start("write", fixture.path, "--seconds", "300", "--rate", "50")
        try fixture.captureAndProve()
        writer.crash()
        try fixture.captureAndProve()
    }
}
