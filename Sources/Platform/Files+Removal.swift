import Glibc

extension Files {
    /// Removes a folder with all that is in it; links are removed, never followed. Nothing there is no fault.
    ///
    /// Nothing outside of the folder is reached, whoever may write in it meanwhile.
    package static func removeTree(_ path: String) throws {
        guard let status = try status(path, followLinks: false) else { return }
        guard status.kind == .directory else { return try remove(path) }
        try empty(try File.folder(path))
        try removeDirectory(path)
    }

    private static func empty(_ folder: File) throws {
        for name in try names(in: folder) {
            let path = "\(folder.path)/\(name)"
            let inner = openat(folder.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            if inner >= 0 {
                try empty(File(descriptor: inner, path: path))
            } else if ![ENOTDIR, ELOOP, ENOENT].contains(errno) {
                throw SystemCall.fault(errno, "list", path)
            }
            try unlink(name, in: folder, flags: inner >= 0 ? AT_REMOVEDIR : 0)
        }
    }

    /// What has gone by itself is no fault.
    private static func unlink(_ name: String, in folder: File, flags: Int32) throws {
        let path = "\(folder.path)/\(name)"
        KillPoint.pass("unlink", path)
        guard unlinkat(folder.descriptor, name, flags) == 0 || errno == ENOENT else {
            throw SystemCall.fault(errno, "remove", path)
        }
        KillPoint.pass("done", path)
    }
}
