import Glibc
import Model
import Platform

/// A database's files, opened without following a link on the way and never for writing.
final class DatabaseSource: Sendable {
    let name: DatabaseName
    let path: NativePath
    let main: File
    /// The folder, by which sidecar files are reached even if it is renamed meanwhile.
    private let folder: File
    private let fileName: [UInt8]

    static let goneHint = "its backups stay: see `holdfast backups`, and bring it back with `holdfast restore`"

    /// - Throws: `not-found`, `database-unreadable`, `not-a-database`.
    init(_ database: FoundDatabase) throws {
        name = database.name
        path = NativePath(database.path)
        folder = try Self.openFolder(of: path, name)
        fileName = path.components.last ?? []
        guard let main = try Self.open(folder, fileName, name) else {
            throw Fault(.notFound, "database \(name) no longer exists", hint: Self.goneHint)
        }
        self.main = main
        guard try main.status().kind == .file else { throw Fault(.notADatabase, "\(name) is not a regular file") }
    }

    /// Its path for what keeps texts apart as Swift does: no two paths have the same.
    var key: String { path.text.unicodeScalars.map { $0.escaped(asASCII: true) }.joined() }

    /// Nil when there is no such sidecar file; a link counts as none.
    func open(_ suffix: String) throws -> File? { try Self.open(folder, fileName + Array(suffix.utf8), name) }

    /// Nil when nothing has that name.
    func identity(_ suffix: String = "") throws -> FileIdentity? {
        var status = stat()
        let result = NativePath.withCString(fileName + Array(suffix.utf8)) {
            fstatat(folder.descriptor, $0, &status, AT_SYMLINK_NOFOLLOW)
        }
        if result == 0 { return FileIdentity(status) }
        if errno == ENOENT { return nil }
        throw SystemCall.fault(errno, "examine", "\(name)\(suffix)")
    }

    func mainIdentity() throws -> FileIdentity { FileIdentity(try main.status()) }

    /// Whether the name still stands for the file that was opened.
    func isInPlace() throws -> Bool { try mainIdentity().isSameFile(as: identity()) }

    func header() throws -> DatabaseHeader {
        let bytes = try main.read(count: DatabaseHeader.length, at: 0)
        if let header = DatabaseHeader(bytes) { return header }
        throw Self.notADatabase(name, bytes)
    }

    static func notADatabase(_ name: DatabaseName, _ bytes: [UInt8]) -> Fault {
        if bytes.isEmpty {
            return Fault(
                .notADatabase, "database \(name) is an empty file",
                hint: "let the application fill it, restore a backup over it, or exclude it in the settings")
        }
        if DatabaseHeader.hasMagic(bytes) {
            return Fault(
                .notADatabase, "\(name) begins like a SQLite database, but its header makes no sense",
                hint: "restore a backup of it, or exclude it in the settings")
        }
        return Fault(
            .databaseUnrecognised, "\(name) has no SQLite header; it may be encrypted",
            hint: "an encrypted database can't be backed up by its pages while it is in use; exclude it in the settings"
        )
    }

    func truncated(_ size: Int64, _ pages: UInt32, _ pageSize: Int) -> Fault {
        Self.truncated(name, size, pages, pageSize)
    }

    static func truncated(_ name: DatabaseName, _ size: Int64, _ pages: UInt32, _ pageSize: Int) -> Fault {
        Fault(
            .databaseTruncated,
            "database \(name) is truncated: it has \(size) bytes and should have \(Int64(pages) * Int64(pageSize))",
            hint: "restore the newest backup of it")
    }

    private static func openFolder(of path: NativePath, _ name: DatabaseName) throws -> File {
        let pathOnly: Int32 = 0o10_000_000
        let flags = pathOnly | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var folder = File(descriptor: try check(Glibc.open("/", pathOnly | O_DIRECTORY | O_CLOEXEC), name), path: "/")
        for component in path.components.dropLast() {
            let next = NativePath.withCString(component) { openat(folder.descriptor, $0, flags) }
            folder = File(descriptor: try check(next, name), path: name.text)
        }
        return folder
    }

    private static func open(_ folder: File, _ fileName: [UInt8], _ name: DatabaseName) throws -> File? {
        let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
        let descriptor = NativePath.withCString(fileName) { openat(folder.descriptor, $0, flags) }
        if descriptor < 0, errno == ENOENT { return nil }
        return File(descriptor: try check(descriptor, name), path: name.text)
    }

    private static func check(_ descriptor: Int32, _ name: DatabaseName) throws -> Int32 {
        if descriptor >= 0 { return descriptor }
        let error = errno
        switch error {
        case ENOENT:
            throw Fault(.notFound, "database \(name) no longer exists", hint: Self.goneHint)
        case ELOOP, ENOTDIR:
            throw Fault(
                .databaseUnreadable, "database \(name) can't be opened: a symbolic link is in the way",
                hint: "name the real folder in the settings")
        default: throw unreadable(name, error)
        }
    }

    static func unreadable(_ name: DatabaseName, _ error: Int32) -> Fault {
        Fault(
            .databaseUnreadable, "database \(name) can't be read: \(String(cString: strerror(error)).lowercased())",
            hint: error == EACCES || error == EPERM
                ? "let the user that holdfastd runs as read the file and enter its folder" : nil)
    }
}
