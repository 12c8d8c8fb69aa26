import Glibc
import Model

extension Files {
    /// Gives a folder and all that is in it to a user.
    ///
    /// No link is followed, and nothing outside of the folder is reached, whoever may write in it meanwhile.
    /// - Throws: `not-permitted` when this process may not give files away; `not-found`; `input-output`.
    package static func giveTree(_ path: String, uid: UInt32, gid: UInt32) throws {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let descriptor = try SystemCall.check("open folder", path) { Int(Glibc.open(path, flags)) }
        try give(File(descriptor: Int32(descriptor), path: path), uid, gid)
    }

    private static func give(_ folder: File, _ uid: UInt32, _ gid: UInt32) throws {
        for name in try names(in: folder) {
            let path = "\(folder.path)/\(name)"
            KillPoint.pass("chown", path)
            // What has gone since it was listed needs no owner: others may be at work here.
            guard fchownat(folder.descriptor, name, uid, gid, AT_SYMLINK_NOFOLLOW) == 0 || errno == ENOENT else {
                throw SystemCall.fault(errno, "change the owner of", path)
            }
            let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
            let inner = openat(folder.descriptor, name, flags)
            if inner >= 0 {
                try give(File(descriptor: inner, path: path), uid, gid)
            } else if ![ENOTDIR, ELOOP, ENOENT].contains(errno) {
                throw SystemCall.fault(errno, "open folder", path)
            }
        }
        try SystemCall.check("change the owner of", folder.path) { Int(fchown(folder.descriptor, uid, gid)) }
    }

    private static func names(in folder: File) throws -> [String] {
        let descriptor = openat(folder.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0, let stream = fdopendir(descriptor) else {
            throw SystemCall.fault(errno, "list", folder.path)
        }
        defer { closedir(stream) }
        return try Files.names(from: stream, of: folder.path)
    }
}
