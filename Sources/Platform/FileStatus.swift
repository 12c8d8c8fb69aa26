import Glibc

/// What a file system says of one file.
package struct FileStatus: Sendable, Hashable {
    package enum Kind: Sendable { case file, directory, symbolicLink, other }

    package var kind: Kind
    package var device: UInt64
    package var inode: UInt64
    /// Bytes.
    package var size: Int64
    /// Permission bits, such as 0o640.
    package var mode: UInt32
    package var uid: UInt32
    package var gid: UInt32
    package var links: UInt64
    /// Nanoseconds since 1970 of the last change of the content.
    package var modified: Int64
    /// Nanoseconds since 1970 of the last change of content or attributes.
    package var changed: Int64

    init(_ status: stat) {
        kind =
            switch status.st_mode & S_IFMT {
            case S_IFREG: .file
            case S_IFDIR: .directory
            case S_IFLNK: .symbolicLink
            default: .other
            }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        mode = UInt32(status.st_mode) & 0o7777
        uid = status.st_uid
        gid = status.st_gid
        links = UInt64(status.st_nlink)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    }

    /// Whether both are the same file of the same file system.
    package func isSameFile(as other: FileStatus) -> Bool { device == other.device && inode == other.inode }
}
