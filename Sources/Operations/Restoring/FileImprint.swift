import Platform

/// What tells whether a path still has the same file with the same content; links to it don't count as a change.
struct FileImprint: Codable, Sendable, Equatable {
    let device: UInt64
    let inode: UInt64
    /// Bytes.
    let size: Int64
    /// Nanoseconds since 1970.
    let modified: Int64

    init(_ status: FileStatus) {
        device = status.device
        inode = status.inode
        size = status.size
        modified = status.modified
    }

    /// Nil when nothing has that name.
    init?(_ path: String) throws {
        guard let status = try Files.status(path, followLinks: false) else { return nil }
        self.init(status)
    }

    /// Whether both are the same file, changed or not.
    func isSameFile(as other: FileImprint?) -> Bool { device == other?.device && inode == other?.inode }
}
