package import Model

/// How far a cluster is ready for backups by a role of its own, as its superuser sees it.
package struct PostgresReadiness: Sendable, Equatable {
    /// What backups, the log and drills need, beyond signing in.
    package static let needed: [PostgresPrivilege] = [
        .monitoring, .systemIdentifier, .timeline, .startBackup, .stopBackup, .restorePoint, .replication,
    ]

    /// Such as 150018.
    package var version: Int
    package var isInRecovery: Bool
    /// Whether its settings allow replication at all.
    package var replicates: Bool
    package var hostFile: String
    /// Of the log kept for slots; nil is unlimited.
    package var slotLimit: ByteCount?
    /// Replication slots that aren't ours.
    package var otherSlots: [String]
    /// Of all databases.
    package var size: ByteCount
    /// What gives the role all that it lacks.
    package var statements: [String]

    package static func look(_ owner: PostgresOwner, role: String) throws -> PostgresReadiness {
        let name = "'\(role.doubling("'"))'"
        let rows = try owner.ask([
            """
            SELECT current_setting('server_version_num'), pg_is_in_recovery(), current_setting('hba_file'),
              (SELECT setting FROM pg_settings WHERE name = 'max_slot_wal_keep_size'),
              coalesce((SELECT string_agg(slot_name, ' ' ORDER BY slot_name) FROM pg_replication_slots
                WHERE NOT starts_with(slot_name, 'holdfast_')), ''),
              coalesce((SELECT CASE WHEN rolcanlogin THEN 'login' ELSE 'nologin' END FROM pg_roles
                WHERE rolname = \(name)), ''),
              (SELECT sum(pg_database_size(oid)) FROM pg_database),
              current_setting('wal_level') <> 'minimal' AND current_setting('max_wal_senders')::int > 0
                AND current_setting('max_replication_slots')::int > 0
            """
        ])
        guard let row = rows.first, row.count == 8, let version = Int(row[0]), let megabytes = Int64(row[3]),
            let size = Int64(row[6])
        else {
            throw Fault(.internalError, "psql gave an answer that can't be read")
        }
        let missing = row[5].isEmpty ? needed : try self.missing(owner, role: role, version: version)
        return PostgresReadiness(
            version: version, isInRecovery: row[1] == "t", replicates: row[7] == "t", hostFile: row[2],
            slotLimit: megabytes < 0 ? nil : ByteCount(megabytes << 20),
            otherSlots: row[4].split(separator: " ").map(String.init), size: ByteCount(size),
            statements: statements(
                for: role, exists: !row[5].isEmpty, mayLogIn: row[5] == "login", missing: missing, version: version))
    }

    private static func missing(_ owner: PostgresOwner, role: String, version: Int) throws -> [PostgresPrivilege] {
        let tests = needed.map { $0.test(version) }.joined(separator: ", ")
        let rows = try owner.ask(["SET ROLE \(PostgresIdentifier(role).quoted)", "SELECT \(tests)"])
        return zip(needed, rows.last ?? []).filter { $0.1 != "t" }.map(\.0)
    }

    package static func statements(
        for role: String, exists: Bool, mayLogIn: Bool, missing: [PostgresPrivilege], version: Int
    ) -> [String] {
        let name = PostgresIdentifier(role)
        let making = exists ? mayLogIn ? [] : ["ALTER ROLE \(name) LOGIN"] : ["CREATE ROLE \(name) LOGIN REPLICATION"]
        return making
            + missing.filter { exists || $0 != .replication }.map { $0.statement(for: role, version: version) }
    }
}
