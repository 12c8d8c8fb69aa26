extension Schema {
    /// Maintenance windows: what admins set, how far each server is, and what became of them.
    static let maintenance = """
        CREATE TABLE maintenance_rules (
            server TEXT NOT NULL,
            kind TEXT NOT NULL,
            rule TEXT NOT NULL,                    -- JSON
            changed_at INTEGER NOT NULL,
            actor_uid INTEGER,                     -- null: the daemon
            actor_name TEXT,
            PRIMARY KEY (server, kind)
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE maintenance_states (
            server TEXT PRIMARY KEY NOT NULL,
            state TEXT NOT NULL                    -- JSON
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE maintenance_history (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            server TEXT NOT NULL,
            report TEXT,                           -- JSON; null: the window was skipped
            skip TEXT                              -- JSON; null: the window is reported
        ) STRICT;
        CREATE INDEX maintenance_history_server ON maintenance_history (server, id);
        """
}
