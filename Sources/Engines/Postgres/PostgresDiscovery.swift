import Model

/// Looks at a whole cluster: all of it, or a fault.
package enum PostgresDiscovery {
    /// Major versions whose catalogs and functions are known.
    package static let versions = 13...17

    /// Asks the server for what it is and holds.
    ///
    /// - Throws: `database-unrecognised` for a version outside of `versions`; `not-permitted` with the statement that
    ///   would help; `database-unreadable` for a database without its files; whatever a query throws.
    package static func look(_ connection: PostgresConnection, step: () throws -> Void = {}) throws -> PostgresCluster {
        try checkVersion(connection.version, of: connection.server)
        try connection.require(.monitoring, .systemIdentifier, .timeline)
        var cluster = try self.cluster(connection, step)
        cluster.tablespaces = try tablespaces(connection, step)
        cluster.databases = try databases(connection, step)
        return cluster
    }

    /// - Throws: `database-unrecognised`.
    package static func checkVersion(_ version: Int, of server: String) throws {
        let major = version / 1_00_00
        guard !versions.contains(major) else { return }
        let remedy =
            major < versions.lowerBound
            ? "upgrade the server to PostgreSQL \(versions.lowerBound) or newer"
            : "install a newer release of Holdfast"
        throw Fault(
            .databaseUnrecognised,
            "server \(server) runs PostgreSQL \(major); \(versions.lowerBound) to \(versions.upperBound) are supported",
            hint: remedy)
    }

    private static func cluster(_ connection: PostgresConnection, _ step: () throws -> Void) throws -> PostgresCluster {
        // On a primary the newest WAL file tells the timeline; the last checkpoint may be from before a promotion.
        let statement = """
            SELECT current_setting('server_version_num') AS version, system_identifier AS identifier,
              current_setting('data_directory') AS folder, pg_is_in_recovery() AS recovering,
              (SELECT setting FROM pg_settings WHERE name = 'wal_segment_size') AS log_file_size,
              current_setting('data_checksums')::boolean AS checksums,
              CASE WHEN pg_is_in_recovery() THEN (SELECT timeline_id FROM pg_control_checkpoint())
                ELSE ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int END AS timeline
            FROM pg_control_system()
            """
        let row = try connection.query(statement, needs: .monitoring, step: step).one()
        return PostgresCluster(
            version: try row.number("version"), systemIdentifier: try row.text("identifier"),
            dataFolder: try row.text("folder"), isInRecovery: try row.flag("recovering"),
            logFileSize: ByteCount(try row.number("log_file_size", as: Int64.self)),
            hasChecksums: try row.flag("checksums"), timeline: try row.number("timeline"), tablespaces: [],
            databases: [])
    }

    /// What its databases are called; as `look` lists them, without measuring any.
    static func databaseNames(_ connection: PostgresConnection) throws -> [String] {
        let statement = """
            SELECT datname AS name FROM pg_database WHERE datname NOT IN ('template0', 'template1')
            ORDER BY datname COLLATE "C"
            """
        return try connection.query(statement).map { try readable($0.text("name"), connection) }
    }

    static func tablespaces(
        _ connection: PostgresConnection, _ step: () throws -> Void = {}
    ) throws -> [PostgresTablespace] {
        let statement = """
            SELECT oid, spcname AS name, pg_tablespace_location(oid) AS folder FROM pg_tablespace
            WHERE spcname NOT IN ('pg_default', 'pg_global') ORDER BY oid
            """
        return try connection.query(statement, step: step).map { row in
            PostgresTablespace(
                oid: try row.number("oid"), name: try readable(row.text("name"), connection),
                folder: try readable(row.text("folder"), connection))
        }
    }

    private static func databases(
        _ connection: PostgresConnection, _ step: () throws -> Void
    ) throws -> [PostgresDatabase] {
        let statement = """
            SELECT d.oid, datname AS name, pg_database_size(d.oid) AS size, datallowconn AS open,
              datconnlimit AS connection_limit, datistemplate AS template,
              (SELECT count(*) FROM pg_stat_activity a WHERE a.datid = d.oid AND backend_type = 'client backend')
                AS sessions
            FROM pg_database d WHERE datname NOT IN ('template0', 'template1') ORDER BY datname COLLATE "C"
            """
        // One that is dropped meanwhile has no size any more, and isn't there at the next look.
        var nameless = ""
        for _ in 0..<3 {
            let rows = try connection.query(statement, needs: .monitoring, step: step)
            let gone = try rows.first { try $0.optional("size") == nil }
            guard let gone else { return try rows.map { try database($0, connection) } }
            nameless = try gone.text("name")
        }
        throw Fault(
            .databaseUnreadable,
            "database \(PostgresIdentifier(nameless)) of server \(connection.server) has no files",
            hint: "see the server's log and whether all its tablespaces are mounted")
    }

    private static func database(
        _ row: PostgresRows.Row, _ connection: PostgresConnection
    ) throws -> PostgresDatabase {
        PostgresDatabase(
            oid: try row.number("oid"), name: try readable(row.text("name"), connection),
            size: ByteCount(try row.number("size", as: Int64.self)), allowsConnections: try row.flag("open"),
            connectionLimit: try row.number("connection_limit"), isTemplate: try row.flag("template"),
            sessions: try row.number("sessions"))
    }

    /// A name in a legacy encoding would be listed as another one.
    private static func readable(_ name: String, _ connection: PostgresConnection) throws -> String {
        guard name.unicodeScalars.contains("\u{FFFD}") else { return name }
        throw Fault(
            .databaseUnrecognised, "server \(connection.server) has a name that is not in UTF-8: \(name)",
            hint: "rename it with ALTER DATABASE or ALTER TABLESPACE")
    }
}
