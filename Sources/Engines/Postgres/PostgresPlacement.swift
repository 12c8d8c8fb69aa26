import Model
import Platform

/// Puts a restored database in the place of the one of its name in the running server.
struct PostgresPlacement {
    /// The setting of a replaced database that tells which one it was; see `PostgresFencedDatabase.mark`.
    static let mark = "holdfast.replaced"
    /// A database that is never renamed or dropped.
    static let elsewhere = "template1"
    /// Of a name, in bytes. Source: postgresql.org/docs/15/sql-syntax-lexical.html.
    private static let longestName = 63

    private let access: PostgresAccess
    private let connection: PostgresConnection

    init(_ access: PostgresAccess) throws {
        self.access = access
        connection = try access.connect(database: Self.elsewhere)
    }

    /// The major one.
    var version: Int { connection.version / 1_00_00 }
    private var server: String { connection.server }

    /// - Throws: `not-permitted`, `database-in-use`, `wrong-usage` on a standby.
    func requirePlace(for member: String, endsClients: Bool) throws {
        let facts = try connection.query(
            """
            SELECT rolsuper AS mighty, pg_is_in_recovery() AS recovering FROM pg_roles WHERE rolname = current_user
            """
        ).one()
        guard try !facts.flag("recovering") else {
            throw Fault(.wrongUsage, "server \(server) is a standby", hint: "restore into its primary")
        }
        guard try facts.flag("mighty") else {
            throw Fault(
                .notPermitted, "only a superuser may give restored objects back to their owners on server \(server)",
                hint:
                    "restore with --to FILE and load that with `pg_restore --create`; or, as a superuser: "
                    + "ALTER ROLE \(PostgresIdentifier(connection.user)) SUPERUSER")
        }
        guard !endsClients, let present = try name(of: member) else { return }
        try refuseClients(of: present)
    }

    /// - Throws: `not-found` for what is missing, `database-unrecognised`, `out-of-space`.
    func requireNeeds(of member: PostgresMember) throws {
        guard version >= member.version else {
            throw Fault(
                .databaseUnrecognised,
                "the backup is of PostgreSQL \(member.version), and server \(server) runs \(version)",
                hint: "restore with --to FILE, or upgrade the server")
        }
        let roles = try missing(member.roles, "SELECT rolname AS name FROM pg_roles").map { "role \($0)" }
        let spaces = try missing(member.tablespaces, "SELECT spcname AS name FROM pg_tablespace").map {
            "tablespace \($0)"
        }
        guard roles.isEmpty && spaces.isEmpty else {
            throw Fault(
                .notFound,
                "database \(PostgresIdentifier(member.name)) of the backup needs what server \(server) lacks: "
                    + (roles + spaces).joined(separator: ", "),
                hint: "create them again and restore once more")
        }
        try requireRoom(for: member)
    }

    /// The database, its share of the log, and a reserve: a restore must not fill the disk of a server at work.
    private func requireRoom(for member: PostgresMember) throws {
        let folder = try connection.query("SELECT current_setting('data_directory') AS folder").one().text("folder")
        guard let free = try? Files.space(folder).free.bytes else { return }
        let needed = member.size + min(member.size, 1 << 30) + 64 << 20
        guard free < needed else { return }
        throw Fault(
            .outOfSpace,
            "a second \(PostgresIdentifier(member.name)) beside the present one needs \(ByteCount(needed)), and "
                + "\(folder) has \(ByteCount(free)) free",
            hint: "free \(ByteCount(needed - free)) there, or restore with --to FILE",
            context: ["needed": "\(needed)", "free": "\(free)"])
    }

    private func missing(_ wanted: [String], _ statement: String) throws -> [PostgresIdentifier] {
        let present = try connection.query(statement).map { try $0.text("name") }
        return wanted.filter { !present.contains(where: $0.isSame) }.map { PostgresIdentifier($0) }
    }
}

