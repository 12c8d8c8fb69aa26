import CLinux
import Glibc
import Model

extension Files {
    /// Gives a folder and all that is in it to a user.
    ///
    /// No link is followed, and nothing outside of the folder is reached, whoever may write in it meanwhile. A file that has
    /// more names than one keeps its owner: the others may be in folders of other people.
    /// - Throws: `not-permitted` when this process may not give files away; `not-found`; `input-output`.
    package static func giveTree(_ path: String, uid: UInt32, gid: UInt32) throws {
        try give(try File.folder(path), uid, gid)
    }

    /// Gives a folder in an open one, and all that is in it, to whom the open one belongs.
    package static func giveTree(_ name: String, toOwnerOf folder: File) throws {
        let (path, status) = ("\(folder.path)/\(name)", try folder.status())
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let inner = try SystemCall.check("open folder", path) { Int(openat(folder.descriptor, name, flags)) }
        try give(File(descriptor: Int32(inner), path: path), status.uid, status.gid)
    }

    private static func give(_ folder: File, _ uid: UInt32, _ gid: UInt32) throws {
        for name in try names(in: folder) {
            let path = "\(folder.path)/\(name)"
            try give(name, in: folder, uid, gid)
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

    /// What has gone since it was listed needs no owner: others may be at work here.
    private static func give(_ name: String, in folder: File, _ uid: UInt32, _ gid: UInt32) throws {
        let path = "\(folder.path)/\(name)"
        KillPoint.pass("chown", path)
        let descriptor = openat(folder.descriptor, name, File.pathOnly | O_NOFOLLOW | O_CLOEXEC)
        guard descriptor >= 0 else {
            if errno == ENOENT { return }
            throw SystemCall.fault(errno, "change the owner of", path)
        }
        let file = File(descriptor: descriptor, path: path)
        let status = try file.status()
        guard status.kind == .directory || status.links == 1 else { return }
        try SystemCall.check("change the owner of", path) { Int(holdfast_give(descriptor, uid, gid)) }
    }

    static func names(in folder: File) throws -> [String] {
        let descriptor = openat(folder.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0, let stream = fdopendir(descriptor) else {
            throw SystemCall.fault(errno, "list", folder.path)
        }
        defer { closedir(stream) }
        return try Files.names(from: stream, of: folder.path)
    }
}
