import Model

/// The physical replication slot by which a server keeps its log until we have it.
struct PostgresLogSlot {
    let slot: LogSlot
    let connection: PostgresConnection

    struct State {
        /// Up to where the server may have let go of the log; nil when the slot has lost its hold.
        var kept: PostgresLSN?
        var isActive: Bool
        /// There was none before, so that nothing kept the log.
        var isNew = false
        var lag: ByteCount
        /// Nil when there is none.
        var limit: ByteCount?
    }

    /// Nil when there is no such slot.
    func state() throws -> State? {
        let rows = try connection.query(
            """
            SELECT restart_lsn, active, coalesce(wal_status, 'lost') AS status,
              coalesce(pg_current_wal_lsn() - restart_lsn, 0)::bigint AS lag,
              (SELECT setting::bigint FROM pg_settings WHERE name = 'max_slot_wal_keep_size') AS megabytes
            FROM pg_replication_slots WHERE slot_name = $1 AND slot_type = 'physical'
            """, [slot.name], needs: .monitoring)
        guard let row = rows.first else { return nil }
        let megabytes: Int64 = try row.number("megabytes")
        let isLost = try row.text("status") == "lost"
        return State(
            kept: isLost ? nil : try row.optional("restart_lsn").flatMap { PostgresLSN($0) },
            isActive: try row.flag("active"), lag: ByteCount(try row.number("lag", as: Int64.self)),
            limit: megabytes < 0 ? nil : ByteCount(megabytes << 20))
    }

    /// Makes the slot where it is missing or has lost its hold.
    ///
    /// - Returns: its state.
    /// - Throws: `server-unsupported` for a standby; `slot-unlimited`; `not-permitted` with what would help; `busy` when no slot is free.
    func ensure() throws -> State {
        try connection.require(.replication)
        try requireLimit()
        let before = try state()
        if let before, before.kept != nil { return before }
        if before != nil { try drop() }
        do {
            try connection.query(
                "SELECT pg_create_physical_replication_slot($1, true)", [slot.name], needs: .replication)
        } catch let fault as Fault where fault.context["sqlstate"] == "53400" {
            throw Fault(
                .busy, "server \(connection.server) has no replication slot free",
                hint: "raise max_replication_slots and restart the server, or drop slots that nobody uses")
        }
        guard var state = try state() else {
            throw Fault(.internalError, "server \(connection.server) made no replication slot")
        }
        state.isNew = before == nil
        return state
    }

    /// Nothing of that name is no fault.
    func drop() throws {
        guard let state = try state() else { return }
        guard !state.isActive else {
            throw Fault(
                .busy, "replication slot \(slot.name) of server \(connection.server) is in use",
                hint: "end who uses it; pg_replication_slots names the process")
        }
        try connection.query("SELECT pg_drop_replication_slot($1)", [slot.name], needs: .replication)
    }

    /// A slot without a limit lets a daemon that is down fill the server's disk; that of a standby knows no present place.
    private func requireLimit() throws {
        let now = try connection.query(
            "SELECT current_setting('max_slot_wal_keep_size') AS size, pg_is_in_recovery() AS recovering"
        ).one()
        guard try !now.flag("recovering") else { throw PostgresCluster.inRecovery(connection.server) }
        guard try now.text("size") == "-1" else { return }
        guard let limit = slot.limit else {
            throw Fault(
                .slotUnlimited,
                "server \(connection.server) keeps its log for slots without limit, which fills its disk "
                    + "when nobody receives it",
                hint:
                    "as a superuser: ALTER SYSTEM SET max_slot_wal_keep_size = '10GB'; SELECT pg_reload_conf(); or let "
                    + "Holdfast set it: slot_limit in the server's settings")
        }
        let statement = "ALTER SYSTEM SET max_slot_wal_keep_size = '\(max(1, limit.bytes >> 20))MB'"
        do {
            try connection.query(statement)
            try connection.query("SELECT pg_reload_conf()")
        } catch let fault as Fault where fault.code == .notPermitted {
            throw Fault(
                .notPermitted,
                "role \(PostgresIdentifier(connection.user)) may not limit the slots of server "
                    + connection.server,
                hint: "as a superuser: \(statement); SELECT pg_reload_conf()", cause: fault)
        }
    }
}
