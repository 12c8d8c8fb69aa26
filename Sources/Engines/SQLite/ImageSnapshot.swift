package import Model
import Platform

/// A snapshot that is a file as it lies there: a database at rest, or a scratch copy of our own.
///
/// Unchecked: nothing in it changes before `close`.
package final class ImageSnapshot: Snapshot, @unchecked Sendable {
    package let files: [SnapshotFile]
    package let instant: Instant
    package let token: String
    package let notes: [SnapshotNote]
    private var image: File?
    /// Nil for a copy of our own, which nobody changes.
    private let source: (source: DatabaseSource, identity: FileIdentity)?

    /// A scratch copy, in which the image is already fixed.
    init(copy image: File, file: SnapshotFile, instant: Instant, token: String, notes: [SnapshotNote]) {
        self.image = image
        files = [file]
        self.instant = instant
        self.token = token
        self.notes = notes
        source = nil
    }

    /// A database at rest in the log's mode: all of it is in the main file, which only a checkpoint changes.
    init(resting source: DatabaseSource, header: DatabaseHeader, look: SourceLook) throws {
        StampClock.pass(look.main)
        let identity = try source.mainIdentity()
        guard identity == look.main else { throw source.changed() }
        if header.isTruncated(at: identity.size) {
            throw source.truncated(identity.size, header.pages ?? 1, header.pageSize)
        }
        files = [try SnapshotFile(source, length: identity.size, pageSize: header.pageSize)]
        instant = WallClock.now()
        token = ChangeToken(look).text
        notes = []
        image = source.main
        self.source = (source, identity)
    }

    package var readsInParallel: Bool { true }

    package func read(pages: Range<UInt32>, of file: Int, into buffer: UnsafeMutableRawBufferPointer) throws {
        guard let image else { throw Fault(.internalError, "a closed snapshot was read") }
        let (offset, expected) = files[file].extent(of: pages)
        let count = try image.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[..<expected]), at: offset)
        guard count == expected else {
            throw source?.source.changed() ?? Fault(.inputOutput, "the scratch copy of \(files[file].path) is short")
        }
        buffer.clear(from: count)
    }

    package func finish() throws -> [SnapshotFile] {
        guard let source else { return [] }
        guard try source.source.mainIdentity() == source.identity, try source.source.isInPlace() else {
            throw source.source.changed()
        }
        return []
    }

    package func close() { image = nil }
}

extension DatabaseSource {
    func changed() -> Fault {
        Fault(
            .sourceChanged, "database \(name) was changed while it was read",
            hint: "the backup starts over by itself; if it keeps failing, run it at a quieter hour")
    }
}
