import Glibc
import Model

/// Locks on byte ranges that belong to an open file description (`F_OFD_SETLK`).
///
/// They stay until the file is closed or unlocked, whatever other descriptors of the same file this process closes, and
/// they conflict with the POSIX locks of other processes. Source: fcntl(2), "Open file description locks".
package enum FileLock {
    package struct Range: Sendable, Hashable {
        package var start: Int64
        /// Bytes; 0 means up to the end of any file.
        package var count: Int64

        package init(start: Int64, count: Int64) {
            self.start = start
            self.count = count
        }
    }

    /// Who keeps a lock from being granted.
    package struct Holder: Sendable, Hashable {
        package var isExclusive: Bool
        /// Nil for a lock of an open file description.
        package var processID: Int32?
    }

    /// - Returns: false when another holds an exclusive lock there.
    package static func tryShared(_ file: File, _ range: Range) throws -> Bool {
        try set(file, range, F_RDLCK)
    }

    /// - Returns: false when another holds a lock there. The file must be open for writing.
    package static func tryExclusive(_ file: File, _ range: Range) throws -> Bool {
        try set(file, range, F_WRLCK)
    }

    package static func unlock(_ file: File, _ range: Range) throws { _ = try set(file, range, F_UNLCK) }

    /// The lock that would keep this process from locking `range`; nil when none would. Takes no lock.
    package static func conflict(_ file: File, _ range: Range, exclusive: Bool) throws -> Holder? {
        var lock = flock(range, exclusive ? F_WRLCK : F_RDLCK)
        let getLock: Int32 = 36
        try SystemCall.check("examine locks of", file.path) { Int(fcntl(file.descriptor, getLock, &lock)) }
        guard lock.l_type != Int16(F_UNLCK) else { return nil }
        return Holder(isExclusive: lock.l_type == Int16(F_WRLCK), processID: lock.l_pid > 0 ? lock.l_pid : nil)
    }

    private static func set(_ file: File, _ range: Range, _ type: Int32) throws -> Bool {
        var lock = flock(range, type)
        let setLock: Int32 = 37
        while fcntl(file.descriptor, setLock, &lock) != 0 {
            switch errno {
            case EINTR: continue
            case EAGAIN, EACCES: return false
            default: throw SystemCall.fault(errno, "lock", file.path)
            }
        }
        return true
    }

    private static func flock(_ range: Range, _ type: Int32) -> Glibc.flock {
        var lock = Glibc.flock()
        lock.l_type = Int16(type)
        lock.l_whence = Int16(SEEK_SET)
        lock.l_start = off_t(range.start)
        lock.l_len = off_t(range.count)
        return lock
    }
}
