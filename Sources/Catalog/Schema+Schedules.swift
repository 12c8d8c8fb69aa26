extension Schema {
    /// Schedules and what was claimed of them.
    ///
    /// Marks have a table of their own, because claims write nothing else of a schedule and ten thousand of them must fit
    /// into one short transaction. For the same reason the index over all occurrences, in which those of each schedule are
    /// elsewhere, has only closed ones: closing them is in no hurry.
    static let schedules = """
        CREATE TABLE schedules (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            definition TEXT NOT NULL,              -- JSON; name, enabled and source count here, not there
            enabled INTEGER NOT NULL,
            source TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL,
            changed_uid INTEGER,                   -- null: the daemon
            changed_name TEXT
        ) STRICT;

        CREATE TABLE schedule_marks (
            schedule INTEGER PRIMARY KEY NOT NULL,
            mark INTEGER NOT NULL,                 -- planned instant up to which occurrences are claimed
            reach INTEGER NOT NULL,                -- the furthest mark there was
            floor INTEGER NOT NULL                 -- what was due up to here is no longer in question
        ) STRICT;

        CREATE TABLE schedule_tombstones (         -- schedules of the settings that an admin removed
            name TEXT PRIMARY KEY NOT NULL,
            removed_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE occurrences (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            schedule INTEGER NOT NULL,
            name TEXT NOT NULL,
            origin TEXT NOT NULL,
            actor_uid INTEGER,
            actor_name TEXT,
            planned INTEGER NOT NULL,
            missed_first INTEGER,
            missed_count INTEGER,
            lateness TEXT,
            claimed_at INTEGER NOT NULL,
            state TEXT NOT NULL,
            attempt INTEGER NOT NULL,              -- 0: skipped without one
            interruptions INTEGER NOT NULL DEFAULT 0,
            next_attempt_at INTEGER,
            reason TEXT,
            runs TEXT,                             -- numbers with commas between
            closed_at INTEGER
        ) STRICT;
        CREATE UNIQUE INDEX occurrences_open ON occurrences (schedule) WHERE state = 'open';
        CREATE INDEX occurrences_closed ON occurrences (schedule, planned) WHERE state != 'open';

        CREATE TABLE removed_schedules (           -- whose occurrences are still there
            id INTEGER PRIMARY KEY NOT NULL,
            name TEXT NOT NULL
        ) STRICT;
        CREATE INDEX removed_schedules_name ON removed_schedules (name);
        """
}
