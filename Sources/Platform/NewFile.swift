import CLinux
import Glibc
import Model

/// A file that gets its name when it is complete: a process that is killed before leaves nothing behind.
///
/// A file system without unnamed files takes a temporary name instead, which a killed process does leave.
package final class NewFile: Sendable {
    package let file: File
    private let temporary: String?

    /// Open for reading and writing, with mode 0600.
    /// - Parameter temporary: a free path in the folder that the file will be in.
    /// - Throws: `not-found`, `not-permitted`, `out-of-space`, `input-output`.
    package init(orAs temporary: String) throws {
        let unnamed = holdfast_open_unnamed(Files.parent(of: temporary))
        if unnamed >= 0 {
            file = File(descriptor: unnamed, path: temporary)
            self.temporary = nil
        } else {
            file = try File.create(temporary, mode: 0o600)
            self.temporary = temporary
        }
    }

    /// Gives it its name, once; durable when the folder is synced. Nothing of that name is ever replaced.
    /// - Throws: `target-exists`.
    package func publish(as path: String) throws {
        if let temporary {
            if temporary != path { try Files.rename(temporary, to: path, replacing: false) }
        } else {
            try Files.link(file, to: path)
        }
    }

    /// Removes what has no name of its own yet.
    package func abandon() {
        if let temporary { try? Files.remove(temporary) }
    }
}
