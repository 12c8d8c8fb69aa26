import GRDB
package import Model

extension Catalog {
    /// All databases of a server, or of all; sorted by name, those that exist before those that are gone.
    package func databases(server: String? = nil, includingGone: Bool = false) throws -> [DatabaseRecord] {
        let sql = """
            \(DatabaseRecord.selection) WHERE (?1 IS NULL OR d.server = ?1) AND (?2 OR d.state != 'gone')
            ORDER BY d.state = 'gone', d.name
            """
        return try read { try Row.fetchAll($0, sql: sql, arguments: [server, includingGone]) }
            .map(DatabaseRecord.init(row:))
    }

    /// What the newest of all known backups holds.
    package func newestBackupInstant() throws -> Instant? {
        try read { try Int64.fetchOne($0, sql: "SELECT max(last_backup_at) FROM databases") }
            .map { Instant(microseconds: $0) }
    }

    package func database(_ unit: UnitID) throws -> DatabaseRecord? {
        let sql = "\(DatabaseRecord.selection) WHERE d.unit = ?"
        return try read { try Row.fetchOne($0, sql: sql, arguments: [unit.description]) }
            .map(DatabaseRecord.init(row:))
    }

    /// The one of that name that exists, else the one that went last.
    package func database(named name: DatabaseName) throws -> DatabaseRecord? {
        let sql = """
            \(DatabaseRecord.selection) WHERE d.name = ? ORDER BY d.state = 'gone', d.gone_at DESC LIMIT 1
            """
        return try read { try Row.fetchOne($0, sql: sql, arguments: [name.text]) }.map(DatabaseRecord.init(row:))
    }

    /// Notes that at `instant`, when a tick of `server` began, the newest backups of `units` were as good as new.
    ///
    /// Writes one row for the server and one for each database whose part in this differs from the tick before.
    package func noteUnchanged(_ units: Set<UnitID>, server: String, at instant: Instant) throws {
        try transition { transition in
            let before = try transition.quietUnits(of: server)
            let now = Set(units.map(\.description))
            for unit in before.subtracting(now) {
                try transition.execute(
                    """
                    UPDATE databases SET quiet = 0, unchanged_at = max(ifnull(unchanged_at, 0),
                        ifnull((SELECT quiet_at FROM servers WHERE name = databases.server), 0))
                    WHERE unit = ?
                    """, [unit])
            }
            for unit in now.subtracting(before) {
                try transition.execute("UPDATE databases SET quiet = 1 WHERE unit = ?", [unit])
            }
            try transition.execute("UPDATE servers SET quiet_at = ? WHERE name = ?", [instant.microseconds, server])
        }
    }

    /// The same of some databases of a server, when not all were looked at: a row for each.
    package func noteUnchanged(some units: Set<UnitID>, at instant: Instant) throws {
        try transition { transition in
            for unit in units {
                try transition.execute(
                    "UPDATE databases SET unchanged_at = max(ifnull(unchanged_at, 0), ?) WHERE unit = ?",
                    [instant.microseconds, unit.description])
            }
        }
    }

    /// Takes in what the repository knows and the catalog doesn't, in one transaction.
    ///
    /// A database that is new here counts as unreachable until its server has answered. Facts about the newest backup
    /// replace those known of another one. A name that another unit bears now makes the new one `gone`.
    /// - Parameter units: all that the repository has; nil when that is not known. What is known of other units' backups
    ///   is forgotten: they are not there.
    package func adopt(
        _ databases: [StoredDatabase], onlyStored units: Set<UnitID>? = nil, at instant: Instant
    ) throws {
        try transition { transition in
            for database in databases { try transition.adopt(database, at: instant) }
            if let units { try transition.forgetBackups(exceptOf: units) }
        }
    }

    /// Makes the next tick look at the database itself: its newest backup can't be counted on any more.
    package func forgetChangeToken(of unit: UnitID) throws {
        try transition { transition in
            _ = try transition.execute(
                "UPDATE databases SET change_token = NULL, quiet = 0 WHERE unit = ?", [unit.description])
        }
    }
}

extension Transition {
    /// Units that were unchanged at the server's last tick.
    fileprivate func quietUnits(of server: String) throws -> Set<String> {
        try String.fetchSet(
            database, sql: "SELECT unit FROM databases WHERE server = ? AND quiet = 1", arguments: [server])
    }

