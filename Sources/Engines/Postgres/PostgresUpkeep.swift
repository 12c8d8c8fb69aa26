import Model

/// Looks after the databases of a running cluster, one after the other, over our own sessions.
struct PostgresUpkeep {
    private static let patience = Duration.seconds(7 * 86_400)
    private static let most = 100

    let access: PostgresAccess
    let step: () throws -> Void

    /// Looks at every table and index of every database.
    ///
    /// The functions for it come with an extension; it is made in a transaction that is undone, so that nothing of it stays.
    /// - Returns: what is wrong.
    func problems() throws -> [String] {
        var found: [String] = []
        for name in try names() where found.count < Self.most {
            let connection = try connect(name)
            try connection.query("BEGIN")
            defer { _ = try? connection.query("ROLLBACK") }
            try connection.query("CREATE SCHEMA holdfast_check")
            try connection.query("DROP EXTENSION IF EXISTS amcheck CASCADE")
            try connection.query("CREATE EXTENSION amcheck SCHEMA holdfast_check")
            let here = PostgresIdentifier(name)
            if connection.version >= 14_00_00 { found += try tables(connection).map { "\(here): \($0)" } }
            found += try indexes(connection).map { "\(here): \($0)" }
        }
        return Array(found.prefix(Self.most))
    }

    /// Gives room back, renews what the planner knows, and makes the indexes of all tables anew but for the server's own,
    /// which every session needs.
    func optimise() throws {
        for name in try names() {
            let connection = try connect(name)
            try connection.query("VACUUM (ANALYZE)", limit: Self.patience, step: step)
            for table in try tables(with: connection) {
                try connection.query("REINDEX TABLE \(table)", limit: Self.patience, step: step)
            }
        }
    }

    /// Quoted names of those that have indexes.
    private func tables(with connection: PostgresConnection) throws -> [String] {
        let statement = """
            SELECT format('%I.%I', n.nspname, c.relname) AS name
            FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
            WHERE c.relkind IN ('r', 'm') AND c.relhasindex AND c.relpersistence <> 't'
              AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') ORDER BY c.oid
            """
        return try connection.query(statement).map { try $0.text("name") }
    }

    /// Those that let anybody in.
    private func names() throws -> [String] {
        let statement = """
            SELECT datname AS name FROM pg_database WHERE datallowconn AND datconnlimit <> -2 AND datname <> 'template0'
            ORDER BY datname COLLATE "C"
            """
        return try access.connectAnyhow().query(statement).map { try $0.text("name") }
    }

    /// A database that is closed lets superusers in only.
    private func connect(_ name: String) throws -> PostgresConnection {
        do {
            return try access.connect(database: name, step: step)
        } catch let fault as Fault where fault.code == .busy {
            throw Fault(
                .notPermitted, "only a superuser may work on database \(PostgresIdentifier(name)) while it is closed",
                hint:
                    "make the role of server \(access.server) a superuser, or take the tasks engine-check and optimise "
                    + "out of its windows", cause: fault)
        }
    }

    private func tables(_ connection: PostgresConnection) throws -> [String] {
        try each(
            """
            SELECT c.oid FROM pg_class c JOIN pg_am a ON a.oid = c.relam AND a.amname = 'heap'
            WHERE c.relkind IN ('r', 'm') AND c.relpersistence <> 't' ORDER BY c.oid
            """,
            """
            SELECT format('table %s, block %s: %s', $1::oid::regclass, v.blkno, v.msg) AS problem
            FROM holdfast_check.verify_heapam($1::oid::regclass) v LIMIT 100
            """, connection)
    }

    private func indexes(_ connection: PostgresConnection) throws -> [String] {
        try each(
            """
            SELECT c.oid FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
              JOIN pg_am a ON a.oid = c.relam AND a.amname = 'btree'
            WHERE i.indisready AND i.indisvalid AND c.relkind = 'i' AND c.relpersistence <> 't' ORDER BY c.oid
            """,
            "SELECT NULL AS problem FROM (SELECT holdfast_check.bt_index_check($1::oid::regclass, true)) v", connection)
    }

    /// Asks once for each object; an error that tells of damage is a finding, and keeps nothing else from being looked at.
    private func each(_ list: String, _ question: String, _ connection: PostgresConnection) throws -> [String] {
        var found: [String] = []
        for object in try connection.query(list).map({ try $0.text("oid") }) where found.count < Self.most {
            try connection.query("SAVEPOINT look")
            do {
                let rows = try connection.query(question, [object], limit: Self.patience, step: step)
                found += try rows.compactMap { try $0.optional("problem") }
                try connection.query("RELEASE look")
            } catch let fault as Fault where fault.code == .databaseDamaged {
                found.append("object \(object): \(fault.message)")
                try connection.query("ROLLBACK TO look")
            }
        }
        return found
    }
}

extension PostgresEngine {
    package func inspect(_ database: FoundDatabase, step: @escaping @Sendable () throws -> Void) throws -> [String] {
        try PostgresUpkeep(access: try access.get(), step: step).problems()
    }

    package func optimise(_ database: FoundDatabase, step: @escaping @Sendable () throws -> Void) throws {
        try PostgresUpkeep(access: try access.get(), step: step).optimise()
    }
}
