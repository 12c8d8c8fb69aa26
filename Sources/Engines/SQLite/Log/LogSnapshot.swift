package import Model
import Platform

/// A database with a write-ahead log: pages come from the log as of one commit, or else from the main file.
///
/// Unchecked: nothing in it changes, but for locks that `close` lets go.
package final class LogSnapshot: Snapshot, @unchecked Sendable {
    package let files: [SnapshotFile]
    package let instant: Instant
    package let token: String
    package let notes: [SnapshotNote]
    private let source: DatabaseSource
    private let log: File
    private let committed: CommittedLog?
    private let guardian: any LogGuardian

    /// - Parameters:
    ///   - committed: nil when all of the image is in the main file.
    ///   - pages: size of the image.
    init(
        _ source: DatabaseSource, log: File, committed: CommittedLog?, pages: UInt32, pageSize: Int,
        guardian: any LogGuardian, instant: Instant, look: SourceLook
    ) throws {
        self.source = source
        self.log = log
        self.committed = committed
        self.guardian = guardian
        self.instant = instant
        files = [try SnapshotFile(source, length: Int64(pages) * Int64(pageSize), pageSize: pageSize)]
        token = ChangeToken(look, pages: pages).text
        notes = guardian.notes
        try checkCoverage(pages: pages, pageSize: pageSize)
    }

    package var readsInParallel: Bool { true }

    package func read(pages: Range<UInt32>, of file: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        let pageSize = files[file].pageSize
        let offset = Int64(pages.lowerBound) * Int64(pageSize)
        let count = try source.main.read(into: buffer, at: offset)
        buffer.clear(from: count)
        try committed?.forEach(in: pages.lowerBound + 1...pages.upperBound) { page, frame in
            let start = Int(page - 1 - pages.lowerBound) * pageSize
            let target = UnsafeMutableRawBufferPointer(rebasing: buffer[start..<start + pageSize])
            guard let committed, try log.read(into: target, at: committed.header.pageOffset(of: frame)) == pageSize,
                committed.confirms(UnsafeRawBufferPointer(target), of: frame)
            else { throw source.changed() }
        }
        guard isCovered(pages.lowerBound + UInt32(count / pageSize)..<pages.upperBound, pageSize) else {
            throw source.changed()
        }
    }

    package func finish() throws -> [SnapshotFile] {
        guard try guardian.confirms(), try source.isInPlace() else { throw source.changed() }
        return []
    }

    package func close() { guardian.release() }

    /// Every page past the end of the main file has to be in the log.
    private func checkCoverage(pages: UInt32, pageSize: Int) throws {
        let size = try source.mainIdentity().size
        let inMain = UInt32(clamping: size / Int64(pageSize))
        guard inMain < pages, !isCovered(inMain..<pages, pageSize) else { return }
        throw source.truncated(size, pages, pageSize)
    }

    /// Whether the log has all these pages (from 0), the lock page left out.
    private func isCovered(_ pages: Range<UInt32>, _ pageSize: Int) -> Bool {
        guard !pages.isEmpty else { return true }
        let numbers = pages.lowerBound + 1...pages.upperBound
        let withoutLockPage = numbers.contains(DatabaseHeader.lockPage(pageSize: pageSize)) ? 1 : 0
        return (committed?.count(in: numbers) ?? 0) >= pages.count - withoutLockPage
    }
}

/// What keeps log and main file of a snapshot from changing, or tells that they did.
protocol LogGuardian: AnyObject {
    var notes: [SnapshotNote] { get }
    /// Whether everything read so far belongs to the snapshot.
    func confirms() throws -> Bool
    func release()
}
