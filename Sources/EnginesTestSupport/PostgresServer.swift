package import Engines
import Foundation
import Model
import Synchronization

/// A PostgreSQL cluster of a test's own in a fresh folder, reached by a Unix socket only.
///
/// It is stopped and removed with the last reference, and also when the tests' process ends in whatever way: a watchdog
/// waits for the end of a pipe that only that process holds.
package final class PostgresServer: Sendable {
    package struct Failed: Error, CustomStringConvertible {
        package let description: String
    }

    package enum Stop: Sendable {
        case smart
        case fast
        case immediate

        /// Source: postgresql.org/docs/15/server-shutdown.html.
        fileprivate var signal: Int32 {
            switch self {
            case .smart: SIGTERM
            case .fast: SIGINT
            case .immediate: SIGQUIT
            }
        }
    }

    package enum Pause: Sendable {
        case pause
        case resume
    }

    private static let deadline: TimeInterval = 30
    /// The server refuses to run as root.
    private static let unprivileged =
        geteuid() == 0 ? ["/usr/bin/setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []

    /// The newest installed version's programs.
    package static let programs: String? = {
        let root = "/usr/lib/postgresql"
        let versions = ((try? FileManager.default.contentsOfDirectory(atPath: root)) ?? []).compactMap { Int($0) }
        return versions.max().map { "\(root)/\($0)/bin" }
    }()
    package static var isInstalled: Bool { programs != nil }

    /// Holds the socket, the log and the data folder; short, since a socket's path is limited to 107 bytes.
    package let folder: String
    package var dataFolder: String { "\(folder)/data" }
    private let postmaster = Mutex<Process?>(nil)
    private let watchdog: Mutex<Process>
    private let lifeline = Pipe()

    /// Creates and starts it.
    ///
    /// - Parameters:
    ///   - settings: lines for `postgresql.conf`.
    ///   - initdb: further words for `initdb`, of the server's folder.
    package convenience init(
        settings: [String] = [], checksums: Bool = false, initdb: (_ folder: String) -> [String] = { _ in [] }
    ) throws {
        try self.init { folder in
            try Self.run(
                "initdb",
                ["-D", "\(folder)/data", "-A", "trust", "-U", "postgres", "-N", "-E", "UTF8", "--locale=C.UTF-8"]
                    + (checksums ? ["--data-checksums"] : []) + initdb(folder))
            return [
                "listen_addresses = ''", "fsync = off", "shared_buffers = 16MB", "temp_file_limit = 256MB",
                "log_line_prefix = '%m [%p] '",
            ] + settings
        }
    }

    /// Creates and starts a standby of another one, which follows it.
    package convenience init(standbyOf primary: PostgresServer) throws {
        try self.init { folder in
            try Self.run(
                "pg_basebackup",
                ["-D", "\(folder)/data", "-h", primary.folder, "-U", "postgres", "-R", "-N", "-c", "fast"])
            return []
        }
    }

    /// - Parameter make: makes the data folder `data` in a folder; gives lines for its `postgresql.conf`.
    private init(_ make: (_ folder: String) throws -> [String]) throws {
        var name = Array("/tmp/hfpg-XXXXXX".utf8CString)
        guard mkdtemp(&name) != nil else { throw Failed(description: "cannot make a folder") }
        folder = String(decoding: name.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        _ = fcntl(lifeline.fileHandleForWriting.fileDescriptor, F_SETFD, FD_CLOEXEC)
        watchdog = Mutex(try Self.watch(folder, lifeline))
        giveAway(folder)
        let lines = try make(folder) + ["unix_socket_directories = '\(folder)'"]
        try append(lines.joined(separator: "\n") + "\n", to: "postgresql.conf")
        try start()
    }

    deinit {
        stop(.immediate)
        // Ends the watchdog, which removes the folder. Other children may hold the pipe's end, too.
        try? lifeline.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
        watchdog.withLock { $0.waitForEnd() }
    }

    /// Adds lines to a file of the data folder, such as `pg_hba.conf`; they count after `restart`. A missing one is made.
    package func append(_ lines: String, to file: String) throws {
        let path = "\(dataFolder)/\(file)"
        if !FileManager.default.fileExists(atPath: path) {
            guard FileManager.default.createFile(atPath: path, contents: nil) else {
                throw Failed(description: "cannot make \(path)")
            }
            giveAway(path)
        }
        let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(dataFolder)/\(file)"))
        try handle.seekToEnd()
        try handle.write(contentsOf: Data(lines.utf8))
        try handle.close()
    }

    /// A folder beside the data folder that the server may write to, such as for a tablespace.
    package func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: "\(folder)/\(name)", withIntermediateDirectories: false)
        giveAway("\(folder)/\(name)")
    }

    package func removeFromDataFolder(_ name: String) throws {
        try FileManager.default.removeItem(atPath: "\(dataFolder)/\(name)")
    }

    private func giveAway(_ path: String) {
        if geteuid() == 0, let user = getpwnam("postgres") { chown(path, user.pointee.pw_uid, user.pointee.pw_gid) }
    }

    /// Stops it, keeps a copy of its files as a backup would, and starts it again.
    package func keepCopy() throws {
        stop()
        try Self.call(["/usr/bin/cp", "-a", dataFolder, "\(folder)/kept"])
        try start()
    }

    /// Stops it and starts it on the files of the copy.
    package func putCopyBack() throws { try replaceFiles(by: "\(folder)/kept") }

    /// Stops it and starts it on other files, which are moved into the place of its own.
    package func replaceFiles(by copy: String) throws {
        stop()
        try FileManager.default.removeItem(atPath: dataFolder)
        try FileManager.default.moveItem(atPath: copy, toPath: dataFolder)
        if geteuid() == 0 { try Self.call(["/usr/bin/chown", "-R", "postgres:", dataFolder]) }
        try start()
    }

    /// Starts it and waits until it answers.
    package func start() throws {
        let process = try Self.process("postgres", ["-D", dataFolder])
        _ = FileManager.default.createFile(atPath: "\(folder)/log", contents: nil)
        let log = FileHandle(forWritingAtPath: "\(folder)/log") ?? .nullDevice
        process.standardError = log
        process.standardOutput = log
        try process.run()
        postmaster.withLock { $0 = process }
        let end = Date() + Self.deadline
        while true {
            do {
                _ = try access().connect()
                return
            } catch {
                guard process.isRunning, Date() < end else {
                    let lines = (try? String(contentsOfFile: "\(folder)/log", encoding: .utf8)) ?? ""
                    throw Failed(description: "the server did not start: \(error)\n\(lines)")
                }
                usleep(10_000)
            }
        }
    }

    /// Returns when it is gone.
    package func stop(_ mode: Stop = .fast) { end(mode.signal) }

    package func restart() throws {
        stop()
        try start()
    }

    /// Has it read its settings and rules again; returns when they count for every new session.
    ///
    /// The server's own call only asks for that: it happens a moment later.
    package func reload() throws {
        let loaded = "SELECT pg_conf_load_time()::text AS loaded"
        let before = try execute(loaded).one().text("loaded")
        try execute("SELECT pg_reload_conf()")
        let end = Date() + Self.deadline
        do {
            // Each session has the time of the server that made it.
            while try execute(loaded).one().text("loaded") == before {
                guard Date() < end else { throw Failed(description: "the server did not read its settings again") }
                usleep(10_000)
            }
        } catch let fault as Fault where fault.code == .notPermitted {
            // The new rules let nobody in who may ask.
        }
    }

    /// `kill -9` of the server and of every session; returns when they are gone.
    package func kill9() { end(SIGKILL) }

    /// Makes one of its processes stand still, or go on.
    package static func send(_ pause: Pause, to process: Int32) {
        guard process > 1 else { return }
        kill(process, pause == .pause ? SIGSTOP : SIGCONT)
    }

    private func end(_ signal: Int32) {
        guard let process = postmaster.withLock({ $0.take() }), process.isRunning else { return }
        let end = Date() + Self.deadline
        if signal != SIGKILL {
            kill(process.processIdentifier, signal)
            while process.isRunning, Date() < end { usleep(2000) }
        }
        // A session in the middle of a computation doesn't notice that its server is gone, and counts as running.
        let sessions = Self.children(of: process.processIdentifier)
        if process.isRunning { for one in [process.processIdentifier] + sessions { kill(one, SIGKILL) } }
        process.waitForEnd()
    }
}

