import Model
import Platform

/// The text log: a file that only ever grows by whole lines, until it is rotated.
///
/// Belongs to one thread. A rotated file (renamed or cut) is noticed at the next append.
final class MessageLog {
    private let path: String
    private var file: File?

    init(path: String) { self.path = path }

    /// Closes the file; the next append opens, or makes, the one of that name then.
    func reopen() { file = nil }

    /// Appends whole lines; durable on return. After a failure none of them remains in the file.
    ///
    /// - Throws: what opening, writing or syncing throws, such as `out-of-space`.
    func append(_ lines: String) throws {
        let file = try current()
        let end = try file.status().size
        do {
            var lines = lines
            try lines.withUTF8 { try file.write(UnsafeRawBufferPointer($0), at: end) }
            try file.sync()
        } catch {
            try? file.truncate(to: end)
            self.file = nil
            throw error
        }
    }

    private func current() throws -> File {
        let named = try Files.status(path)
        if let file, let named {
            let open = try file.status()
            if (open.device, open.inode) == (named.device, named.inode) { return file }
        }
        let opened = try named == nil ? create() : File.open(path, .readWrite)
        guard try opened.status().kind == .file else {
            throw Fault(.inputOutput, "\(path) is not a plain file", hint: "move it away, or change `log_directory`")
        }
        try dropTornLine(of: opened)
        file = opened
        return opened
    }

    private func create() throws -> File {
        let file = try File.create(path, mode: 0o640)
        try Files.syncDirectory(Files.parent(of: path))
        return file
    }

    /// A crash in the middle of an append may leave part of a line, which is about to be written again.
    private func dropTornLine(of file: File) throws {
        let size = try file.status().size
        let window = min(size, 1 << 20)
        let tail = try file.read(count: Int(window), at: size - window)
        guard let last = tail.last, last != UInt8(ascii: "\n") else { return }
        let whole = tail.lastIndex(of: UInt8(ascii: "\n")).map { size - window + Int64($0) + 1 }
        if let whole = whole ?? (window == size ? 0 : nil) { try file.truncate(to: whole) }
    }
}
