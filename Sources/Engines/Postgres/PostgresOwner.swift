import Model
package import Platform

/// A cluster asked by its own superuser: `psql`, run as the user that the server belongs to, over its socket.
///
/// Nothing that the server or its owner says makes this process do anything with rights of its own.
package struct PostgresOwner: Sendable {
    private static let psql = "/usr/bin/psql"
    private static let setpriv = "/usr/bin/setpriv"
    private static let separator: Unicode.Scalar = "\u{1f}"

    let socket: PostgresSocket

    package init(_ socket: PostgresSocket) { self.socket = socket }

    /// - Returns: the rows of all statements in order, NULL as an empty text.
    /// - Throws: `not-found` without `psql`; `server-unreachable` with its complaint; `timed-out`.
    @discardableResult
    package func ask(_ statements: [String]) throws -> [[String]] {
        let words = statements.flatMap { ["-c", $0] }
        let (result, text) = try run(
            Self.psql, options(role: socket.owner.name, database: "dbname=postgres") + words, as: socket.owner)
        guard result.ending == .exited(0) else { throw refused(result) }
        return text.parts(between: ["\n"]).map { line in
            line.parts(between: [Self.separator], keepingEmpty: true).map(String.init)
        }
    }

    /// What the server says to a user of this machine whom its rules (`pg_hba.conf`) don't let in as the role of the same
    /// name; nil when it lets it in.
    ///
    /// - Throws: `server-unreachable`, `timed-out` where something else keeps it out: no rule would help.
    package func refusal(to user: Users.Account, replicating: Bool) throws -> String? {
        let first = try knock(as: user, replicating)
        guard first != nil else { return nil }
        // `psql` doesn't tell the SQLSTATE of a refused connection, and the server may speak any language.
        if let obstacle = try obstacle(for: user.name, replicating) {
            throw Fault(
                .serverUnreachable, "role \(user.name) can't connect to the server on port \(socket.port): \(obstacle)",
                hint: "mend that, and run it again")
        }
        // What was taken may be free by now.
        return try knock(as: user, replicating)
    }

    /// - Returns: why the connection was refused.
    private func knock(as user: Users.Account, _ replicating: Bool) throws -> String? {
        let database = replicating ? "dbname=postgres replication=true" : "dbname=postgres"
        let question = replicating ? "IDENTIFY_SYSTEM" : "SELECT 1"
        let (result, _) = try run(
            Self.psql, options(role: user.name, database: database) + ["-c", question], as: user)
        switch result.ending {
        case .exited(0): return nil
        // Source: psql(1), "Exit Status".
        case .exited(2): return Self.complaint(result)
        default:
            throw Fault(
                result.stop == .deadline ? .timedOut : .serverUnreachable,
                "cannot tell whether the server on port \(socket.port) lets role \(user.name) in: \(Self.complaint(result))",
                hint: "run it again once `psql` works for that user")
        }
    }

    /// What keeps a role out beside the rules, as the owner sees it.
    private func obstacle(for role: String, _ replicating: Bool) throws -> String? {
        let senders = "backend_type = 'walsender'"
        let clients = "backend_type = 'client backend' AND pid <> pg_backend_pid()"
        let free = "current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int"
        let rows = try ask([
            """
            SELECT CASE WHEN NOT rolcanlogin THEN 'it may not log in'
              WHEN NOT has_database_privilege(rolname, 'postgres', 'CONNECT')
                THEN 'it may not connect to the database postgres'
              WHEN \(replicating) AND NOT rolreplication AND NOT rolsuper THEN 'it may not replicate'
              WHEN NOT rolsuper AND rolconnlimit >= 0 AND rolconnlimit <= (SELECT count(*) FROM pg_stat_activity a
                WHERE a.usename = rolname) THEN 'its own limit of connections is reached'
              WHEN (SELECT count(*) FROM pg_stat_activity WHERE \(replicating ? senders : clients))
                >= \(replicating ? "current_setting('max_wal_senders')::int" : free) THEN 'all connections are taken'
              ELSE '' END || '.' FROM pg_roles WHERE rolname = '\(role.doubling("'"))'
            """
        ])
        guard let answer = rows.first?.first else { return "there is no such role" }
        return answer == "." ? nil : String(answer.dropLast())
    }

    /// Puts lines on top of a file of the server's, with the rights of its owner; keeps a copy of what was there, under a name
    /// that was free.
    ///
    /// - Returns: the path of the copy.
    /// - Throws: `not-permitted` when it is no file, or one of another user or group, whose it would be no more, or has these
    ///   lines already.
    package func putOnTop(_ lines: [String], of file: String) throws -> String {
        try check(file, lines)
        // GNU sed makes the copy beside the file itself.
        let real = Files.realPath(file) ?? file
        let suffix = try Self.freeSuffix(real)
        // The first of all lines that fits counts, so ours come first. GNU sed keeps the mode, and follows a link.
        let script = lines.map { "1i \($0)" }.joined(separator: "\n")
        let (result, _) = try run(
            "/usr/bin/sed", ["--follow-symlinks", "-i\(suffix)", "-e", script, "--", real], as: socket.owner)
        guard result.ending == .exited(0) else {
            throw Fault(
                .notPermitted, "user \(socket.owner.name) cannot change \(file): \(result.output)",
                hint: "put these lines on top of it yourself, and reload the server: \(lines.joined(separator: "; "))")
        }
        return real + suffix
    }

    private static func freeSuffix(_ file: String) throws -> String {
        let name = ".before-holdfast"
        let names = [name] + (2...99).map { "\(name)-\($0)" }
        guard let free = names.first(where: { !Files.exists(file + $0) }) else {
            throw Fault(.targetExists, "there are \(names.count) copies of \(file) already", hint: "remove old ones")
        }
        return free
    }

    private func check(_ file: String, _ lines: [String]) throws {
        let byHand = "put these lines on top of it yourself, and reload the server: \(lines.joined(separator: "; "))"
        // The server says which file that is: nothing else is opened, and nothing given to others by being written anew.
        guard let status = try Files.status(file), status.kind == .file else {
            throw Fault(.notPermitted, "\(file) is no file", hint: byHand)
        }
        guard status.uid == socket.owner.uid, status.gid == socket.owner.gid else {
            throw Fault(
                .notPermitted,
                "\(file) doesn't belong to \(socket.owner.name) and its group, and changing it would change that",
                hint: byHand)
        }
        let text = String(decoding: try Files.read(file), as: UTF8.self)
        guard !text.begins(with: lines.joined(separator: "\n")) else {
            throw Fault(
                .notPermitted, "\(file) has these lines on top already, and still the server refuses",
                hint: "see its log, and whether \(file) is the file that it reads")
        }
    }

    private func options(role: String, database: String) -> [String] {
        [
            "-XAtqw", "-F", "\(Self.separator)", "-v", "ON_ERROR_STOP=1", "-h", socket.folder, "-p", "\(socket.port)",
            "-U",
            role, "-d", database,
        ]
    }

    private func run(
        _ program: String, _ arguments: [String], as user: Users.Account
    ) throws -> (ChildProcess.Result, String) {
        guard Files.exists(program) else {
            throw Fault(
                .notFound, "\(program) is not installed", hint: "install postgresql-client, or prepare the role by hand"
            )
        }
        let output = try File.scratch(in: "/tmp")
        // A root whose identity is another user's after this, and no group of root's is left.
        let words = ["--reuid=\(user.uid)", "--regid=\(user.gid)", "--clear-groups", program] + arguments
        let child = ChildProcess(
            Self.setpriv, words,
            environment: ["PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": "/", "PGCONNECT_TIMEOUT": "10"],
            output: output, deadline: .seconds(60))
        let result = try Threads.waiting { try await child.run() }
        let text = String(decoding: try output.read(count: 1 << 20, at: 0), as: UTF8.self)
        return (result, text)
    }

    private func refused(_ result: ChildProcess.Result) -> Fault {
        Fault(
            result.stop == .deadline ? .timedOut : .serverUnreachable,
            "the PostgreSQL server on port \(socket.port) in \(socket.folder) refuses its owner "
                + "\(socket.owner.name): \(Self.complaint(result))",
            hint:
                "let user \(socket.owner.name) in as the superuser of that name by peer authentication, or prepare the "
                + "role by hand")
    }

    private static func complaint(_ result: ChildProcess.Result) -> String {
        result.output.isEmpty ? "psql \(result.ending)" : result.output
    }
}
