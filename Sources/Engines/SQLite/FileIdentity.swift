import Glibc
import Platform

/// What tells one state of a file from another without reading it.
struct FileIdentity: Codable, Equatable {
    var device: UInt64
    var inode: UInt64
    /// Bytes.
    var size: Int64
    /// Nanoseconds since 1970.
    var modified: Int64
    var changed: Int64

    init(_ status: FileStatus) {
        device = status.device
        inode = status.inode
        size = status.size
        modified = status.modified
        changed = status.changed
    }

    init(_ status: stat) {
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec) * 1_000_000_000 + Int64(status.st_ctim.tv_nsec)
    }

    func isSameFile(as other: FileIdentity?) -> Bool { device == other?.device && inode == other?.inode }

    /// Longest step of the clock that file systems stamp files with; a kernel tick is at most 10 ms.
    static let stampStep: Int64 = 20_000_000

    /// Whether another write right now could leave the same stamps.
    func isRacy(at now: Int64) -> Bool {
        [modified, changed].contains { now >= $0 && now - $0 < Self.stampStep }
    }
}

/// The clock that file systems stamp files with.
enum StampClock {
    /// Nanoseconds since 1970.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
    }

    /// Waits, at most 20 ms, until a further write is sure to change the stamps of `identity`.
    static func pass(_ identity: FileIdentity) {
        guard identity.isRacy(at: now()) else { return }
        let latest = [identity.modified, identity.changed].filter { $0 <= now() }.max() ?? 0
        let wait = latest + FileIdentity.stampStep - now()
        if wait > 0 { pause(nanoseconds: min(wait, FileIdentity.stampStep)) }
    }

    static func pause(nanoseconds: Int64) {
        var time = timespec(tv_sec: time_t(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
        nanosleep(&time, nil)
    }
}
