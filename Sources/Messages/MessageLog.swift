import Catalog
import Model
import Platform

/// The text log: a file that only ever grows by whole lines, until it is rotated.
///
/// Belongs to one thread. Every append looks whether the file was renamed, removed or cut since the one before.
final class MessageLog {
    /// What became of the file since it was last looked at.
    enum Change: Equatable {
        case none
        /// Another file, or the first look of this process.
        case opened
        /// The same file is shorter than what was written to it.
        /// - Parameters:
        ///   - before: the id of its first line until then.
        ///   - now: the id of its first line, when something was written since.
        case cut(before: MessageID?, now: MessageID?)
    }

    private static let mode: UInt32 = 0o640
    private static let window: Int64 = 1 << 20
    let path: String
    private var file: File?
    /// Where the file ends if nobody cut it.
    private var end: Int64 = 0
    /// The id of the file's first line; nil while it has none.
    private var first: MessageID?
    /// When the file was last written to, as the file system says: nanoseconds since 1970.
    private var written: Int64 = .max

    init(path: String) { self.path = path }

    /// Sees that the file of that name is open, and that it ends with a whole line.
    ///
    /// - Throws: what opening throws; `input-output` for anything but a plain file.
    func look() throws -> Change {
        let named = try Files.status(path)
        if let file, let named {
            let open = try file.status()
            if open.isSameFile(as: named) {
                guard open.size < end else { return .none }
                end = open.size
                return .cut(before: first, now: try read(file))
            }
        }
        let opened = try open(named)
        guard try opened.status().kind == .file else {
            throw Fault(.inputOutput, "\(path) is not a plain file", hint: "move it away, or change `log_directory`")
        }
        try dropTornLine(of: opened)
        end = try opened.status().size
        _ = try read(opened)
        file = opened
        return .opened
    }

    private func read(_ file: File) throws -> MessageID? {
        first = try Self.firstID(of: file)
        return first
    }

    /// Appends whole lines to the file that was looked at; durable on return. After a failure none of them remains.
    ///
    /// Always at the end as it is then: a file that is cut at this moment gets no gap.
    /// - Returns: false, and nothing is written, when the file was cut since it was looked at.
    /// - Throws: what writing or syncing throws, such as `out-of-space`.
    func append(_ lines: String, first id: MessageID) throws -> Bool {
        guard let file else { throw Fault(.internalError, "\(path) is not open") }
        let before = try file.status().size
        guard before >= end else { return false }
        if before == 0 { first = id }
        do {
            var lines = lines
            try lines.withUTF8 { try file.write(UnsafeRawBufferPointer($0), at: before) }
            end = before + Int64(lines.utf8.count)
            try file.sync()
            written = try file.status().modified
        } catch {
            if let now = try? file.status().size, now > before { try? file.truncate(to: before) }
            self.file = nil
            throw error
        }
        return true
    }

    /// The last whole line of the file.
    func lastLine() throws -> String? { try file.flatMap { try Self.lastLine(of: $0) } }

    /// The last whole lines of the files that rotation made of this one; what is compressed can't be told.
    func lastLinesOfRotated() throws -> [String] {
        try rotated().compactMap { rotated in
            (try? File.open(rotated.path, .readOnly, noFollow: true)).flatMap { try? Self.lastLine(of: $0) }
        }
    }

    /// Whether a copy was made of the file about when it was last written to.
    func hasFreshCopy() throws -> Bool {
        let (last, minute) = (written, Int64(60_000_000_000))
        return try last < .max && rotated().contains { $0.status.modified >= last - minute }
    }

    /// Those changed last first.
    private func rotated() throws -> [(path: String, status: FileStatus)] {
        let (folder, name) = (Files.parent(of: path), Files.name(of: path))
        let compressed = [".gz", ".xz", ".bz2", ".zst", ".lz4"]
        let rotated = try Files.list(folder)
            .filter { other in
                other != name && other.hasPrefix(name) && !compressed.contains { other.hasSuffix($0) }
            }
            .compactMap { other -> (path: String, status: FileStatus)? in
                try Files.status("\(folder)/\(other)", followLinks: false).map { ("\(folder)/\(other)", $0) }
            }
            .filter { $0.status.kind == .file }.sorted { $0.status.modified > $1.status.modified }
        return Array(rotated.prefix(3))
    }

    /// A rotation may come in between.
    private func open(_ named: FileStatus?) throws -> File {
        for _ in 0..<3 {
            do {
                return try Files.exists(path) ? File.open(path, .appending) : create()
            } catch let fault as Fault where fault.code == .notFound || fault.code == .targetExists {
                continue
            }
        }
        return try named == nil ? create() : File.open(path, .appending)
    }

    private func create() throws -> File {
        let file = try File.create(path, mode: Self.mode)
        // Whatever the umask says.
        try file.setMode(Self.mode)
        try Files.syncDirectory(Files.parent(of: path))
        return try File.open(path, .appending)
    }

    /// A crash in the middle of an append may leave part of a line, which is about to be written again.
    private func dropTornLine(of file: File) throws {
        let size = try file.status().size
        let tail = try Self.tail(of: file, size)
        guard let last = tail.last, last != UInt8(ascii: "\n") else { return }
        let start = size - Int64(tail.count)
        let whole = tail.lastIndex(of: UInt8(ascii: "\n")).map { start + Int64($0) + 1 }
        if let whole = whole ?? (start == 0 ? 0 : nil) { try file.truncate(to: whole) }
    }

    private static func tail(of file: File, _ size: Int64) throws -> [UInt8] {
        let count = min(size, window)
        return try file.read(count: Int(count), at: size - count)
    }

    private static func lastLine(of file: File) throws -> String? {
        let tail = try tail(of: file, try file.status().size)
        guard let end = tail.lastIndex(of: UInt8(ascii: "\n")) else { return nil }
        let line = tail[..<end].split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).last
        return line.map { String(decoding: $0, as: UTF8.self) }
    }

    private static func firstID(of file: File) throws -> MessageID? {
        let head = try file.read(count: Int(window), at: 0)
        guard let end = head.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
        return MessageLine.id(of: String(decoding: head[..<end], as: UTF8.self))
    }
}
