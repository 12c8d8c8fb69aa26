import Model

extension PostgresFence {
    /// The statements by which a superuser lets our role close these databases; empty when it may.
    package func missingPrivileges(for plan: PostgresFencePlan) throws -> [String] {
        let role = PostgresIdentifier(connection.user)
        guard try !isSuperuser() else { return [] }
        let owners = try connection.query(
            """
            SELECT DISTINCT pg_get_userbyid(datdba) AS owner FROM pg_database
            WHERE oid = ANY ($1::oid[]) AND NOT pg_has_role(current_user, datdba, 'USAGE') ORDER BY owner
            """, [PostgresClients.array(plan.databases.map { "\($0.oid)" })])
        var statements = try owners.map { "GRANT \(PostgresIdentifier(try $0.text("owner"))) TO \(role)" }
        if try !maySetMark() {
            statements.append(
                connection.version >= 15_00_00
                    ? "GRANT SET ON PARAMETER \"\(PostgresFencedDatabase.mark)\" TO \(role)"
                    : "ALTER ROLE \(role) SUPERUSER")
        }
        return statements
            + (try connection.missing([.monitoring, .endSessions]).map {
                $0.statement(for: connection.user, version: connection.version)
            })
    }

    func requirePrivileges(for plan: PostgresFencePlan) throws {
        let missing = try missingPrivileges(for: plan)
        guard !missing.isEmpty else { return }
        throw Fault(
            .notPermitted,
            "role \(PostgresIdentifier(connection.user)) may not close the databases of server \(connection.server)",
            hint: try remedy(for: missing, of: plan))
    }

    /// A hint with the statements that are missing, and what they would amount to.
    func remedy(for missing: [String], of plan: PostgresFencePlan) throws -> String {
        let mighty = try mightyOwners(of: plan).map { PostgresIdentifier($0).description }.joined(separator: " and ")
        let warning =
            "; as a member of \(mighty), a superuser, the role is one in effect: better give such a database another "
            + "owner (ALTER DATABASE … OWNER TO …)"
        return "as a superuser: \(missing.joined(separator: "; "))\(mighty.isEmpty ? "" : warning)"
    }

    /// Superusers that our role would have to be a member of.
    private func mightyOwners(of plan: PostgresFencePlan) throws -> [String] {
        try connection.query(
            """
            SELECT DISTINCT rolname AS owner FROM pg_database d JOIN pg_roles r ON r.oid = datdba
            WHERE d.oid = ANY ($1::oid[]) AND rolsuper AND NOT pg_has_role(current_user, datdba, 'USAGE') ORDER BY owner
            """, [PostgresClients.array(plan.databases.map { "\($0.oid)" })]
        ).map { try $0.text("owner") }
    }

    func isSuperuser() throws -> Bool {
        try connection.query("SELECT rolsuper AS yes FROM pg_roles WHERE rolname = current_user").one().flag("yes")
    }

    /// Before version 15 only superusers may set what the server doesn't know.
    private func maySetMark() throws -> Bool {
        guard connection.version >= 15_00_00 else { return false }
        let rows = try connection.query(
            "SELECT has_parameter_privilege(current_user, $1, 'SET') AS yes", [PostgresFencedDatabase.mark])
        return try rows.one().flag("yes")
    }
}
