import Glibc
import Model
import Platform
import Synchronization

/// A throw-away server on a restored cluster that nobody else uses.
///
/// PostgreSQL refuses to run as root; as root it runs in a user namespace, in which root has another number.
struct PostgresTrial {
    private static let recovery = Duration.seconds(86_400)
    private static let check = Duration.seconds(7 * 86_400)

    let folder: String
    private let note: PostgresRestoreNote
    private let programs: String
    /// Short, since the path of a socket is limited to 107 bytes.
    private let socketFolder = "/tmp/holdfast-\(Identifier.random().description.prefix(12))"

    /// - Throws: `database-unrecognised`; `not-found` when the programs of its version aren't installed.
    init(_ folder: String) throws {
        self.folder = folder
        note = try PostgresRestoreNote.read(in: folder)
        programs = try PostgresPrograms.folder(version: note.version)
    }

    /// Recovers the cluster, and looks at every table and index of every database.
    ///
    /// - Returns: what is wrong with it.
    /// - Throws: what says nothing of it, and what `step` throws.
    func problems(step: @escaping @Sendable () throws -> Void) throws -> [String] {
        let stop = StepStop(step)
        try Files.makeDirectory(socketFolder, mode: 0o700)
        defer { try? Files.removeTree(socketFolder) }
        let started = try run(
            "pg_ctl",
            ["-D", folder, "-w", "-t", "86000", "-l", "\(folder)/holdfast-trial.log", "-o", options, "start"],
            Self.recovery, stop)
        guard started.ending == .exited(0) else {
            try? halt()
            guard let words = lastWords(), !Self.surroundings.contains(where: { words.contains($0) }) else {
                throw Self.unable("no server could be started on it", lastWords() ?? started.output)
            }
            return ["the server doesn't start on it: \(words)"]
        }
        defer { try? halt() }
        let look = try run(
            "pg_amcheck",
            [
                "--all", "--install-missing", "--jobs=2", "--host=\(socketFolder)", "--username=\(note.superuser)",
                "--no-password", "--maintenance-db=template1",
            ], Self.check, stop)
        guard look.ending != .exited(0) else { return [] }
        if look.output.contains("connection to server") {
            throw Self.unable("the server on it lets nobody in", look.output)
        }
        return ["pg_amcheck \(look.ending): \(look.output)"]
    }

    /// Words of a server that say nothing of the files it was started on.
    private static let surroundings = [
        "No space left on device", "shared memory", "Cannot allocate memory", "could not bind", "lock file",
        "Too many open files",
    ]

    private static func unable(_ what: String, _ words: String) -> Fault {
        Fault(
            .inputOutput, "the backup could not be tried: \(what): \(SafeText.oneLine(words))",
            hint: "see that there is room and memory, and that holdfastd may start the programs of PostgreSQL")
    }

    private var options: String {
        let settings = note.settings.merging([
            // The files it recovers, whatever its own configuration says; and nothing that reaches outside: no subscription
            // may take over the slots of the server that it is a copy of.
            "data_directory": folder, "ident_file": "\(folder)/pg_ident.conf", "max_logical_replication_workers": "0",
            "primary_conninfo": "", "archive_command": "", "archive_cleanup_command": "", "recovery_end_command": "",
            "listen_addresses": "", "unix_socket_directories": socketFolder, "hba_file": "\(folder)/holdfast-trial.hba",
            "archive_mode": "off", "fsync": "off", "ssl": "off", "logging_collector": "off",
            "log_destination": "stderr",
            "shared_preload_libraries": "", "external_pid_file": "", "autovacuum": "off", "max_wal_size": "1GB",
            "shared_buffers": "64MB", "huge_pages": "off",
            // Nobody is let in before it has followed its log to the end.
            "hot_standby": "off", "recovery_target_action": "promote",
        ]) { $1 }
        return settings.sorted { $0.key < $1.key }.map { "-c \($0.key)='\($0.value)'" }.joined(separator: " ")
    }

    private func halt() throws {
        _ = try run("pg_ctl", ["-D", folder, "-w", "-t", "60", "-m", "immediate", "stop"], .seconds(90), StepStop {})
    }

    /// The end of the server's own log.
    private func lastWords() -> String? {
        guard let log = try? Files.read("\(folder)/holdfast-trial.log", limit: 1 << 24) else { return nil }
        return String(decoding: log.suffix(2000), as: UTF8.self).split(separator: "\n")
            .last { $0.contains("FATAL") || $0.contains("PANIC") || $0.contains("ERROR") }.map(String.init)
    }

    private func run(
        _ program: String, _ arguments: [String], _ deadline: Duration, _ stop: StepStop
    ) throws -> ChildProcess.Result {
        var words = ["\(programs)/\(program)"] + arguments
        if geteuid() == 0 { words = ["/usr/bin/unshare", "--user", "--map-user=1", "--map-group=1", "--"] + words }
        let child = ChildProcess(
            words[0], Array(words.dropFirst()), environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"],
            deadline: deadline)
        let result = try Threads.waiting { try await child.run(stop: { stop.isAsked() }) }
        try stop.rethrow()
        return result
    }

    /// Prepares a restored folder for a server, and for the trial: access by its socket only, which lies in the folder.
    static func prepare(_ folder: String) throws {
        try Files.writeDurably(Array("local all all trust\n".utf8), to: "\(folder)/holdfast-trial.hba", mode: 0o600)
    }
}

/// A step that throws, as a request to stop.
private final class StepStop: Sendable {
    private let step: @Sendable () throws -> Void
    private let thrown = Mutex<(any Error)?>(nil)

    init(_ step: @escaping @Sendable () throws -> Void) { self.step = step }

    func isAsked() -> Bool {
        do {
            try step()
            return false
        } catch {
            thrown.withLock { $0 = error }
            return true
        }
    }

    func rethrow() throws { if let error = thrown.withLock({ $0 }) { throw error } }
}

/// Where the programs of PostgreSQL are.
enum PostgresPrograms {
    static func folders(version: Int) -> [String] {
        ["/usr/lib/postgresql/\(version)/bin", "/usr/pgsql-\(version)/bin", "/usr/local/pgsql/bin"]
    }

    /// - Throws: `not-found`.
    static func folder(version: Int) throws -> String {
        guard
            let folder = folders(version: version).first(where: {
                Files.exists("\($0)/pg_ctl") && Files.exists("\($0)/pg_amcheck")
            })
        else {
            throw Fault(
                .notFound, "the programs of PostgreSQL \(version) are not installed",
                hint: "install postgresql-\(version), the same major version as the server's")
        }
        return folder
    }
}
