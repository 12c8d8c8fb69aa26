package import Model
import Platform

/// A database in rollback mode, read in slices under a reader's lock that is held for milliseconds.
///
/// Every slice proves under its lock that no commit came in since the first, so all slices belong to one state.
/// Unchecked: used by one thread at a time, as `Snapshot` asks.
package final class SlicedSnapshot: Snapshot, @unchecked Sendable {
    package let files: [SnapshotFile]
    package let instant: Instant
    package let token: String
    package let notes: [SnapshotNote] = []
    private let source: DatabaseSource
    private let lock: ReaderLock
    private let identity: FileIdentity
    private let header: DatabaseHeader

    /// Longest time a slice keeps its lock; a commit waits for it and for its own next try.
    static let longestHold = Duration.milliseconds(25)
    /// Bytes read before the lock is reconsidered.
    static let piece = 128 << 10

    /// - Parameter lock: held; released on return.
    init(_ source: DatabaseSource, lock: ReaderLock, header: DatabaseHeader, look: SourceLook) throws {
        defer { lock.release() }
        self.source = source
        self.lock = lock
        self.header = header
        identity = look.main
        files = [try SnapshotFile(source, length: look.main.size, pageSize: header.pageSize)]
        instant = WallClock.now()
        token = ChangeToken(look).text
    }

    package func read(pages: Range<UInt32>, of file: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let (offset, expected) = files[file].extent(of: pages)
        var done = 0
        while done < expected {
            try lock.take()
            defer { lock.release() }
            try confirm()
            let began = BootClock.now()
            var goesOn = true
            while goesOn {
                let end = min(done + Self.piece, expected)
                let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<end])
                guard try source.main.read(into: piece, at: offset + Int64(done)) == piece.count else {
                    throw source.changed()
                }
                done = end
                goesOn = done < expected && BootClock.now() - began < Self.longestHold
                if goesOn { goesOn = try !SQLiteLock.writerWaits(source.main) }
            }
        }
        buffer.clear(from: expected)
    }

    package func finish() throws -> [SnapshotFile] {
        guard try source.isInPlace() else { throw source.changed() }
        return []
    }

    package func close() { lock.release() }

    /// With the lock held: no commit since the snapshot began.
    ///
    /// Any commit between two of our locks moves the change counter: a client that doesn't count each commit, because
    /// it is in exclusive locking mode, still counts its first one.
    private func confirm() throws {
        guard try source.mainIdentity() == identity, try source.header() == header else { throw source.changed() }
    }
}
