import Glibc
import Model
import Platform

/// A walk through one folder that follows no link and enters no folder twice.
struct FolderWalk {
    /// A regular file met on the way.
    struct Entry {
        /// Below the folder.
        let path: [[UInt8]]
        /// Nil when it can't be opened; `error` says why.
        let file: File?
        let error: Int32
        /// Identity of the file system it is on.
        let mount: Mount
    }

    /// Where a file system begins, as seen from the walk.
    struct Mount: Hashable {
        let path: NativePath
        let identity: String
    }

    private struct Visit: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    let root: NativePath
    /// Whether a folder, by its path below the root, is to be entered.
    let enters: ([[UInt8]]) -> Bool
    /// Whether a file, by its path below the root, is to be opened.
    let wants: ([[UInt8]]) -> Bool
    /// Folders that could not be listed: what is in them is unknown.
    private(set) var unreadable: [(path: NativePath, error: Int32)] = []
    private var visited: Set<Visit> = []

    init(_ root: NativePath, enters: @escaping ([[UInt8]]) -> Bool, wants: @escaping ([[UInt8]]) -> Bool) {
        self.root = root
        self.enters = enters
        self.wants = wants
    }

    /// - Throws: the error of opening the folder itself, as `not-found`, `not-permitted` or `input-output`.
    mutating func run(_ body: (Entry) throws -> Void) throws {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let descriptor = try SystemCall.check("open folder", root.text) {
            root.withCString { Int(Glibc.open($0, flags)) }
        }
        let folder = File(descriptor: Int32(descriptor), path: root.text)
        let mount = Mount(path: root, identity: FileSystemIdentity.of(folder) ?? "")
        try visit(folder, [], mount, try folder.status().device, body)
    }

    private mutating func visit(
        _ folder: File, _ path: [[UInt8]], _ mount: Mount, _ device: UInt64, _ body: (Entry) throws -> Void
    ) throws {
        let status = try folder.status()
        guard visited.insert(Visit(device: status.device, inode: status.inode)).inserted else { return }
        var mount = mount
        if status.device != device {
            mount = Mount(path: absolute(path), identity: FileSystemIdentity.of(folder) ?? "")
        }
        guard let names = Self.list(folder) else {
            unreadable.append((absolute(path), errno))
            return
        }
        for (name, kind) in names.sorted(by: { $0.0.lexicographicallyPrecedes($1.0) }) {
            let child = path + [name]
            switch kind {
            case .directory where enters(child): try enter(folder, child, mount, status.device, body)
            case .file where wants(child): try body(Self.open(folder, child, mount))
            default: break
            }
        }
    }

    private mutating func enter(
        _ folder: File, _ path: [[UInt8]], _ mount: Mount, _ device: UInt64, _ body: (Entry) throws -> Void
    ) throws {
        let flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        let descriptor = NativePath.withCString(path.last ?? []) { openat(folder.descriptor, $0, flags) }
        if descriptor >= 0 {
            try visit(File(descriptor: descriptor, path: absolute(path).text), path, mount, device, body)
        } else if ![ENOENT, ENOTDIR, ELOOP].contains(errno) {
            unreadable.append((absolute(path), errno))
        }
    }

    private func absolute(_ path: [[UInt8]]) -> NativePath { path.reduce(root) { $0.appending(component: $1) } }

    private static func open(_ folder: File, _ path: [[UInt8]], _ mount: Mount) -> Entry {
        let flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK
        let descriptor = NativePath.withCString(path.last ?? []) { openat(folder.descriptor, $0, flags) }
        let error = descriptor < 0 ? errno : 0
        let file = descriptor < 0 ? nil : File(descriptor: descriptor, path: NativePath(bytes: path.last ?? []).text)
        return Entry(path: path, file: file, error: error, mount: mount)
    }

    /// Names and kinds; nil when the folder can't be listed.
    private static func list(_ folder: File) -> [([UInt8], FileStatus.Kind)]? {
        let descriptor = openat(folder.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0, let stream = fdopendir(descriptor) else { return nil }
        defer { closedir(stream) }
        var names: [([UInt8], FileStatus.Kind)] = []
        errno = 0
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
            let kind = kind(of: name, Int32(entry.pointee.d_type), in: folder)
            if name != [UInt8(ascii: ".")], name != Array("..".utf8) { names.append((name, kind)) }
            errno = 0
        }
        return errno == 0 ? names : nil
    }

    private static func kind(of name: [UInt8], _ type: Int32, in folder: File) -> FileStatus.Kind {
        switch type {
        case Int32(DT_DIR): return .directory
        case Int32(DT_REG): return .file
        case Int32(DT_LNK): return .symbolicLink
        case Int32(DT_UNKNOWN):
            var status = stat()
            let result = NativePath.withCString(name) { fstatat(folder.descriptor, $0, &status, AT_SYMLINK_NOFOLLOW) }
            guard result == 0 else { return .other }
            return switch status.st_mode & S_IFMT {
            case S_IFDIR: .directory
            case S_IFREG: .file
            default: .other
            }
        default: return .other
        }
    }
}
