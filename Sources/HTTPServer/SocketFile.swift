internal import Glibc
internal import Model
internal import Platform
internal import Synchronization

/// The daemon's Unix socket as a name in the file system, claimed by one daemon at a time.
///
/// The server listens under a temporary name that gets its mode and group and only then the known name, so that nobody
/// who may not can ever connect, and a dead daemon's socket is replaced in one step.
final class SocketFile: Sendable {
    static let group = "holdfast"
    /// `sun_path` holds 108 bytes with the closing zero. Source: unix(7).
    private static let lengthLimit = 107

    let path: String
    let temporary: String
    /// Held as long as this object lives; the kernel frees it when the daemon dies.
    private let lock: File
    private let published = Mutex<FileStatus?>(nil)

    /// - Throws: `socket-in-use` when another daemon or program listens there, or something else has the name;
    ///   `bad-settings` when the path is too long.
    init(claiming path: String) throws {
        let folder = Files.parent(of: path)
        self.path = path
        temporary = "\(folder)/.\(getpid()).sock"
        guard max(path.utf8.count, temporary.utf8.count) <= Self.lengthLimit else {
            throw Fault(
                .badSettings, "socket path \(path) is longer than \(Self.lengthLimit) bytes",
                hint: "set a shorter path as `socket`")
        }
        lock = try Self.lock("\(path).lock", path)
        try Self.refuseOthers(at: path)
        if Files.exists(temporary) { try Files.remove(temporary) }
    }

    /// Gives the socket mode 0660, its group and its name. Call it once the server listens, before it accepts.
    func publish() throws {
        if let group = Users.groupID(named: Self.group), geteuid() == 0 || isMember(of: group) {
            try Files.setOwner(temporary, gid: group)
        }
        try Files.setMode(temporary, 0o660)
        let status = try Files.status(temporary, followLinks: false)
        try Files.rename(temporary, to: path, replacing: true)
        published.withLock { $0 = status }
    }

    /// Takes the name away, unless something else has it by now.
    func withdraw() {
        try? Files.remove(temporary)
        guard let own = published.withLock({ $0 }), let now = try? Files.status(path, followLinks: false),
            own.isSameFile(as: now)
        else { return }
        try? Files.remove(path)
    }

    private func isMember(of group: UInt32) -> Bool {
        var groups = [gid_t](repeating: 0, count: 1024)
        let count = Int(getgroups(Int32(groups.count), &groups))
        return getegid() == group || groups.prefix(max(0, count)).contains(group)
    }

    private static func lock(_ lockPath: String, _ path: String) throws -> File {
        let file: File
        do {
            file = try File.create(lockPath, mode: 0o600)
        } catch let fault as Fault where fault.code == .targetExists {
            file = try File.open(lockPath, .readWrite, noFollow: true)
        }
        guard try FileLock.tryExclusive(file, FileLock.Range(start: 0, count: 1)) else { throw inUse(path) }
        return file
    }

    private static func refuseOthers(at path: String) throws {
        guard let status = try Files.status(path, followLinks: false) else { return }
        guard status.kind == .other else {
            throw Fault(
                .socketInUse, "socket path \(path) is taken by something that is no socket",
                hint: "move it away, or set another path as `socket`")
        }
        if try listens(path) { throw inUse(path) }
    }

    /// Whether a connection to the socket is taken.
    private static func listens(_ path: String) throws -> Bool {
        let descriptor = socket(
            AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue), 0)
        try SystemCall.check("open a socket for", path) { Int(descriptor) }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix(lengthLimit)) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 || errno == EAGAIN
    }

    private static func inUse(_ path: String) -> Fault {
        Fault(
            .socketInUse, "another daemon listens on socket \(path)",
            hint: "stop it, or set another path as `socket`")
    }
}
