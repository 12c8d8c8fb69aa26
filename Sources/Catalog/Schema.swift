import GRDB

/// The tables of the catalog. Instants are microseconds since 1970, identifiers hexadecimal text.
enum Schema {
    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1") { try $0.execute(sql: first) }
        migrator.registerMigration("retention-2") { try $0.execute(sql: retention) }
        migrator.registerMigration("messages-2") { try $0.execute(sql: messages) }
        migrator.registerMigration("schedules-2") { try $0.execute(sql: schedules) }
        migrator.registerMigration("members-4") { try $0.execute(sql: members) }
        migrator.registerMigration("maintenance-5") { try $0.execute(sql: maintenance) }
        return migrator
    }

    private static let members = """
        CREATE TABLE members (                     -- databases of servers that are backed up as one
            unit TEXT NOT NULL,
            name TEXT NOT NULL,
            size INTEGER NOT NULL,
            state TEXT NOT NULL,
            PRIMARY KEY (unit, name)
        ) STRICT, WITHOUT ROWID;
        """

    private static let first = """
        CREATE TABLE servers (
            name TEXT PRIMARY KEY NOT NULL,
            reachable INTEGER NOT NULL,
            reason TEXT,
            identity TEXT,
            checked_at INTEGER NOT NULL,
            seen_at INTEGER,                       -- last complete answer
            quiet_at INTEGER                       -- databases with quiet = 1 were unchanged then
        ) STRICT;

        CREATE TABLE databases (
            unit TEXT PRIMARY KEY NOT NULL,
            name TEXT NOT NULL,
            server TEXT NOT NULL,
            path TEXT NOT NULL,
            engine TEXT NOT NULL,
            state TEXT NOT NULL,
            first_seen INTEGER NOT NULL,
            last_seen INTEGER NOT NULL,            -- while it is there, the server's seen_at says more
            gone_at INTEGER,
            size INTEGER,
            change_token TEXT,
            unchanged_at INTEGER,
            quiet INTEGER NOT NULL DEFAULT 0,
            last_backup TEXT,
            last_backup_kind TEXT,
            last_backup_at INTEGER,
            last_full_at INTEGER,
            proven_backup TEXT,
            proven_at INTEGER,
            fault_code TEXT,
            fault_text TEXT,
            fault_hint TEXT,
            fault_at INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX databases_name ON databases (name) WHERE state != 'gone';
        CREATE INDEX databases_server ON databases (server);

        CREATE TABLE runs (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            kind TEXT NOT NULL,
            database TEXT,
            unit TEXT,
            backup_kind TEXT,
            origin TEXT,
            actor_uid INTEGER,                     -- null: the daemon
            actor_name TEXT,
            target TEXT,
            comment TEXT,
            exclusive INTEGER NOT NULL,
            state TEXT NOT NULL,
            requested_at INTEGER NOT NULL,
            started_at INTEGER,
            finished_at INTEGER,
            fault_code TEXT,
            fault_text TEXT,
            fault_hint TEXT,
            backup TEXT,
            bytes_read INTEGER NOT NULL DEFAULT 0,
            bytes_stored INTEGER NOT NULL DEFAULT 0
        ) STRICT;
        CREATE INDEX runs_open ON runs (id) WHERE state IN ('queued', 'running');
        CREATE INDEX runs_unit ON runs (unit, id);
        CREATE INDEX runs_database ON runs (database, id);
        CREATE UNIQUE INDEX runs_exclusive ON runs (unit) WHERE state = 'running' AND exclusive = 1;

        CREATE TABLE cooldowns (
            unit TEXT PRIMARY KEY NOT NULL,
            boot_id TEXT NOT NULL,
            ended_since_boot INTEGER NOT NULL,     -- microseconds of that boot's clock
            ended_at INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE proofs (
            id INTEGER PRIMARY KEY,
            unit TEXT NOT NULL,
            backup TEXT NOT NULL,
            level TEXT NOT NULL,
            instant INTEGER NOT NULL,
            fault_code TEXT,                       -- null: proven
            fault_text TEXT,
            fault_hint TEXT
        ) STRICT;
        CREATE INDEX proofs_backup ON proofs (backup, instant);

        CREATE TABLE messages (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            instant INTEGER NOT NULL,
            severity INTEGER NOT NULL,
            code TEXT NOT NULL,
            database TEXT,
            run INTEGER,
            actor_uid INTEGER,
            actor_name TEXT,
            text TEXT NOT NULL,
            cause TEXT,
            hint TEXT,
            acknowledged_at INTEGER,
            acknowledged_uid INTEGER,
            acknowledged_name TEXT
        ) STRICT;
        CREATE INDEX messages_database ON messages (database, id) WHERE database IS NOT NULL;
        CREATE INDEX messages_run ON messages (run, id) WHERE run IS NOT NULL;
        CREATE INDEX messages_severity ON messages (severity, id);
        CREATE INDEX messages_instant ON messages (instant);

        CREATE TABLE deliveries (
            consumer TEXT PRIMARY KEY NOT NULL,
            last_message INTEGER NOT NULL
        ) STRICT;

        CREATE TABLE ticks (
            server TEXT NOT NULL,
            kind TEXT NOT NULL,
            claimed_at INTEGER NOT NULL,
            PRIMARY KEY (server, kind)
        ) STRICT, WITHOUT ROWID;
        """
}