    fileprivate func adopt(_ stored: StoredDatabase, at instant: Instant) throws {
        let unit = stored.unit.description
        if try row("SELECT 1 FROM databases WHERE unit = ?", [unit]) == nil {
            let isTaken =
                try row("SELECT 1 FROM databases WHERE name = ? AND state != 'gone'", [stored.name.text]) != nil
            try execute(
                """
                INSERT INTO databases (unit, name, server, path, engine, state, first_seen, last_seen, gone_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
                [
                    unit, stored.name.text, stored.server, stored.path, stored.engine,
                    (isTaken ? DatabaseState.gone : .unreachable).rawValue, stored.firstBackup.microseconds,
                    stored.newest.instant.microseconds, isTaken ? instant.microseconds : nil,
                ])
        }
        let differs = try row(
            "SELECT 1 FROM databases WHERE unit = ? AND last_backup IS NOT ?",
            [unit, stored.newest.backup?.description])
        if differs != nil { try record(stored.newest) }
        if let full = stored.lastFull {
            try execute(
                "UPDATE databases SET last_full_at = max(ifnull(last_full_at, ?), ?) WHERE unit = ?",
                [Int64.min, full.microseconds, unit])
        }
        if let proven = stored.lastProven {
            try execute(
                "UPDATE databases SET proven_backup = ?, proven_at = ? WHERE unit = ? AND proven_at IS NULL",
                [proven.backup.description, proven.instant.microseconds, unit])
        }
    }

    fileprivate func forgetBackups(exceptOf units: Set<UnitID>) throws {
        let known = try String.fetchAll(database, sql: "SELECT unit FROM databases WHERE last_backup IS NOT NULL")
        for unit in known where UnitID(unit).map({ !units.contains($0) }) ?? true {
            try execute(
                """
                UPDATE databases SET last_backup = NULL, last_backup_kind = NULL, last_backup_at = NULL,
                    last_full_at = NULL, change_token = NULL, unchanged_at = NULL, quiet = 0, proven_backup = NULL,
                    proven_at = NULL
                WHERE unit = ?
                """, [unit])
        }
    }

    func record(_ capture: Capture) throws {
        try execute(
            """
            UPDATE databases SET unchanged_at = ?1, quiet = 0, size = ifnull(?2, size), change_token = ?3,
                last_backup = ifnull(?4, last_backup),
                last_backup_kind = iif(?4 IS NULL, last_backup_kind, ?5),
                last_backup_at = iif(?4 IS NULL, last_backup_at, ?1),
                last_full_at = iif(?4 IS NOT NULL AND ?5 = 'full', ?1, last_full_at)
            WHERE unit = ?6
            """,
            [
                capture.instant.microseconds, capture.size?.bytes, capture.changeToken, capture.backup?.description,
                capture.kind.rawValue, capture.unit.description,
            ])
    }

    /// Nil clears it, and the state `faulty` with it.
    func setFault(_ fault: RecordedFault?, of unit: UnitID, at instant: Instant) throws {
        try execute(
            """
            UPDATE databases SET fault_at = iif(?1 IS NULL, NULL, iif(?1 IS fault_code, fault_at, ?4)),
                fault_code = ?1, fault_text = ?2, fault_hint = ?3,
                state = iif(?1 IS NULL AND state = 'faulty', 'present', state)
            WHERE unit = ?5
            """,
            [fault?.code.rawValue, fault?.text, fault?.hint, instant.microseconds, unit.description])
    }
}

extension DatabaseRecord {
    static let selection = """
        SELECT d.*, s.seen_at AS server_seen_at, s.quiet_at AS server_quiet_at
        FROM databases AS d LEFT JOIN servers AS s ON s.name = d.server
        """

    init(row: Row) throws {
        let state: DatabaseState = try row.required(row.value("state"), "databases.state")
        let lastSeen = try row.required(row.instant("last_seen"), "databases.last_seen")
        let isThere = state == .present || state == .faulty
        let quietAt = row.number("quiet") == 1 ? row.instant("server_quiet_at") : nil
        let lastBackup = try row.backup("last_backup").map { backup in
            LastBackup(
                backup: backup, kind: try row.required(row.value("last_backup_kind"), "databases.last_backup_kind"),
                instant: try row.required(row.instant("last_backup_at"), "databases.last_backup_at"))
        }
        let lastProven = try row.backup("proven_backup").map {
            LastProven(backup: $0, instant: try row.required(row.instant("proven_at"), "databases.proven_at"))
        }
        self.init(
            unit: try row.required(row.text("unit").flatMap { UnitID($0) }, "databases.unit"),
            name: try row.required(row.database("name"), "databases.name"), server: row["server"], path: row["path"],
            engine: row["engine"], state: state,
            firstSeen: try row.required(row.instant("first_seen"), "databases.first_seen"),
            lastSeen: isThere ? max(lastSeen, row.instant("server_seen_at") ?? lastSeen) : lastSeen,
            goneSince: row.instant("gone_at"), grace: row.grace, size: row.bytes("size"),
            changeToken: row.text("change_token"),
            unchangedAsOf: [row.instant("unchanged_at"), quietAt].compactMap { $0 }.max(), lastBackup: lastBackup,
            lastFull: row.instant("last_full_at"), lastProven: lastProven, fault: row.fault,
            faultSince: row.instant("fault_at"))
    }
}
