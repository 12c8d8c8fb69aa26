extension Schema {
    /// Rules of retention, small states that outlive a start, the grace of databases that are gone, and which schedule a
    /// run belongs to.
    static let retention = """
        CREATE TABLE retention (
            scope TEXT PRIMARY KEY NOT NULL,       -- empty: the default
            rules TEXT NOT NULL,                   -- JSON of the fields that the scope says
            changed_at INTEGER NOT NULL,
            actor_uid INTEGER,
            actor_name TEXT
        ) STRICT;

        CREATE TABLE memory (
            name TEXT PRIMARY KEY NOT NULL,
            value TEXT NOT NULL                    -- JSON
        ) STRICT, WITHOUT ROWID;

        ALTER TABLE databases ADD COLUMN grace TEXT;       -- JSON; null while it is there
        ALTER TABLE runs ADD COLUMN schedule TEXT;
        ALTER TABLE runs ADD COLUMN occurrence INTEGER;
        CREATE INDEX runs_occurrence ON runs (occurrence, id) WHERE occurrence IS NOT NULL;
        DROP TABLE ticks;
        CREATE INDEX databases_grace ON databases (unit) WHERE grace IS NOT NULL;
        """
}
