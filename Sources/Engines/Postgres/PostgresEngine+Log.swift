import Model
import Platform

extension PostgresEngine {
    package func followLog(_ slot: LogSlot, after: LogPosition?, stored: UInt64) throws -> (any LogStream)? {
        try PostgresLogStream(try access.get(), slot, after: after, stored: stored)
    }

    package func logLag(_ slot: LogSlot) throws -> LogLag? {
        try PostgresLogSlot(slot: slot, connection: try access.get().connectAnyhow()).state().map {
            LogLag(bytes: $0.lag, limit: $0.limit)
        }
    }

    package func forgetLog(_ slot: LogSlot) throws {
        try PostgresLogSlot(slot: slot, connection: try access.get().connectAnyhow()).drop()
    }

    package func nameLog(_ name: String) throws -> LogPosition? {
        let connection = try access.get().connectAnyhow()
        let row = try connection.query(
            """
            SELECT pg_create_restore_point($1) AS lsn, (SELECT system_identifier FROM pg_control_system()) AS system,
              ('x' || substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8))::bit(32)::int AS timeline
            """, [name], needs: .restorePoint
        ).one()
        guard let lsn = PostgresLSN(try row.text("lsn")) else { return nil }
        return LogPosition(
            system: try row.text("system"), timeline: try row.number("timeline"), offset: lsn.value)
    }

    package func logBase(token: String) -> LogBase? { try? Records.decode(PostgresToken.self, from: token).base }

    package func findStop(
        _ target: LogTarget, on timeline: UInt32?, after base: LogBase, in log: any LogSource
    ) throws -> LogStop? {
        try PostgresRecovery(log: log, base: base).stop(at: target, on: timeline)
    }

    package func followLog(
        _ log: any LogSource, from base: LogBase, upTo stop: LogStop, in folder: String, promotes: Bool
    ) throws {
        try PostgresLogFiles(folder: folder, base: base, log: log) { try self.giveToOwner($0, in: folder) }
            .write(upTo: stop, promotes: promotes)
    }
}
