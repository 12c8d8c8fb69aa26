import CLinux
import Glibc
import Model

extension File {
    /// A folder as a place to look from; neither read nor written.
    package static func place(_ folder: String) throws -> File {
        let flags = pathOnly | O_DIRECTORY | O_CLOEXEC
        let descriptor = try SystemCall.check("open", folder) { Int(Glibc.open(folder, flags)) }
        return File(descriptor: Int32(descriptor), path: folder)
    }

    /// Finds what has that path below this folder, without leaving it and without following a symbolic link, whatever others
    /// do to the folders on the way meanwhile. The result can be examined, and opened by `reopened`; whatever it is, finding
    /// it does nothing to it.
    ///
    /// - Throws: `not-found`; `right-refused` when a link or `..` leads the path astray; `input-output`.
    package func locate(_ path: NativePath) throws -> File {
        let (folder, name) = (descriptor, self.path == "/" ? "/\(path.text)" : "\(self.path)/\(path.text)")
        let found = path.withCString { path in
            var found: Int32
            repeat { found = holdfast_locate_beneath(folder, path) } while found < 0 && errno == EINTR
            return found < 0 ? -errno : found
        }
        switch -found {
        case ...0: return File(descriptor: found, path: name)
        // EAGAIN: something was renamed on the way, so that the kernel can't tell any more. Source: openat2(2).
        case ELOOP, EXDEV, EAGAIN:
            throw Fault(
                .rightRefused, "the way to \(name) leads over a symbolic link or out of \(self.path)",
                hint: "name the file by its real path")
        case let error: throw SystemCall.fault(error, "find", name)
        }
    }

    /// The same file or folder, open for reading. Source: proc(5), `/proc/pid/fd`.
    package func reopened() throws -> File {
        let own = "/proc/self/fd/\(descriptor)"
        let opened = try SystemCall.check("open", path) { Int(Glibc.open(own, O_RDONLY | O_NONBLOCK | O_CLOEXEC)) }
        return File(descriptor: Int32(opened), path: path)
    }

    /// O_PATH, which Glibc's module doesn't show.
    static let pathOnly: Int32 = 0o10_000_000
}
