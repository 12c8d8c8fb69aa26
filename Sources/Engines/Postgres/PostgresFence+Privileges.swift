import Model

extension PostgresFence {
    /// The statements by which a superuser lets our role close these databases, from the narrowest right; empty when it may.
    ///
    /// Only whoever is a member of its owner may close a database. Membership in a superuser, which is every right there is,
    /// comes last.
    package func missingPrivileges(for plan: PostgresFencePlan) throws -> [String] {
        guard try !isSuperuser() else { return [] }
        return try narrowStatements(for: plan) + Self.grants(of: mighty(in: plan), to: role)
    }

    func requirePrivileges(for plan: PostgresFencePlan) throws {
        guard let remedy = try remedy(for: plan) else { return }
        throw Fault(
            .notPermitted, "role \(role) may not close the databases of server \(connection.server)", hint: remedy)
    }

    /// What would let our role close these databases, for people; nil when it may.
    func remedy(for plan: PostgresFencePlan) throws -> String? {
        guard try !isSuperuser() else { return nil }
        let narrow = try narrowStatements(for: plan)
        let mighty = try self.mighty(in: plan)
        var parts = narrow.isEmpty ? [] : ["as a superuser: \(narrow.joined(separator: "; "))"]
        if let first = mighty.first {
            let names = mighty.prefix(3).map(\.database.description).joined(separator: ", ")
            let more = mighty.count > 3 ? " and \(mighty.count - 3) more" : ""
            parts.append(
                "give what superusers own (\(names)\(more)) an owner that is none, whom \(role) is a member of (ALTER "
                    + "DATABASE \(first.database) OWNER TO …); "
                    + "\(Self.grants(of: mighty, to: role).joined(separator: "; ")) would do, too, and make \(role) a "
                    + "superuser in effect")
        }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    private var role: PostgresIdentifier { PostgresIdentifier(connection.user) }

    /// The databases of superusers; of no account where our role has to be one itself.
    private func mighty(in plan: PostgresFencePlan) throws -> [Foreign] {
        connection.version >= 15_00_00 ? try foreign(in: plan).filter(\.isOfSuperuser) : []
    }

    /// All but what the databases of superusers need.
    private func narrowStatements(for plan: PostgresFencePlan) throws -> [String] {
        guard connection.version >= 15_00_00 else { return ["ALTER ROLE \(role) SUPERUSER"] }
        let mark = "GRANT SET ON PARAMETER \"\(PostgresFencedDatabase.mark)\" TO \(role)"
        return try (maySetMark() ? [] : [mark])
            + connection.missing([.monitoring, .endSessions]).map {
                $0.statement(for: connection.user, version: connection.version)
            } + Self.grants(of: foreign(in: plan).filter { !$0.isOfSuperuser }, to: role)
    }

    /// A database whose owner our role is no member of.
    private struct Foreign {
        let database: PostgresIdentifier
        let owner: PostgresIdentifier
        let isOfSuperuser: Bool
    }

    /// By owner and name.
    private func foreign(in plan: PostgresFencePlan) throws -> [Foreign] {
        try connection.query(
            """
            SELECT datname AS name, rolname AS owner, rolsuper AS mighty
            FROM pg_database d JOIN pg_roles r ON r.oid = datdba
            WHERE d.oid = ANY ($1::oid[]) AND NOT pg_has_role(current_user, datdba, 'USAGE')
            ORDER BY rolname COLLATE "C", datname COLLATE "C"
            """, [PostgresClients.array(plan.databases.map { "\($0.oid)" })]
        ).map { row in
            Foreign(
                database: PostgresIdentifier(try row.text("name")), owner: PostgresIdentifier(try row.text("owner")),
                isOfSuperuser: try row.flag("mighty"))
        }
    }

    private static func grants(of databases: [Foreign], to role: PostgresIdentifier) -> [String] {
        var statements: [String] = []
        for database in databases {
            let statement = "GRANT \(database.owner) TO \(role)"
            // By owner: the same ones follow each other.
            if statements.last?.isSame(as: statement) != true { statements.append(statement) }
        }
        return statements
    }

    func isSuperuser() throws -> Bool {
        try connection.query("SELECT rolsuper AS yes FROM pg_roles WHERE rolname = current_user").one().flag("yes")
    }

    /// From version 15 on; before it only superusers may set what the server doesn't know.
    private func maySetMark() throws -> Bool {
        let rows = try connection.query(
            "SELECT has_parameter_privilege(current_user, $1, 'SET') AS yes", [PostgresFencedDatabase.mark])
        return try rows.one().flag("yes")
    }
}
