package import Model

/// One committed state of a database, readable while clients go on writing.
///
/// Used by one thread at a time, but for `read` where `readsInParallel` says so. Nothing of it lasts beyond `close()`.
package protocol Snapshot: AnyObject, Sendable {
    /// The files that make up the image; positions in this table are the `file` of `read`.
    var files: [SnapshotFile] { get }
    /// When the state was the newest one.
    var instant: Instant { get }
    /// For `Engine.changes(of:since:)` after this snapshot has been stored, or been found equal to the stored image.
    var token: String { get }
    /// What people should be told beside the result.
    var notes: [SnapshotNote] { get }

    /// Reads pages, numbered from 0, of one page size each; a short last page is filled up with zeros.
    ///
    /// Cheapest in ascending order and in ranges of about 256 KiB.
    /// - Parameter buffer: exactly the size of the pages.
    /// - Throws: `source-changed` when the state is gone: close and start over; `database-truncated`, `input-output`.
    func read(pages: Range<UInt32>, of file: Int, into buffer: UnsafeMutableRawBufferPointer) throws

    /// Whether `read` may be called on several threads at once.
    var readsInParallel: Bool { get }

    /// Confirms that everything read belongs to the one state. Without it nothing read may be relied on.
    ///
    /// - Returns: files that complete the image and are known only now, such as the log written meanwhile; `read` takes
    ///   them by positions that go on where `files` ends.
    /// - Throws: `source-changed`: drop what was read and start over.
    @discardableResult
    func finish() throws -> [SnapshotFile]

    /// After `finish`: whether what only completes the image, all but its log, is as it was when `token` was issued.
    func isSame(as token: String) -> Bool

    /// Releases locks and scratch space; may be called again.
    func close()
}

extension Snapshot {
    package var readsInParallel: Bool { false }
    package func isSame(as token: String) -> Bool { true }
}

/// A file of a snapshot.
package struct SnapshotFile: Sendable, Hashable {
    /// As the repository writes it.
    package enum Kind: String, Sendable {
        case file = "database"
        /// Has no pages; for folders that would be empty.
        case folder
        /// Completes one snapshot and has no part in the next.
        case closing
    }

    /// Absolute, in the form of `NativePath.text`.
    package var path: String
    package var kind: Kind
    package var uid: UInt32
    package var gid: UInt32
    /// Empty when the machine has no name for it.
    package var owner: String
    package var group: String
    /// Permission bits.
    package var mode: UInt32
    /// Nanoseconds since 1970.
    package var modified: Int64
    /// Bytes; the last page may be short.
    package var length: Int64
    /// Bytes; for SQLite 512…65536, a power of two.
    package var pageSize: Int
    package var pages: UInt32

    package init(
        path: String, kind: Kind = .file, uid: UInt32, gid: UInt32, owner: String, group: String, mode: UInt32,
        modified: Int64, length: Int64, pageSize: Int, pages: UInt32
    ) {
        self.path = path
        self.kind = kind
        self.uid = uid
        self.gid = gid
        self.owner = owner
        self.group = group
        self.mode = mode
        self.modified = modified
        self.length = length
        self.pageSize = pageSize
        self.pages = pages
    }
}

/// Something about the way a snapshot was taken.
package enum SnapshotNote: Sendable, Hashable, CustomStringConvertible {
    /// Commits had to wait while the file was copied, because every gentler attempt met a commit.
    case writersHeld(Duration)
    /// A journal left by a crash was rolled back in a scratch copy.
    case recoveredFromJournal
    /// A log that no running client holds, left by a crash, was read along.
    case readAbandonedLog
    /// The source's own checksums don't fit its pages, which are stored as they are; the first hundred.
    case pagesDamaged([String])

    package var description: String {
        switch self {
        case .writersHeld(let duration):
            "writers were held up for \(duration.microseconds / 1000) ms while the file was copied"
        case .recoveredFromJournal:
            "a transaction left half-done by a crash was rolled back in a scratch copy; the database itself is untouched"
        case .readAbandonedLog:
            "the database has a write-ahead log that no running client holds; its committed changes are in the backup"
        case .pagesDamaged(let pages):
            "the source's own checksums do not fit \(pages.count == 1 ? "a page" : "\(pages.count) pages"), stored as "
                + "they are: \(pages.prefix(3).joined(separator: ", "))\(pages.count > 3 ? " …" : "")"
        }
    }
}

/// How much a snapshot may ask of the writers.
package enum Patience: Sendable {
    /// No commit waits longer than 250 ms; the snapshot may fail with `source-changed`.
    case fresh
    /// Gentler attempts have failed: the snapshot may hold up commits while it copies the file.
    case exhausted
}
