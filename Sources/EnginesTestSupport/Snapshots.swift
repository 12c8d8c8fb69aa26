package import Engines
import Foundation
import Model

/// Reading snapshots the way a backup does.
package enum Snapshots {
    /// Reads all pages in ranges of `pagesAtOnce`, confirms, and writes the image to `target`.
    package static func assemble(_ snapshot: any Snapshot, to target: String, pagesAtOnce: UInt32 = 64) throws {
        let file = snapshot.files[0]
        guard let output = fopen(target, "w") else { throw CocoaError(.fileWriteUnknown) }
        defer { fclose(output) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: Int(pagesAtOnce) * file.pageSize, alignment: 4096)
        defer { buffer.deallocate() }
        var page: UInt32 = 0
        while page < file.pages {
            let range = page..<min(file.pages, page + pagesAtOnce)
            let part = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(range.count * file.pageSize)])
            try snapshot.read(pages: range, of: 0, into: part)
            fwrite(part.baseAddress, 1, part.count, output)
            page = range.upperBound
        }
        fflush(output)
        ftruncate(fileno(output), Int(file.length))
        try snapshot.finish()
    }

    /// Takes a snapshot as a backup does: three gentle tries, then one that may hold up the writers.
    ///
    /// - Returns: the notes of the one that succeeded, and how many tries met a commit.
    @discardableResult
    package static func capture(
        _ engine: any Engine, _ database: FoundDatabase, to target: String, pagesAtOnce: UInt32 = 64
    ) throws -> (notes: [SnapshotNote], token: String, restarts: Int) {
        var restarts = 0
        while true {
            do {
                let snapshot = try engine.snapshot(of: database, patience: restarts < 3 ? .fresh : .exhausted)
                defer { snapshot.close() }
                try assemble(snapshot, to: target, pagesAtOnce: pagesAtOnce)
                return (snapshot.notes, snapshot.token, restarts)
            } catch let fault as Fault where fault.code == .sourceChanged && restarts < 20 {
                restarts += 1
            }
        }
    }
}
