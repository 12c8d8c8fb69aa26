import Model

/// Keeps clients out of databases for a while.
///
/// A closed database has `CONNECTION LIMIT 0`, which keeps out everybody but superusers; their sessions are ended again
/// and again by `hold`. `template1` is never closed, so that whoever is no superuser can come back to reopen.
package struct PostgresFence {
    let connection: PostgresConnection
    private let clients: PostgresClients

    /// - Parameter ours: process ids of further sessions of our own, which are left alone.
    package init(_ connection: PostgresConnection, ours: Set<Int32> = []) {
        self.connection = connection
        clients = PostgresClients(connection, ours: ours)
    }

    /// What closing these databases would do; changes nothing.
    ///
    /// - Parameter databases: by name; nil for all. Those that let nobody in anyway are left out.
    /// - Throws: `not-found` for one that the server doesn't have.
    package func plan(databases names: [String]? = nil) throws -> PostgresFencePlan {
        let found = try databases()
        let existing = Set(found.map { DatabaseName($0.identifier.name) })
        if let missing = names?.first(where: { !existing.contains(DatabaseName($0)) }) {
            throw Fault(
                .notFound, "server \(connection.server) has no database \(PostgresIdentifier(missing))",
                hint: "see `holdfast databases`")
        }
        let chosen = names.map { Set($0.map { DatabaseName($0) }) } ?? existing
        let wanted = found.filter { database in
            database.allowsConnections && !database.isInvalid && chosen.contains(DatabaseName(database.identifier.name))
        }
        return PostgresFencePlan(
            systemIdentifier: try systemIdentifier(),
            databases: wanted.map { .init(oid: $0.oid, name: $0.identifier.name, connectionLimit: $0.own) })
    }

    /// Closes all databases of the plan or none, then ends the sessions of their clients once.
    ///
    /// - Returns: the clients that were inside; go on with `hold`.
    /// - Throws: `source-changed` when the plan no longer fits, so that another has to be made; `not-permitted` with the
    ///   statements that would help.
    @discardableResult
    package func close(_ plan: PostgresFencePlan) throws -> [PostgresClient] {
        try refuse(plan)
        return try hold(plan)
    }

    /// Closes all databases of the plan or none; the sessions there are stay.
    ///
    /// - Throws: as `close`.
    package func refuse(_ plan: PostgresFencePlan) throws {
        try requireCluster(of: plan)
        try requirePrivileges(for: plan)
        let oids = plan.databases.map(\.oid)
        try connection.transaction {
            let found = try byOID(oids)
            for entry in plan.databases {
                guard let database = found[entry.oid] else { continue }
                guard database.own == entry.connectionLimit else { throw outdated(database) }
                guard database.limit != 0 else { continue }
                for statement in database.closing(at: entry.connectionLimit) { try connection.query(statement) }
            }
            // A rename in between would have closed another one.
            if let open = try databases(oids).first(where: { $0.limit != 0 }) { throw outdated(open) }
        }
    }

    /// One round of ending the sessions of superusers and of whoever slipped in; to be called again and again.
    ///
    /// A session that was about to start when its database was closed is seen a moment later only.
    ///
    /// - Returns: the clients that were inside.
    /// - Throws: `not-permitted`, once all others have been ended, naming those that our role may not end.
    @discardableResult
    package func hold(_ plan: PostgresFencePlan) throws -> [PostgresClient] {
        let (ended, refused) = try clients.endAll(in: plan.databases.map(\.oid))
        try clients.require(refused)
        return ended
    }

    /// Gives every database of the plan its previous limit back; done again it changes nothing.
    ///
    /// A database that is gone is passed over; one whose limit somebody else has raised meanwhile keeps that.
    ///
    /// - Throws: `source-changed` for the plan of another cluster; the first fault, once all databases have been tried.
    package func reopen(_ plan: PostgresFencePlan) throws {
        try requireCluster(of: plan)
        var left = plan.databases
        var first: (any Error)?
        // Another change of the same database, or a rename, makes a round fail.
        for _ in 0..<3 where !left.isEmpty {
            let found = try byOID(left.map(\.oid))
            first = nil
            left = left.filter { entry in
                guard let database = found[entry.oid], !database.isInvalid else {
                    return false
                }
                do {
                    try reopen(database, entry)
                    return false
                } catch {
                    first = first ?? error
                    return true
                }
            }
        }
        if let first { throw first }
    }

    /// The databases that a fence has closed, told by the cluster alone: after a crash that lost the plan, and after the
    /// restore of a backup that was taken while they were closed.
    ///
    /// - Returns: for `reopen`; nil when there are none.
    package func leftovers() throws -> PostgresFencePlan? {
        let ours = try databases().filter { $0.isOurs && !$0.isInvalid }
        guard !ours.isEmpty else { return nil }
        return PostgresFencePlan(
            systemIdentifier: try systemIdentifier(),
            databases: ours.map { .init(oid: $0.oid, name: $0.identifier.name, connectionLimit: $0.own) })
    }
}

extension PostgresFence {
    private func reopen(_ database: PostgresFencedDatabase, _ entry: PostgresFencePlan.Entry) throws {
        let limit = database.restored(from: entry)
        let statements = database.reopening(to: limit)
        guard !statements.isEmpty else { return }
        try connection.transaction {
            for statement in statements { try connection.query(statement) }
            let now = try databases([database.oid]).first
            guard now.map({ !$0.isOurs && $0.limit == limit ?? database.limit }) != false else {
                throw outdated(database)
            }
        }
    }

    private func databases(_ oids: [UInt32]? = nil) throws -> [PostgresFencedDatabase] {
        let statement = """
            SELECT d.oid, d.datname AS name, d.datallowconn AS open, d.datconnlimit AS connection_limit,
              (SELECT substr(c, length($1) + 2) FROM pg_db_role_setting s, unnest(s.setconfig) c
                WHERE s.setdatabase = d.oid AND s.setrole = 0 AND starts_with(c, $1 || '=') LIMIT 1) AS mark
            FROM pg_database d
            WHERE datname NOT IN ('template0', 'template1') AND ($2::oid[] IS NULL OR d.oid = ANY ($2::oid[]))
            ORDER BY datname COLLATE "C"
            """
        let wanted = oids.map { PostgresClients.array($0.map { "\($0)" }) }
        return try connection.query(statement, [PostgresFencedDatabase.mark, wanted]).map { row in
            try PostgresFencedDatabase(row)
        }
    }

    private func byOID(_ oids: [UInt32]) throws -> [UInt32: PostgresFencedDatabase] {
        Dictionary(try databases(oids).map { ($0.oid, $0) }) { first, _ in first }
    }

    private func systemIdentifier() throws -> String {
        let rows = try connection.query(
            "SELECT system_identifier AS identifier FROM pg_control_system()", needs: .systemIdentifier)
        return try rows.one().text("identifier")
    }

    private func requireCluster(of plan: PostgresFencePlan) throws {
        let identifier = try systemIdentifier()
        guard identifier != plan.systemIdentifier else { return }
        throw Fault(
            .sourceChanged,
            "server \(connection.server) is cluster \(identifier), not \(plan.systemIdentifier) that was closed",
            hint: "correct the server's `connection`, or start the cluster that was closed")
    }

    private func outdated(_ database: PostgresFencedDatabase) -> Fault {
        Fault(
            .sourceChanged,
            "database \(database.identifier) of server \(connection.server) was changed by ALTER DATABASE meanwhile",
            hint: "try again")
    }
}
