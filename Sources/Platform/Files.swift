import CLinux
import Glibc
package import Model

/// Operations on names in a file system. Every one that changes something passes a kill point before and after.
package enum Files {
    /// - Returns: nil when nothing has that name.
    package static func status(_ path: String, followLinks: Bool = true) throws -> FileStatus? {
        var status = stat()
        let result = followLinks ? stat(path, &status) : lstat(path, &status)
        if result == 0 { return FileStatus(status) }
        if errno == ENOENT || errno == ENOTDIR { return nil }
        throw SystemCall.fault(errno, "examine", path)
    }

    package static func exists(_ path: String) -> Bool { (try? status(path, followLinks: false)) != nil }

    /// Gives a file another name.
    /// - Parameter replacing: whether a file of that name is replaced.
    /// - Throws: `target-exists`.
    package static func rename(_ path: String, to target: String, replacing: Bool) throws {
        try mutate("rename", "to \(target)", target) {
            guard !replacing else { return Int(Glibc.rename(path, target)) }
            let result = holdfast_rename_new(path, target)
            guard result != 0, errno == EINVAL || errno == ENOSYS else { return Int(result) }
            // A file system without RENAME_NOREPLACE: link refuses an existing name as well.
            let linked = Glibc.link(path, target)
            return Int(linked == 0 ? unlink(path) : linked)
        }
    }

    package static func link(_ path: String, to target: String) throws {
        try mutate("link", "link", target) { Int(Glibc.link(path, target)) }
    }

    /// Gives a file that has no name one. Source: open(2), O_TMPFILE.
    static func link(_ file: File, to target: String) throws {
        try mutate("link", "create", target) {
            Int(linkat(AT_FDCWD, "/proc/self/fd/\(file.descriptor)", AT_FDCWD, target, AT_SYMLINK_FOLLOW))
        }
    }

    /// Makes `path` a symbolic link that leads to `target`, which need not exist.
    /// - Throws: `target-exists`.
    package static func makeSymbolicLink(_ path: String, to target: String) throws {
        try mutate("symlink", "link", path) { Int(symlink(target, path)) }
    }

    package static func remove(_ path: String) throws {
        try mutate("unlink", "remove", path) { Int(unlink(path)) }
    }

    package static func removeDirectory(_ path: String) throws {
        try mutate("rmdir", "remove", path) { Int(rmdir(path)) }
    }

    /// Whether this process may write what lies there: by its rights, and by the file system's.
    package static func isWritable(_ path: String) -> Bool { faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0 }

    /// Permission bits of what `path` names, such as 0o660; links are followed.
    package static func setMode(_ path: String, _ mode: UInt32) throws {
        try mutate("chmod", "change the mode of", path) { Int(chmod(path, mode_t(mode))) }
    }

    /// - Parameters uid, gid: nil keeps the one there is.
    /// - Throws: `not-permitted` when this process may not give files away.
    package static func setOwner(_ path: String, uid: UInt32? = nil, gid: UInt32? = nil) throws {
        try mutate("chown", "change the owner of", path) { Int(chown(path, uid ?? .max, gid ?? .max)) }
    }

    package static func makeDirectory(_ path: String, mode: UInt32) throws {
        try mutate("mkdir", "make folder", path) { Int(mkdir(path, mode_t(mode))) }
    }

    /// Makes a folder and those above it that are missing, each durable in the one above.
    package static func makeDirectories(_ path: String, mode: UInt32) throws {
        if let status = try status(path) {
            guard status.kind == .directory else { throw Fault(.inputOutput, "\(path) is not a folder") }
            return
        }
        let parent = Files.parent(of: path)
        if parent != path { try makeDirectories(parent, mode: mode) }
        do { try makeDirectory(path, mode: mode) } catch let fault as Fault where fault.code == .targetExists { return }
        try syncDirectory(parent)
    }

    /// Names given and taken in the folder are durable on return.
    package static func syncDirectory(_ path: String) throws {
        let folder = try File.open(path, .readOnly)
        try folder.sync()
    }

    /// The names in a folder, unsorted, without `.` and `..`.
    package static func list(_ path: String) throws -> [String] {
        guard let stream = opendir(path) else { throw SystemCall.fault(errno, "list", path) }
        defer { closedir(stream) }
        return try names(from: stream, of: path)
    }

    /// The names that a folder's stream still has.
    static func names(from stream: OpaquePointer, of path: String) throws -> [String] {
        var names: [String] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
            errno = 0
        }
        guard errno == 0 else { throw SystemCall.fault(errno, "list", path) }
        return names
    }

    /// The whole content of a small file.
    /// - Throws: `input-output` when it is longer than `limit` bytes.
    package static func read(_ path: String, limit: Int = 1 << 20) throws -> [UInt8] {
        let bytes = try File.open(path, .readOnly).read(count: limit + 1, at: 0)
        guard bytes.count <= limit else { throw Fault(.inputOutput, "\(path) is longer than \(ByteCount(limit))") }
        return bytes
    }

    /// Writes a file of record: temporary, sync, rename, sync of the folder. Old or new content survives a power cut,
    /// never a mixture; durable on return.
    package static func writeDurably(
        _ bytes: [UInt8], to path: String, mode: UInt32, replacing: Bool = true
    ) throws {
        let folder = parent(of: path)
        let temporary = "\(folder)/.tmp-\(Identifier.random())"
        do {
            let file = try File.create(temporary, mode: mode)
            try bytes.withUnsafeBytes { try file.write($0, at: 0) }
            try file.sync()
            try rename(temporary, to: path, replacing: replacing)
        } catch {
            try? remove(temporary)
            throw error
        }
        try syncDirectory(folder)
    }

    /// Free and total bytes of the file system that holds `path`.
    package static func space(_ path: String) throws -> (free: ByteCount, total: ByteCount) {
        var status = statvfs()
        try SystemCall.check("examine the file system of", path) { Int(statvfs(path, &status)) }
        let unit = Int64(status.f_frsize)
        return (ByteCount(Int64(status.f_bavail) * unit), ByteCount(Int64(status.f_blocks) * unit))
    }

    /// The folder that holds `path`.
    package static func parent(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.utf8.startIndex ? "/" : String(path[..<slash])
    }

    /// The last component of `path`. As the kernel counts them, by bytes: a slash that a combining mark follows is one too.
    package static func name(of path: String) -> String {
        path.utf8.lastIndex(of: UInt8(ascii: "/")).map { String(path[path.utf8.index(after: $0)...]) } ?? path
    }

    /// The path without links; nil when it doesn't exist.
    package static func realPath(_ path: String) -> String? {
        guard let resolved = realpath(path, nil) else { return nil }
        defer { free(resolved) }
        return String(cString: resolved)
    }

    private static func mutate(_ call: StaticString, _ doing: String, _ path: String, _ body: () -> Int) throws {
        KillPoint.pass(call, path)
        try SystemCall.check(doing, path, body)
        KillPoint.pass("done", path)
    }
}