extension PostgresPlacement {
    /// In one transaction: whoever connects meanwhile waits and then gets the one or the other.
    ///
    /// - Returns: what the database that was there is called now.
    func place(_ member: PostgresMember, endsClients: Bool, at instant: Instant) throws -> String? {
        guard let temporary = member.temporary else {
            throw Fault(.internalError, "database \(PostgresIdentifier(member.name)) was not extracted to be loaded")
        }
        let present = try names().contains(where: member.name.isSame)
        if present, !endsClients { try refuseClients(of: member.name) }
        let aside = try present ? freeName(for: member.name, at: instant) : nil
        try connection.transaction {
            if let aside {
                try rename(member.name, to: aside, endsClients: endsClients)
                try connection.query("ALTER DATABASE \(quoted(aside)) SET \"\(Self.mark)\" = '\(escaped(member.name))'")
            }
            try rename(temporary, to: member.name, endsClients: true)
            if member.isClosed {
                try connection.query("ALTER DATABASE \(quoted(member.name)) ALLOW_CONNECTIONS false")
            }
        }
        return aside
    }

    /// Once the server has begun, nobody new gets in; it waits five seconds for those who are inside.
    private func rename(_ name: String, to new: String, endsClients: Bool) throws {
        let clients = PostgresClients(try access.connect(database: Self.elsewhere), ours: [connection.processID])
        let oid: UInt32 = try connection.query("SELECT oid FROM pg_database WHERE datname = $1", [name]).one().number(
            "oid")
        do {
            try connection.query(
                "ALTER DATABASE \(quoted(name)) RENAME TO \(quoted(new))", limit: .seconds(60),
                step: { if endsClients { _ = try clients.endAll(in: [oid]) } })
        } catch let fault as Fault where fault.code == .databaseInUse {
            throw try inUse(name, try clients.list(databases: [name]))
        }
    }

    private func refuseClients(of name: String) throws {
        let clients = try PostgresClients(connection).list(databases: [name])
        guard clients.isEmpty else { throw try inUse(name, clients) }
    }

    private func inUse(_ name: String, _ clients: [PostgresClient]) throws -> Fault {
        let full = DatabaseName(server: server, path: name)
        let some = clients.prefix(3).map(\.summary).joined(separator: ", ") + (clients.count > 3 ? " …" : "")
        return Fault(
            .databaseInUse, "\(full) is used by \(clients.isEmpty ? "a session or a prepared transaction" : some)",
            hint:
                "end them with `holdfast clients disconnect --all \(full.shellWord)`; or add --even-if-in-use, which "
                + "ends them when "
                + "the restored one takes its place; or restore with --to FILE")
    }

    /// By name, which counts its start.
    func replaced(by member: String) throws -> [String] {
        let rows = try connection.query(
            """
            SELECT d.datname AS name, substr(c, length($1) + 2) AS former
            FROM pg_database d JOIN pg_db_role_setting s ON s.setdatabase = d.oid AND s.setrole = 0,
              unnest(s.setconfig) c
            WHERE starts_with(c, $1 || '=') ORDER BY d.datname COLLATE "C"
            """, [Self.mark])
        return try rows.filter { PostgresMember.member(try $0.text("former")).isSame(as: member) }.map {
            try $0.text("name")
        }
    }

    /// - Parameter isForced: ends the sessions with it.
    /// - Returns: false when there is none.
    func drop(_ name: String, isForced: Bool) throws -> Bool {
        guard try names().contains(where: name.isSame) else { return false }
        // One that is a template can't be dropped.
        try connection.query("ALTER DATABASE \(quoted(name)) IS_TEMPLATE false")
        do {
            try connection.query(
                "DROP DATABASE \(quoted(name))\(isForced ? " WITH (FORCE)" : "")", limit: .seconds(3600))
        } catch let fault as Fault where fault.code == .databaseInUse {
            throw try inUse(name, try PostgresClients(connection).list(databases: [name]))
        }
        return true
    }

    private func names() throws -> [String] {
        try connection.query("SELECT datname AS name FROM pg_database").map { try $0.text("name") }
    }

    private func name(of member: String) throws -> String? {
        try names().first { PostgresMember.member($0).isSame(as: member) }
    }

    private func freeName(for name: String, at instant: Instant) throws -> String {
        let wanted = RestoreNames.replacedMember(name, at: instant, limit: Self.longestName)
        guard try names().contains(where: wanted.isSame) else { return wanted }
        throw Fault(.busy, "database \(PostgresIdentifier(wanted)) was replaced this second", hint: "restore again")
    }

    private func quoted(_ name: String) -> String { PostgresIdentifier(name).quoted }
    private func escaped(_ text: String) -> String { text.doubling("'") }
}
