import CLinux
import Glibc
import Model

/// An open file; its descriptor is closed with the last reference.
///
/// All calls may be made from several threads at once: reads and writes name their offset.
package final class File: Sendable {
    package enum Access: Sendable {
        case readOnly
        case readWrite
        /// As `readWrite`, but every write goes to the end as it is then, whatever its offset.
        case appending
    }

    package let descriptor: Int32
    /// As it was opened; for messages.
    package let path: String

    /// - Parameter descriptor: owned by the new file.
    package init(descriptor: Int32, path: String) {
        self.descriptor = descriptor
        self.path = path
    }

    deinit { close(descriptor) }

    /// - Throws: `not-found`, `not-permitted` or `input-output`.
    package static func open(_ path: String, _ access: Access, noFollow: Bool = false) throws -> File {
        let mode = access == .readOnly ? O_RDONLY : O_RDWR | (access == .appending ? O_APPEND : 0)
        let flags = mode | O_CLOEXEC | (noFollow ? O_NOFOLLOW : 0) | O_NONBLOCK
        let descriptor = try SystemCall.check("open", path) { Int(Glibc.open(path, flags)) }
        return File(descriptor: Int32(descriptor), path: path)
    }

    /// A folder, open for its names; a link isn't followed.
    /// - Throws: as `open`.
    package static func folder(_ path: String) throws -> File {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let descriptor = try SystemCall.check("open folder", path) { Int(Glibc.open(path, flags)) }
        return File(descriptor: Int32(descriptor), path: path)
    }

    /// A new empty file, open for reading and writing.
    /// - Throws: `target-exists` when something has that name.
    package static func create(_ path: String, mode: UInt32) throws -> File {
        KillPoint.pass("create", path)
        let flags = O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW
        let descriptor = try SystemCall.check("create", path) { Int(Glibc.open(path, flags, mode_t(mode))) }
        KillPoint.pass("created", path)
        return File(descriptor: Int32(descriptor), path: path)
    }

    /// A file without a name, gone when closed, on the file system of `directory`.
    package static func scratch(in directory: String) throws -> File {
        let unnamed = holdfast_open_unnamed(directory)
        if unnamed >= 0 { return File(descriptor: unnamed, path: "\(directory) (scratch)") }
        let path = "\(directory)/.tmp-\(Identifier.random())"
        let file = try create(path, mode: 0o600)
        try Files.remove(path)
        return file
    }

    package func status() throws -> FileStatus {
        var status = stat()
        try SystemCall.check("examine", path) { Int(fstat(descriptor, &status)) }
        return FileStatus(status)
    }

    /// Reads until the buffer is full or the file ends.
    /// - Returns: the number of bytes read.
    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws -> Int {
        guard let base = buffer.baseAddress else { return 0 }
        var done = 0
        while done < buffer.count {
            let count = try SystemCall.check("read", path) {
                pread(descriptor, base + done, buffer.count - done, off_t(offset) + done)
            }
            if count == 0 { break }
            done += count
        }
        return done
    }

    /// Up to `count` bytes; fewer only at the end of the file.
    package func read(count: Int, at offset: Int64) throws -> [UInt8] {
        try [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = try read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
        }
    }

    /// Writes all bytes; nothing is durable before `sync()`.
    package func write(_ bytes: UnsafeRawBufferPointer, at offset: Int64) throws {
        guard let base = bytes.baseAddress, bytes.count > 0 else { return }
        KillPoint.pass("write", path)
        var done = 0
        while done < bytes.count {
            done += try SystemCall.check("write", path) {
                pwrite(descriptor, base + done, bytes.count - done, off_t(offset) + done)
            }
        }
        KillPoint.pass("written", path)
    }

    /// Content and length are durable on return. After a failure nothing of this file may be relied on any more.
    package func sync() throws {
        KillPoint.pass("sync", path)
        try SystemCall.check("sync", path) { Int(fsync(descriptor)) }
        KillPoint.pass("synced", path)
    }

    package func truncate(to length: Int64) throws {
        KillPoint.pass("truncate", path)
        try SystemCall.check("truncate", path) { Int(ftruncate(descriptor, off_t(length))) }
        KillPoint.pass("truncated", path)
    }

    /// Asks the kernel to start writing a range, so that a later `sync()` has little left; a hint only.
    /// - Parameter count: 0 is up to the end.
    package func startWriteback(offset: Int64, count: Int64) {
        _ = holdfast_start_writeback(descriptor, offset, count)
    }

    /// Reserves space, so that a full disk is noticed before anything is written; a file system without it is no fault.
    package func reserve(_ length: Int64) throws {
        guard length > 0 else { return }
        KillPoint.pass("reserve", path)
        var system = statvfs()
        if fstatvfs(descriptor, &system) == 0, Int64(system.f_bavail) * Int64(system.f_frsize) < length {
            // Not tried: the file system would be full, for everybody, until it finds out that it can't.
            throw SystemCall.fault(ENOSPC, "reserve \(ByteCount(length)) for", path)
        }
        guard holdfast_reserve(descriptor, length) != 0, [ENOSPC, EDQUOT, EFBIG].contains(errno) else {
            return
        }
        throw SystemCall.fault(errno, "reserve \(ByteCount(length)) for", path)
    }

    /// Tells the kernel that the file will be read from start to end; a hint only.
    package func adviseSequential() { _ = posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL) }

    /// Makes this empty file a copy-on-write clone of `source`.
    /// - Returns: false where the file system can't.
    package func clone(from source: File) throws -> Bool {
        let ficlone: UInt = 0x4004_9409
        KillPoint.pass("clone", path)
        if ioctl(descriptor, ficlone, source.descriptor) == 0 { return true }
        if [EOPNOTSUPP, EXDEV, EINVAL, ENOTTY, EPERM, EBADF, ETXTBSY].contains(errno) { return false }
        throw SystemCall.fault(errno, "clone \(source.path) to", path)
    }

    /// - Throws: `not-permitted` when this process may not give files away.
    package func setOwner(uid: UInt32, gid: UInt32) throws {
        KillPoint.pass("chown", path)
        try SystemCall.check("change the owner of", path) { Int(fchown(descriptor, uid, gid)) }
    }

    package func setMode(_ mode: UInt32) throws {
        KillPoint.pass("chmod", path)
        try SystemCall.check("change the mode of", path) { Int(fchmod(descriptor, mode_t(mode))) }
    }

    /// - Parameter modified: nanoseconds since 1970.
    package func setModified(_ modified: Int64) throws {
        KillPoint.pass("utimens", path)
        try SystemCall.check("change the times of", path) { Int(holdfast_set_modified(descriptor, modified)) }
    }
}