extension PostgresServer {
    /// As the settings would say it.
    package func connectionString(user: String = "postgres", dbname: String? = nil) -> String {
        "host=\(folder) user='\(Self.escape(user))'" + (dbname.map { " dbname='\(Self.escape($0))'" } ?? "")
    }

    package func access(user: String = "postgres", dbname: String? = nil) throws -> PostgresAccess {
        try PostgresAccess(server: "main", connection: connectionString(user: user, dbname: dbname))
    }

    /// A client like any other, with a name of its own.
    package func client(
        user: String = "postgres", database: String = "postgres", application: String = "shop"
    ) throws -> PostgresConnection {
        let connection = try access(user: user).connect(database: database)
        try connection.query("SELECT set_config('application_name', $1, false)", [application])
        return connection
    }

    /// Runs statements one by one and returns the last one's answer.
    @discardableResult
    package func execute(_ statements: String..., database: String = "postgres", user: String = "postgres") throws
        -> PostgresRows
    {
        let connection = try access(user: user).connect(database: database)
        var rows = try connection.query("SET search_path = public")
        for statement in statements { rows = try connection.query(statement) }
        return rows
    }

    /// Puts a function into a database that `pg_amcheck` calls, as a superuser can; it tells what it runs as.
    package func putCode(into database: String, telling path: String) throws {
        try execute(
            "CREATE TABLE watched (id int PRIMARY KEY)", "CREATE EXTENSION amcheck WITH SCHEMA pg_catalog",
            """
            CREATE OR REPLACE FUNCTION pg_catalog.bt_index_check(index regclass, heapallindexed boolean) RETURNS void
              LANGUAGE plpgsql AS $$
              BEGIN COPY (SELECT 1) TO PROGRAM 'cat - /proc/self/status >\(path)'; END $$
            """, database: database)
    }

