package import Engines
import Foundation
import Model

/// Reading snapshots the way a backup does, and writing what was read the way a restore does.
package enum Snapshots {
    /// Reads all pages in ranges of `pagesAtOnce`, confirms, and writes the image to `target`.
    package static func assemble(_ snapshot: any Snapshot, to target: String, pagesAtOnce: UInt32 = 64) throws {
        try write(snapshot.files[0], 0, of: snapshot, to: target, pagesAtOnce)
        try snapshot.finish()
    }

    /// Takes a snapshot of one file as a backup does: three gentle tries, then one that may hold up the writers.
    ///
    /// - Returns: the notes of the one that succeeded, and how many tries met a commit.
    @discardableResult
    package static func capture(
        _ engine: any Engine, _ database: FoundDatabase, to target: String, pagesAtOnce: UInt32 = 64
    ) throws -> (notes: [SnapshotNote], token: String, restarts: Int) {
        try attempt(engine, database) { try assemble($0, to: target, pagesAtOnce: pagesAtOnce) }
    }

    /// Takes a snapshot and restores it beside, completed by the engine, to a file or a folder.
    @discardableResult
    package static func restore(
        _ engine: any Engine, _ database: FoundDatabase, to target: String, pagesAtOnce: UInt32 = 64
    ) throws -> (notes: [SnapshotNote], token: String, restarts: Int) {
        guard engine.restoresFolder else {
            return try capture(engine, database, to: target, pagesAtOnce: pagesAtOnce)
        }
        let result = try attempt(engine, database) { snapshot in
            try? FileManager.default.removeItem(atPath: target)
            try assembleFolder(snapshot, of: database.path, to: target, pagesAtOnce)
        }
        try engine.completeRestore(in: target, becoming: target)
        return result
    }

    private static func attempt(
        _ engine: any Engine, _ database: FoundDatabase, _ body: (any Snapshot) throws -> Void
    ) throws -> (notes: [SnapshotNote], token: String, restarts: Int) {
        var restarts = 0
        while true {
            do {
                let snapshot = try engine.snapshot(of: database, patience: restarts < 3 ? .fresh : .exhausted)
                defer { snapshot.close() }
                try body(snapshot)
                return (snapshot.notes, snapshot.token, restarts)
            } catch let fault as Fault where fault.code == .sourceChanged && restarts < 20 {
                restarts += 1
            }
        }
    }

    private static func assembleFolder(
        _ snapshot: any Snapshot, of root: String, to target: String, _ pagesAtOnce: UInt32
    ) throws {
        let place = { (file: SnapshotFile) in target + (file.path.rest(after: root) ?? "") }
        let sorted = snapshot.files.indices.sorted { snapshot.files[$0].path < snapshot.files[$1].path }
        for index in sorted {
            let file = snapshot.files[index]
            if file.kind == .folder {
                try FileManager.default.createDirectory(atPath: place(file), withIntermediateDirectories: true)
            } else {
                try write(file, index, of: snapshot, to: place(file), pagesAtOnce)
            }
            chmod(place(file), file.mode)
        }
        for (index, file) in try snapshot.finish().enumerated() {
            try write(file, snapshot.files.count + index, of: snapshot, to: place(file), pagesAtOnce)
            chmod(place(file), file.mode)
        }
    }

    private static func write(
        _ file: SnapshotFile, _ index: Int, of snapshot: any Snapshot, to target: String, _ pagesAtOnce: UInt32
    ) throws {
        guard let output = fopen(target, "w") else { throw CocoaError(.fileWriteUnknown) }
        defer { fclose(output) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(pagesAtOnce) * file.pageSize, alignment: 4096)
        defer { buffer.deallocate() }
        var page: UInt32 = 0
        while page < file.pages {
            let range = page..<min(file.pages, page + pagesAtOnce)
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(range.count * file.pageSize)])
            try snapshot.read(pages: range, of: index, into: part)
            fwrite(part.baseAddress, 1, part.count, output)
            page = range.upperBound
        }
        fflush(output)
        ftruncate(fileno(output), off_t(file.length))
    }
}
