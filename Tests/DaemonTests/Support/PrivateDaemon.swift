import Foundation
import Glibc
import Synchronization

/// A real `holdfastd` with a repository, settings and databases of its own; nothing of it outlives this object.
final class PrivateDaemon: Sendable {
    /// What differs from the settings that tests want: no cooldown, no ticks.
    struct Options: Sendable {
        var cooldown = "0s"
        var progressiveEvery = "off"
        var fullAt = "off"
        /// Server names and their folders; nil stands for one server `own` on `databases`.
        var servers: [String: [String]]?
        /// Further lines of the table `backup`.
        var backup: [String] = []
        /// Further lines for the head of the file.
        var head: [String] = []
        /// Further tables.
        var tail: [String] = []
        var repository: String?
        var keyFile: String?
        var state: String?
        /// The root helper's socket; the machine's own is never asked.
        var helper = ""
    }

    let folder: PrivateFolder
    let options: Options
    private let child = Mutex<Child?>(nil)

    init(_ options: Options = Options()) throws {
        self.options = options
        folder = try PrivateFolder()
        for name in ["databases", "state", "log", "restored"] { _ = try folder.makeFolder(name) }
        try writeSettings()
    }

    deinit { child.withLock { $0?.killGroup() } }

    var path: String { folder.path }
    var databases: String { "\(path)/databases" }
    var restored: String { "\(path)/restored" }
    var socket: String { "\(path)/s" }
    var settings: String { "\(path)/holdfast.toml" }
    var repository: String { options.repository ?? "\(path)/repository" }
    var state: String { options.state ?? "\(path)/state" }
    var keyFile: String { options.keyFile ?? "\(path)/repository.key" }
    var messagesLog: String { "\(path)/log/messages.log" }
    var pid: pid_t? { child.withLock { $0?.pid } }
    var isAtWork: Bool { child.withLock { $0?.isAtWork ?? false } }
    /// What it wrote on standard error since its last start.
    var errors: String { child.withLock { $0?.errors ?? "" } }

    private func writeSettings() throws {
        let servers = options.servers ?? ["own": [databases]]
        var lines = options.head
        lines += [
            "socket = \(quoted(socket))", "state_directory = \(quoted(state))",
            "log_directory = \(quoted("\(path)/log"))", "restore_roots = [\(quoted(restored)), \(quoted(databases))]",
            "[repository]", "path = \(quoted(repository))", "key_file = \(quoted(keyFile))",
            "[backup]", "on_demand_cooldown = \(quoted(options.cooldown))",
        ]
        lines += options.backup
        lines += [
            "[full]", "at = \(quoted(options.fullAt))", "[progressive]", "every = \(quoted(options.progressiveEvery))",
            "[drill]", "at = \"off\"", "[prune]", "at = \"off\"",
        ]
        for (name, folders) in servers.sorted(by: { $0.key < $1.key }) {
            lines += ["[servers.\(name)]", "folders = [\(folders.map(quoted).joined(separator: ", "))]"]
        }
        try (lines + options.tail).joined(separator: "\n").appending("\n")
            .write(toFile: settings, atomically: true, encoding: .utf8)
        try "[maintenance]\nhelper = \(quoted(options.helper))\n"
            .write(toFile: "\(folder.makeFolder("conf.d"))/helper.toml", atomically: true, encoding: .utf8)
    }

    private func quoted(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return "\"\(escaped)\""
    }

    /// Makes the repository; needs no daemon.
    func makeRepository() async throws {
        try await succeed(alone: ["repository", "init"])
    }

    /// Starts it without waiting for anything.
    /// - Parameters:
    ///   - program: another copy of it.
    ///   - wrapper: a program with its arguments that starts it.
    @discardableResult
    func launch(
        program: String = Programs.daemon, under wrapper: [String] = [], environment: [String: String] = [:]
    ) throws -> Child {
        let words = wrapper + [program, "--config", settings]
        let new = try Child(
            words[0], Array(words.dropFirst()), environment: environment, output: folder.fresh("holdfastd"))
        child.withLock { $0 = new }
        return new
    }

    /// Starts it and waits until it answers on its socket.
    func start(
        program: String = Programs.daemon, under wrapper: [String] = [], environment: [String: String] = [:]
    ) async throws {
        try await waitUntilReady(try launch(program: program, under: wrapper, environment: environment))
    }

    /// One with a new repository, at work.
    static func started(_ options: Options = Options()) async throws -> PrivateDaemon {
        let daemon = try PrivateDaemon(options)
        try await daemon.makeRepository()
        try await daemon.start()
        return daemon
    }

    /// One with a new repository and a ledger `ledger.db` at rest, at work.
    static func withLedger(
        _ journal: Ledger.Journal = .wal, _ options: Options = Options()
    ) async throws -> (PrivateDaemon, Ledger) {
        let daemon = try PrivateDaemon(options)
        try await daemon.makeRepository()
        let ledger = try await daemon.ledger("ledger.db").create(journal)
        try await daemon.start()
        return (daemon, ledger)
    }

    func waitUntilReady(_ child: Child) async throws {
        try await until(within: .seconds(60), "an answer of holdfastd: \(child.errors.suffix(2000))") {
            if let status = child.status { throw Unexpected("holdfastd ended with \(status): \(child.errors)") }
            return Self.accepts(self.socket)
        }
    }

    /// Asks it to end and waits for that.
    func stop() async throws {
        guard let running = child.withLock({ $0 }) else { return }
        running.signal(SIGTERM)
        let output = try await running.wait(within: .seconds(150))
        guard output.status == 0 else { throw Unexpected("\(output)") }
        child.withLock { $0 = nil }
    }

    /// Copies all that it has, while it is stopped, to come back to with `goBack`.
    func save() async throws { try await copy(from: path, to: "\(path)/saved") }

    func goBack() async throws {
        for part in Self.parts { try? FileManager.default.removeItem(atPath: "\(path)/\(part)") }
        try await copy(from: "\(path)/saved", to: path)
    }

    private static let parts = ["databases", "state", "log", "restored", "repository", "repository.key"]

    private func copy(from source: String, to target: String) async throws {
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        let output = try await folder.run("/bin/cp", ["-a"] + Self.parts.map { "\(source)/\($0)" } + [target])
        guard output.status == 0 else { throw Unexpected("\(output)") }
    }

    /// Pulls the plug.
    func crash() async throws {
        child.withLock { $0?.killGroup() }
        // What a tracer started is not our child: its end can only be seen from outside.
        try await until("the end of holdfastd") { !Self.accepts(socket) }
    }

    func signal(_ number: Int32) { child.withLock { $0?.signal(number) } }

    /// Whether somebody listens on the socket.
    static func accepts(_ path: String) -> Bool {
        let descriptor = connection(path)
        if descriptor >= 0 { close(descriptor) }
        return descriptor >= 0
    }

    /// A descriptor connected to a Unix socket; -1 when nobody listens.
    static func connection(_ path: String) -> Int32 {
        let descriptor = streamSocket()
        guard descriptor >= 0 else { return -1 }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { room in
            room.copyBytes(from: path.utf8.prefix(room.count - 1))
        }
        let result = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else {
            close(descriptor)
            return -1
        }
        return descriptor
    }

    private static func streamSocket() -> Int32 {
        Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    }
}
