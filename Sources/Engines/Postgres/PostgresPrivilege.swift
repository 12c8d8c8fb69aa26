import Model

/// A right that Holdfast's role needs, beyond signing in.
package enum PostgresPrivilege: Sendable, CaseIterable {
    /// Sizes, settings, and what the sessions of others do.
    case monitoring
    case systemIdentifier
    case timeline
    case startBackup
    case stopBackup
    case switchLog
    case restorePoint
    case replication
    /// Ending the sessions of others; those of superusers can be ended by superusers only.
    case endSessions

    /// The statement that gives the right to `role`. Functions are granted in the database that is connected to.
    package func statement(for role: String, version: Int) -> String {
        let role = PostgresIdentifier(role).description
        if let function = function(version) { return "GRANT EXECUTE ON FUNCTION \(function) TO \(role)" }
        switch self {
        case .replication: return "ALTER ROLE \(role) REPLICATION"
        case .endSessions: return "GRANT pg_signal_backend TO \(role)"
        default: return "GRANT pg_monitor TO \(role)"
        }
    }

    /// Version 15 gave two of them new names.
    private func function(_ version: Int) -> String? {
        switch self {
        case .monitoring, .replication, .endSessions: nil
        case .systemIdentifier: "pg_control_system()"
        case .timeline: "pg_control_checkpoint()"
        case .startBackup where version >= 15_00_00: "pg_backup_start(text, boolean)"
        case .startBackup: "pg_start_backup(text, boolean, boolean)"
        case .stopBackup where version >= 15_00_00: "pg_backup_stop(boolean)"
        case .stopBackup: "pg_stop_backup(boolean, boolean)"
        case .switchLog: "pg_switch_wal()"
        case .restorePoint: "pg_create_restore_point(text)"
        }
    }

    func hint(for connection: PostgresConnection) -> String {
        let statement = statement(for: connection.user, version: connection.version)
        return "as a superuser, in database \(PostgresIdentifier(connection.database)): \(statement)"
    }

    /// An expression that is true for who has the right.
    func test(_ version: Int) -> String {
        if let function = function(version) {
            return "has_function_privilege(current_user, 'pg_catalog.\(function)', 'EXECUTE')"
        }
        switch self {
        case .replication: return "(SELECT rolsuper OR rolreplication FROM pg_roles WHERE rolname = current_user)"
        case .endSessions: return "pg_has_role(current_user, 'pg_signal_backend', 'USAGE')"
        default:
            return "pg_has_role(current_user, 'pg_read_all_settings', 'USAGE') AND "
                + "pg_has_role(current_user, 'pg_read_all_stats', 'USAGE')"
        }
    }
}

extension PostgresConnection {
    /// Those of `wanted` that our role lacks.
    package func missing(_ wanted: [PostgresPrivilege] = PostgresPrivilege.allCases) throws -> [PostgresPrivilege] {
        guard !wanted.isEmpty else { return [] }
        let answer = try query("SELECT \(wanted.map { $0.test(version) }.joined(separator: ", "))").one()
        return zip(wanted, answer.values).filter { $0.1 != "t" }.map(\.0)
    }

    /// The statements by which a superuser gives our role everything that backups and maintenance need, those it has
    /// left out; to be run in the database that this connection is for.
    package func missingPrivileges() throws -> [String] {
        try missing().map { $0.statement(for: user, version: version) }
    }

    /// - Throws: `not-permitted` with the statements that would help.
    package func require(_ privileges: PostgresPrivilege...) throws {
        let missing = try missing(privileges)
        guard let first = missing.first else { return }
        let statements = missing.map { $0.statement(for: user, version: version) }.joined(separator: "; ")
        throw Fault(
            .notPermitted, "role \(PostgresIdentifier(user)) lacks the right \(first) on server \(server)",
            hint: "as a superuser, in database \(PostgresIdentifier(database)): \(statements)")
    }
}

extension PostgresPrivilege: CustomStringConvertible {
    package var description: String {
        switch self {
        case .monitoring: "to monitor"
        case .systemIdentifier: "to read the system identifier"
        case .timeline: "to read the timeline"
        case .startBackup: "to start a backup"
        case .stopBackup: "to end a backup"
        case .switchLog: "to switch WAL files"
        case .restorePoint: "to create restore points"
        case .replication: "to replicate"
        case .endSessions: "to end the sessions of others"
        }
    }
}
