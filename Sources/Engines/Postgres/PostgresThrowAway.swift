import Glibc
import Model
import Platform

/// A throw-away server on a restored cluster that nobody else uses.
///
/// Root runs it as a user that nothing else belongs to; where that one couldn't reach the folder, in a user namespace in which
/// root has another number: there, what the cluster runs can still write root's files.
struct PostgresThrowAway {
    private static let recovery = Duration.seconds(86_400)
    /// Of its socket's name; the cluster's own configuration may have another.
    static let port = 5432
    /// For so long a server that says it is ready may let nobody in.
    private static let patience = Duration.seconds(60)
    private static let namespace = ["/usr/bin/unshare", "--user", "--map-user=1", "--map-group=1", "--"]
    private static let files = (access: "holdfast-trial.hba", log: "holdfast-trial.log")

    let folder: String
    let note: PostgresRestoreNote
    private let programs: String
    private let user: PostgresTrialUser?
    /// Short, since the path of a socket is limited to 107 bytes.
    let socketFolder = "/tmp/holdfast-\(Identifier.random().description.prefix(12))"

    /// Lets in who reaches its socket, which lies in a folder of ours only.
    /// - Throws: `database-unrecognised`; `not-found` when the programs of its version aren't installed.
    init(_ folder: String) throws {
        self.folder = folder
        note = try PostgresRestoreNote.read(in: folder)
        programs = try PostgresPrograms.folder(version: note.version)
        try Files.writeDurably(
            Array("local all all trust\n".utf8), to: "\(folder)/\(Self.files.access)", mode: 0o600)
        user = geteuid() == 0 ? PostgresTrialUser(reaching: folder) : nil
        try user?.own(folder)
    }

    /// Starts it, which recovers the cluster. `end` belongs to every call, also of one that throws.
    ///
    /// - Returns: why it doesn't start on these files; nil when it is at work.
    /// - Throws: what says nothing of the files, and what `stop` was told to throw.
    func start(_ stop: StepStop) throws -> String? {
        try Files.makeDirectory(socketFolder, mode: 0o700)
        try user?.own(socketFolder)
        let started = try control(
            ["-D", folder, "-w", "-t", "86000", "-l", "\(folder)/\(Self.files.log)", "-o", options, "start"],
            Self.recovery, stop)
        guard started.ending != .exited(0) else { return try arrive(stop) }
        guard let words = lastWords(), !Self.surroundings.contains(where: { words.contains($0) }) else {
            throw Self.unable("no server could be started on it", lastWords() ?? started.output)
        }
        return words
    }

    /// Waits until it has followed its log to where that ends for it, and is open: before, it can only be read.
    private func arrive(_ stop: StepStop) throws -> String? {
        let deadline = BootClock.now() + Self.recovery
        var answered = BootClock.now()
        while BootClock.now() < deadline {
            if stop.isAsked() { try stop.rethrow() }
            guard Files.exists("\(folder)/postmaster.pid") else {
                return lastWords() ?? "it ended while it followed its log"
            }
            do {
                let answer = try access().connectAnyhow().query("SELECT pg_is_in_recovery() AS following").one()
                if try !answer.flag("following") { return nil }
                answered = BootClock.now()
            } catch {
                // One that may not be read while it follows its log says so; only one that is ready must let us in.
                if !isReady { answered = BootClock.now() }
                guard BootClock.now() - answered < Self.patience else {
                    throw Self.unable("its server lets nobody in", Fault.wrapping(error).message)
                }
            }
            Threads.pause(.milliseconds(100))
        }
        throw Self.unable("it followed its log for too long", lastWords() ?? "")
    }

    /// Whether it says that it is open for all. Source: `LOCK_FILE_LINE_PM_STATUS` of miscadmin.h: the eighth line.
    private var isReady: Bool {
        let file = (try? Files.read("\(folder)/postmaster.pid", limit: 4096)) ?? []
        let lines = String(decoding: file, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.count > 7 && lines[7].hasPrefix("ready")
    }

    /// Ends it at once; its files are of no further use.
    func end() {
        if Files.exists("\(folder)/postmaster.pid") {
            _ = try? control(["-D", folder, "-w", "-t", "60", "-m", "immediate", "stop"], .seconds(90), StepStop {})
        }
        try? Files.removeTree(socketFolder)
    }

    /// As the role that `initdb` made.
    func access() throws -> PostgresAccess {
        var access = try PostgresAccess(
            server: "restored from the backup",
            connection: PostgresAccess.words([
                "host": socketFolder, "port": "\(Self.port)", "user": note.superuser,
            ]))
        access.sessionOptions = sessionOptions
        return access
    }

    /// Of every session with it.
    var sessionOptions: String { PostgresTrialSettings.words(version: note.version) }

    static func unable(_ what: String, _ words: String) -> Fault {
        Fault(
            .inputOutput, "the backup could not be tried: \(what): \(SafeText.oneLine(words))",
            hint: "see that there is room and memory, and that holdfastd may start the programs of PostgreSQL")
    }

    /// Words of a server that say nothing of the files it was started on.
    private static let surroundings = [
        "No space left on device", "shared memory", "Cannot allocate memory", "could not bind", "lock file",
        "Too many open files",
    ]

    private var options: String {
        let harmless = PostgresTrialSettings.server(version: note.version)
        let settings = note.settings.merging(harmless) { $1 }.merging([
            // The files it recovers, whatever its own configuration says; and nothing that reaches outside: no subscription
            // may take over the slots of the server that it is a copy of.
            "data_directory": folder, "ident_file": "\(folder)/pg_ident.conf",
            "listen_addresses": "", "unix_socket_directories": socketFolder,
            "port": "\(Self.port)", "unix_socket_group": "", "unix_socket_permissions": "0700",
            "hba_file": "\(folder)/\(Self.files.access)",
            "fsync": "off", "logging_collector": "off",
            "log_destination": "stderr",
            "external_pid_file": "", "autovacuum": "off", "max_wal_size": "1GB",
            "shared_buffers": "64MB", "huge_pages": "off",
            "recovery_target_action": "promote",
        ]) { $1 }
        return settings.sorted { $0.key < $1.key }.map { "-c \($0.key)='\($0.value)'" }.joined(separator: " ")
    }

    /// The end of the server's own log.
    private func lastWords() -> String? {
        // No link of the cluster's making is followed to another file.
        guard let log = try? File.open("\(folder)/\(Self.files.log)", .readOnly, noFollow: true),
            let size = try? log.status().size, let end = try? log.read(count: 2000, at: max(0, size - 2000))
        else { return nil }
        return String(decoding: end, as: UTF8.self).split(separator: "\n")
            .last { $0.contains("FATAL") || $0.contains("PANIC") || $0.contains("ERROR") }.map(String.init)
    }

    private func control(
        _ arguments: [String], _ deadline: Duration, _ stop: StepStop
    ) throws -> ChildProcess.Result {
        try PostgresPrograms.run(
            "\(programs)/pg_ctl", arguments,
            under: geteuid() == 0 ? user?.words ?? Self.namespace : [], deadline: deadline, stop)
    }
}
