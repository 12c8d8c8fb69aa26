extension Schema {
    /// Indexes for every filter of the message center, storms of failures, and what retention has deleted.
    ///
    /// `class` is the severity's rank times two, and one more when acknowledged. Each index ends with id and instant, so
    /// that a page of any combination of filters is a few short ranges of one index; see `MessageSelection`.
    static let messages = """
        DROP INDEX messages_database;
        DROP INDEX messages_severity;
        DROP INDEX messages_instant;
        ALTER TABLE messages ADD COLUMN class INTEGER NOT NULL
            GENERATED ALWAYS AS (severity * 2 + (acknowledged_at IS NOT NULL)) VIRTUAL;
        CREATE INDEX messages_class ON messages (class, id, instant);
        CREATE INDEX messages_code ON messages (code, class, id, instant);
        CREATE INDEX messages_database ON messages (database, class, id, instant) WHERE database IS NOT NULL;
        CREATE INDEX messages_database_code ON messages (database, code, class, id, instant)
            WHERE database IS NOT NULL;

        CREATE TABLE message_blocks (
            block INTEGER PRIMARY KEY NOT NULL,    -- id / 1024
            earliest INTEGER NOT NULL,
            latest INTEGER NOT NULL
        ) STRICT;
        INSERT INTO message_blocks SELECT id >> 10, min(instant), max(instant) FROM messages GROUP BY 1;
        CREATE TRIGGER messages_blocks AFTER INSERT ON messages BEGIN
            INSERT INTO message_blocks VALUES (new.id >> 10, new.instant, new.instant)
            ON CONFLICT (block) DO UPDATE
            SET earliest = min(earliest, excluded.earliest), latest = max(latest, excluded.latest);
        END;

        CREATE TABLE storms (
            key TEXT PRIMARY KEY NOT NULL,
            opened_at INTEGER NOT NULL,
            length INTEGER NOT NULL,               -- microseconds
            passed INTEGER NOT NULL,
            held INTEGER NOT NULL,
            due_at INTEGER GENERATED ALWAYS AS (opened_at + length) VIRTUAL
        ) STRICT;
        CREATE INDEX storms_due ON storms (due_at) WHERE passed >= 3;  -- full: the next one is held

        CREATE TABLE held_messages (
            id INTEGER PRIMARY KEY NOT NULL,
            storm TEXT NOT NULL,
            message INTEGER,                       -- the one that counts it; null until then
            instant INTEGER NOT NULL,
            severity INTEGER NOT NULL,
            code TEXT NOT NULL,
            database TEXT,
            run INTEGER,
            actor_uid INTEGER,
            actor_name TEXT,
            text TEXT NOT NULL,
            cause TEXT,
            hint TEXT
        ) STRICT;
        CREATE INDEX held_messages_waiting ON held_messages (storm, id) WHERE message IS NULL;
        CREATE INDEX held_messages_message ON held_messages (message, id) WHERE message IS NOT NULL;

        CREATE TABLE message_counts (
            name TEXT PRIMARY KEY NOT NULL,
            value INTEGER NOT NULL
        ) STRICT;
        """
}
