import Foundation
import Glibc
import Model
import Petitions
import Platform
import Synchronization
import Wire

/// The real root helper behind a socket, as systemd has it with `Accept=yes`: a process for each connection, which gets it
/// as standard input.
///
/// Its settings are below the home folder, because the way to `/tmp` is open to everybody. Instead of `systemctl` and
/// `systemd-run` it calls scripts that write down what they are told; the latter runs the program as well.
final class RootHelper: Sendable {
    /// Plays the daemon's user, `daemon`.
    static let user: UInt32 = 1
    /// Plays the databases' user: www-data.
    static let owner: UInt32 = 33

    let place: PrivateFolder
    let units: UnitsFixture
    private let listener: Int32
    private let journal: Int32
    /// What the journal has been sent: read at once, since few datagrams find room in its socket.
    private let entries = Entries()

    var settings: String { "\(units.folder)/holdfast.toml" }
    var socket: String { "\(place.path)/helper.sock" }
    var restored: String { "\(place.path)/restored" }
    var data: String { "\(place.path)/data" }
    var port: RootPort { RootPort(socket) }

    /// - Parameter lines: further settings of server `crm`, and tables.
    init(_ lines: [String] = []) throws {
        place = try PrivateFolder()
        units = try UnitsFixture()
        // Strangers get as far as the socket.
        chmod(place.path, 0o755)
        listener = try Self.bind("\(place.path)/helper.sock", SOCK_STREAM)
        journal = try Self.bind("\(place.path)/journal", SOCK_DGRAM)
        listen(listener, 16)
        chmod(socket, 0o666)
        for folder in ["restored", "data"] { _ = try place.makeFolder(folder) }
        try writeSettings(lines)
        let (journal, entries) = (journal, entries)
        Threads.start("journal") { entries.receive(from: journal) }
        let (listener, arguments, errors) = (listener, self.arguments, place.fresh("errors"))
        Threads.start("helper") { Self.accept(listener, arguments, errors) }
    }

    deinit {
        shutdown(listener, Int32(SHUT_RDWR))
        shutdown(journal, Int32(SHUT_RDWR))
    }

    private var arguments: [String] {
        [
            "--settings", settings, "--user", "daemon", "--journal", "\(place.path)/journal", "--state",
            "\(place.path)/stopped",
        ]
    }

    func writeSettings(_ lines: [String]) throws {
        let script = """
            #!/bin/sh
            cd \(units.folder) || exit 1
            echo "$*" >> runs
            while [ "$1" != -- ]; do shift; done
            shift
            exec "$@"
            """
        try Files.writeDurably(Array(script.utf8), to: "\(units.folder)/systemd-run", mode: 0o755)
        let text = """
            restore_roots = ["\(restored)"]
            [repository]
            path = "\(place.path)/repository"
            [maintenance]
            systemctl = "\(units.program)"
            systemd_run = "\(units.folder)/systemd-run"
            [servers.crm]
            folders = ["\(data)"]
            units = ["crm.service", "web.service"]

            """
        let all = text + lines.joined(separator: "\n") + "\n"
        try Files.writeDurably(Array(all.utf8), to: settings, mode: 0o640)
    }

    /// A program of root's that ends once there is a file.
    static func updateThatWaits() throws -> (folder: String, program: String, permission: String) {
        let home = getenv("HOME").map { String(cString: $0) } ?? "/root"
        let folder = "\(Files.realPath(home) ?? home)/.holdfast-update-\(Identifier.random())"
        try Files.makeDirectory(folder, mode: 0o755)
        let script = "#!/bin/sh\nwhile [ ! -e \(folder)/permission ]; do sleep 0.1; done\n"
        try Files.writeDurably(Array(script.utf8), to: "\(folder)/update", mode: 0o755)
        return (folder, "\(folder)/update", "\(folder)/permission")
    }

    /// What `systemd-run` was told, a call a line.
    var runs: [String] {
        let text = (try? String(contentsOfFile: "\(units.folder)/runs", encoding: .utf8)) ?? ""
        return text.split(separator: "\n").map(String.init)
    }

    /// Sends a line as it is.
    func ask(raw line: [UInt8]) throws -> Answer {
        guard let socket = try LineSocket.connect(socket) else { throw Unexpected("no helper") }
        try socket.send(line, within: .seconds(20))
        return try WireCoding.decode(Answer.self, from: socket.receive(limit: 1 << 24, within: .seconds(60)))
    }

    func ask(_ petition: Petition) throws -> Answer { try ask(raw: WireCoding.encode(petition)) }

    /// The fields of the journal's next entry.
    func record() throws -> [String: String] {
        guard let entry = entries.next() else { throw Unexpected("nothing is on record") }
        let lines = entry.split(separator: "\n")
        return Dictionary(
            lines.compactMap { line in
                line.firstIndex(of: "=").map { (String(line[..<$0]), String(line[line.index(after: $0)...])) }
            }
        ) { first, _ in first }
    }

    /// A restored file of the daemon's.
    func file(_ path: String, uid: UInt32 = user) throws -> String {
        try Files.writeDurably([1, 2, 3], to: path, mode: 0o600)
        try Files.setOwner(path, uid: uid, gid: uid)
        return path
    }
}

extension RootHelper {
    private final class Entries: Sendable {
        private let all = Mutex<[String]>([])
        private let arrived = DispatchSemaphore(value: 0)

        func receive(from socket: Int32) {
            var room = [UInt8](repeating: 0, count: 1 << 18)
            while true {
                let count = recv(socket, &room, room.count, 0)
                guard count > 0 else { break }
                let entry = String(decoding: room[..<count], as: UTF8.self)
                all.withLock { $0.append(entry) }
                arrived.signal()
            }
            close(socket)
        }

        /// Nil when none comes for twenty seconds.
        func next() -> String? {
            guard arrived.wait(timeout: .now() + 20) == .success else { return nil }
            return all.withLock { $0.removeFirst() }
        }
    }

    private static func bind(_ path: String, _ kind: __socket_type) throws -> Int32 {
        let descriptor = Glibc.socket(AF_UNIX, Int32(kind.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8.prefix($0.count - 1)) }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Unexpected("cannot listen at \(path)") }
        return descriptor
    }

    private static func accept(_ listener: Int32, _ arguments: [String], _ errors: String) {
        while true {
            let connection = Glibc.accept(listener, nil, nil)
            guard connection >= 0 else { break }
            _ = fcntl(connection, F_SETFD, FD_CLOEXEC)
            let process = start(connection, arguments, errors)
            close(connection)
            Threads.start("wait") { waitpid(process, nil, 0) }
        }
        close(listener)
    }

    private static func start(_ connection: Int32, _ arguments: [String], _ errors: String) -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, connection, 0)
        posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 2, errors, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        var process: pid_t = 0
        var words: [UnsafeMutablePointer<CChar>?] = ([Programs.helper] + arguments).map { strdup($0) } + [nil]
        defer { for word in words { free(word) } }
        posix_spawn(&process, Programs.helper, &actions, nil, &words, [strdup("PATH=/usr/bin:/bin"), nil])
        return process
    }
}

/// The fault that something throws.
func failure(_ body: () throws -> some Any) -> Fault? {
    do {
        _ = try body()
        return nil
    } catch { return Fault.wrapping(error) }
}
