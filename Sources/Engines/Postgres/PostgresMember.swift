import Model

/// One database of a restored cluster, and what it needs of the server that it is loaded into.
struct PostgresMember: Codable {
    /// As the server calls it.
    var name: String
    /// What it was renamed to in the copy, and so in the file; nil when it wasn't.
    var temporary: String?
    /// Let nobody in when it was backed up, which no dump tells.
    var isClosed: Bool
    /// Bytes.
    var size: Int64
    /// The major version that it is of.
    var version: Int
    var roles: [String] = []
    var tablespaces: [String] = []

    /// Chooses a database of the copy.
    /// - Throws: `not-found` with those that there are; `database-unreadable` for one that was being dropped.
    init(_ member: String, of connection: PostgresConnection) throws {
        let databases = try PostgresDiscovery.look(connection).databases
        guard let found = databases.first(where: { Self.member($0.name).isSame(as: member) }) else {
            throw ExtractedMember.missing(member, in: "the backup", among: databases.map { Self.member($0.name) })
        }
        guard found.state != .invalid else {
            throw Fault(
                .databaseUnreadable, "database \(member) was being dropped when the backup was taken",
                hint: "restore it from an older backup")
        }
        name = found.name
        isClosed = !found.allowsConnections
        size = found.size.bytes
        version = connection.version / 1_00_00
    }

    /// What follows the server's name in the name of a database.
    static func member(_ name: String) -> String {
        DatabaseName(server: "", path: name).path
    }

    /// In the copy, whose server is of no further use: gives it its temporary name, and takes off what it must not come
    /// back with: a fence that was closed when it was backed up, and the mark of a replaced database.
    mutating func settle(as temporary: String?, _ access: PostgresAccess, _ connection: PostgresConnection) throws {
        let fence = PostgresFence(connection)
        if let plan = try fence.leftovers() { try fence.reopen(plan) }
        let quoted = PostgresIdentifier(name).quoted
        try connection.query("ALTER DATABASE \(quoted) RESET \"\(PostgresPlacement.mark)\"")
        if isClosed { try connection.query("ALTER DATABASE \(quoted) ALLOW_CONNECTIONS true") }
        try rollBackPrepared(try access.connect(database: name))
        guard let temporary else { return }
        try connection.query("ALTER DATABASE \(quoted) RENAME TO \(PostgresIdentifier(temporary).quoted)")
        self.temporary = temporary
    }

    /// Transactions that were prepared and never committed are in no dump; their locks would keep it waiting for ever.
    /// - Parameter connection: to the database itself.
    private func rollBackPrepared(_ connection: PostgresConnection) throws {
        let found = try connection.query(
            "SELECT quote_literal(gid) AS name FROM pg_prepared_xacts WHERE database = current_database()")
        for row in found { try connection.query("ROLLBACK PREPARED \(try row.text("name"))") }
    }

    /// - Parameter connection: to the database itself.
    mutating func collectNeeds(_ connection: PostgresConnection) throws {
        // Objects of the role that initdb made have no entry, and it is everywhere.
        let roles = try connection.query(
            """
            WITH this AS (SELECT oid, datdba FROM pg_database WHERE datname = current_database())
            SELECT DISTINCT rolname AS name FROM pg_authid WHERE oid IN (
              SELECT datdba FROM this
              UNION SELECT refobjid FROM pg_shdepend, this WHERE refclassid = 'pg_authid'::regclass
                AND (dbid = this.oid OR classid = 'pg_database'::regclass AND objid = this.oid)
              UNION SELECT setrole FROM pg_db_role_setting, this WHERE setdatabase = this.oid)
            ORDER BY name
            """)
        self.roles = try roles.map { try $0.text("name") }
        let tablespaces = try connection.query(
            """
            SELECT spcname AS name FROM pg_tablespace WHERE spcname NOT IN ('pg_default', 'pg_global') AND oid IN (
              SELECT reltablespace FROM pg_class
              UNION SELECT dattablespace FROM pg_database WHERE datname = current_database())
            ORDER BY name
            """)
        self.tablespaces = try tablespaces.map { try $0.text("name") }
    }
}