    private static func escape(_ text: String) -> String { text.backslashing(["'", "\\"]) }

    private static func process(_ program: String, _ arguments: [String]) throws -> Process {
        process(try command(program, arguments))
    }

    /// The words by which one of the server's own programs is run as a user that may run it.
    package static func command(_ program: String, _ arguments: [String]) throws -> [String] {
        guard let programs else { throw Failed(description: "PostgreSQL is not installed") }
        return unprivileged + ["\(programs)/\(program)"] + arguments
    }

    private static func process(_ command: [String]) -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.currentDirectoryURL = URL(fileURLWithPath: "/")
        process.standardInput = FileHandle.nullDevice
        return process
    }

    /// Runs one of the server's own programs to its end.
    package static func run(_ program: String, _ arguments: [String]) throws { try call(process(program, arguments)) }

    private static func call(_ command: [String]) throws { try call(process(command)) }

    private static func call(_ process: Process) throws {
        let errors = Pipe()
        process.standardOutput = FileHandle.nullDevice
        process.standardError = errors
        try process.run()
        let complaints = errors.fileHandleForReading.readDataToEndOfFile()
        process.waitForEnd()
        guard process.terminationStatus == 0 else {
            throw Failed(description: "\(process.arguments ?? []): \(String(decoding: complaints, as: UTF8.self))")
        }
    }

    private static func watch(_ folder: String, _ lifeline: Pipe) throws -> Process {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/setsid")
        process.arguments = [
            "sh", "-c",
            #"read -r _; p=$(head -n 1 "$0/data/postmaster.pid" 2>/dev/null) && kill -QUIT "$p"; rm -rf "$0""#, folder,
        ]
        process.standardInput = lifeline
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
        return process
    }

    private static func children(of process: Int32) -> [Int32] {
        let list = try? String(contentsOfFile: "/proc/\(process)/task/\(process)/children", encoding: .utf8)
        return (list ?? "").split(separator: " ").compactMap { Int32($0) }
    }
}
