import Engines
import EnginesTestSupport
import Foundation
import Platform
import Testing

/// A cluster with the databases `crm` and `shop`, which have all kinds of things in them, and a daemon that backs it up.
final class ShopCluster: Sendable {
    let server: PostgresServer
    let daemon: PrivateDaemon

    init(state: String? = nil) async throws {
        server = try await Threads.run("postgres") { try PostgresServer() }
        var options = PrivateDaemon.Options()
        options.state = state
        options.tail = [
            "[servers.main]", "engine = \"postgres\"", "connection = \"host=\(server.folder) user=postgres\"",
        ]
        try server.execute("CREATE ROLE clerk LOGIN", "CREATE ROLE auditor NOLOGIN")
        try server.execute("CREATE DATABASE crm OWNER clerk TEMPLATE template0 LOCALE 'C' CONNECTION LIMIT 7")
        try server.execute("CREATE DATABASE shop")
        try server.execute(
            "ALTER DATABASE crm SET work_mem = '5MB'", "ALTER ROLE clerk IN DATABASE crm SET lock_timeout = '3s'",
            "REVOKE CONNECT ON DATABASE crm FROM PUBLIC", "GRANT CONNECT ON DATABASE crm TO auditor",
            "COMMENT ON DATABASE crm IS 'customers'")
        try server.execute(
            "CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL, picture oid)",
            "INSERT INTO customers SELECT n, 'customer ' || n FROM generate_series(1, 3000) n",
            "INSERT INTO customers VALUES (0, E'a ''quoted'' line\\nbreak ü', lo_from_bytea(0, '\\x00ff5a'))",
            """
            CREATE FUNCTION slowly(value int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN
              IF current_setting('shop.slow', true) = 'on' THEN PERFORM pg_sleep(600); END IF; RETURN value; END $$
            """,
            "CREATE INDEX by_name ON customers (lower(name))", "CREATE INDEX by_slow ON customers (slowly(id))",
            "GRANT SELECT ON customers TO auditor", database: "crm", user: "postgres")
        try server.execute("ALTER TABLE customers OWNER TO clerk", database: "crm")
        try server.execute(
            "CREATE TABLE orders AS SELECT n AS id, md5(n::text) AS number FROM generate_series(1, 60000) n",
            database: "shop")
        daemon = try await PrivateDaemon.started(options)
    }

    /// All that tells one state of `crm` from another, also what belongs to the database itself.
    func portrait(of database: String) throws -> [[String?]] {
        try [
            "SELECT * FROM customers ORDER BY id",
            "SELECT encode(lo_get(picture), 'hex'), tableoid::regclass FROM customers WHERE id = 0",
            "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1",
            "SELECT prosrc FROM pg_proc WHERE proname = 'slowly'",
            "SELECT tableowner, (SELECT relacl::text FROM pg_class WHERE relname = 'customers') FROM pg_tables"
                + " WHERE tablename = 'customers'",
        ].flatMap { try server.execute($0, database: database).rows } + [try properties(of: database)]
    }

    func expectSame(_ before: [[String?]], at location: SourceLocation = #_sourceLocation) throws {
        let now = try portrait(of: "crm")
        #expect(now.count == before.count, sourceLocation: location)
        for (row, old) in zip(now, before) where row != old {
            Issue.record("\(row) was \(old)", sourceLocation: location)
        }
    }

    /// Owner, limits, locale, rights and settings.
    func properties(of database: String) throws -> [String?] {
        try server.execute(
            """
            SELECT pg_get_userbyid(datdba), pg_encoding_to_char(encoding), datcollate, datctype, datconnlimit, datallowconn,
              (SELECT string_agg(a::text, ' ' ORDER BY a::text) FROM unnest(datacl) a), shobj_description(oid, 'pg_database'), (SELECT string_agg(setrole::regrole || setconfig::text, ';'
                ORDER BY setrole) FROM pg_db_role_setting WHERE setdatabase = d.oid)
            FROM pg_database d WHERE datname = '\(database)'
            """
        ).one().values
    }

    var databases: [String] {
        get throws {
            try server.execute("SELECT datname AS name FROM pg_database WHERE datname !~ '^template' ORDER BY 1").map {
                try $0.text("name")
            }
        }
    }

    /// What a restore leaves in the daemon's own folders, which is nothing.
    var leftovers: [String] {
        get throws {
            try ["scratch", "restores"].flatMap {
                try FileManager.default.contentsOfDirectory(atPath: "\(daemon.state)/\($0)")
            }
        }
    }

    /// From now on an index of `crm` is never finished.
    func slowDown(_ isSlow: Bool) throws {
        try server.append("shop.slow = '\(isSlow ? "on" : "off")'\n", to: "postgresql.conf")
        try server.reload()
    }

    /// Runs one of the server's own programs and gives what it prints.
    func run(_ program: String, _ arguments: [String]) async throws -> String {
        let command = try PostgresServer.command(program, arguments)
        return try PrivateDaemon.good(try await daemon.folder.run(command[0], Array(command.dropFirst())))
    }
}
