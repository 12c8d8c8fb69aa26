import Glibc
import Model
import Platform

/// The sessions of programs with a cluster: never our own, nor those of standbys and of the server itself.
package struct PostgresClients {
    let connection: PostgresConnection
    private let ours: Set<Int32>

    /// - Parameter ours: process ids of further sessions of our own, such as those of programs we run. A session of our
    ///   role that calls itself `holdfast` is ours anyway.
    package init(_ connection: PostgresConnection, ours: Set<Int32> = []) {
        self.connection = connection
        self.ours = ours
    }

    /// By start.
    ///
    /// - Parameter databases: by name; nil for all.
    /// - Throws: `not-permitted` with the statement that would help; whatever a query throws.
    package func list(databases: [String]? = nil) throws -> [PostgresClient] {
        try connection.require(.monitoring)
        return try sessions(where: Self.inDatabases, [databases.map(Self.array)]).map { try PostgresClient($0) }
    }

    /// Ends sessions and waits until they are gone.
    ///
    /// - Parameter grace: how long to wait.
    /// - Returns: those that are left.
    /// - Throws: `not-permitted`, once all others have been ended, naming those that our role may not end.
    package func disconnect(
        ids: [PostgresClient.ID], grace: Duration, step: () throws -> Void = {}
    ) throws -> [PostgresClient] {
        try connection.require(.monitoring)
        let wanted = [
            Self.array(ids.map { "\($0.processID)" }), Self.array(ids.map { "\($0.since.microseconds)" }),
        ]
        let refused = try end(where: Self.withIDs, wanted)
        let staying = Set(refused.map(\.id))
        let left = try wait(for: grace, step) {
            let found = try sessions(where: Self.withIDs, wanted).map { try PostgresClient($0) }
            return found.filter { !staying.contains($0.id) }
        }
        try require(refused)
        return left
    }

    /// Ends all sessions with one database and waits until they are gone; new ones may come meanwhile.
    package func disconnect(
        database: String, grace: Duration, step: () throws -> Void = {}
    ) throws -> [PostgresClient] {
        try disconnect(ids: try list(databases: [database]).map(\.id), grace: grace, step: step)
    }

    /// One round of ending sessions, waiting for none.
    ///
    /// - Returns: those that were there: the ended ones, and those that our role may not end.
    func endAll(in oids: [UInt32]) throws -> (ended: [PostgresClient], refused: [PostgresClient]) {
        try connection.require(.monitoring)
        var ended: [PostgresClient] = []
        let refused = try end(where: Self.inOIDs, [Self.array(oids.map { "\($0)" })]) { ended.append($0) }
        return (ended, refused)
    }

    /// - Throws: `not-permitted` naming `refused`, when there are any.
    func require(_ refused: [PostgresClient]) throws {
        guard let first = refused.first else { return }
        let names = refused.prefix(5).map(\.summary).joined(separator: ", ")
        let more = refused.count > 5 ? " and \(refused.count - 5) more" : ""
        let role = PostgresIdentifier(connection.user)
        let statement =
            refused.contains(where: \.isSuperuser)
            ? "only a superuser may end the sessions of superusers: ALTER ROLE \(role) SUPERUSER"
            : "as a superuser: GRANT pg_signal_backend TO \(role)"
        throw Fault(
            .notPermitted,
            "role \(role) may not end \(refused.count) sessions with server \(connection.server): \(names)\(more)",
            hint: statement, context: ["process_id": "\(first.id.processID)"])
    }
}

extension PostgresClients {
    private static let inDatabases = "($3::text[] IS NULL OR a.datname = ANY ($3::text[]))"
    private static let inOIDs = "a.datid = ANY ($3::oid[])"
    private static let withIDs = """
        (a.pid, (extract(epoch FROM a.backend_start) * 1000000)::bigint)
          IN (SELECT w.pid, w.since FROM unnest($3::int[], $4::bigint[]) AS w (pid, since))
        """

    /// Whether our role may end session `a` of role `r`.
    private static let mayEnd = """
        CASE WHEN (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN true
          WHEN r.oid IS NULL OR r.rolsuper THEN false
          ELSE pg_has_role(current_user, 'pg_signal_backend', 'USAGE') OR pg_has_role(current_user, r.oid, 'USAGE') END
        """

    private func sessions(where condition: String, _ parameters: [String?], ending: Bool = false) throws -> PostgresRows
    {
        let end = ending ? "CASE WHEN \(Self.mayEnd) THEN pg_terminate_backend(a.pid) END" : "NULL"
        let statement = """
            SELECT a.pid, (extract(epoch FROM a.backend_start) * 1000000)::bigint AS since,
              coalesce(a.usename, '') AS account, coalesce(r.rolsuper, false) AS superuser,
              coalesce(a.application_name, '') AS application, coalesce(host(a.client_addr), 'local') AS address,
              coalesce(a.datname, '') AS database, coalesce(a.state, '') AS state,
              (extract(epoch FROM a.state_change) * 1000000)::bigint AS changed,
              CASE WHEN a.state IN ('active', 'fastpath function call')
                THEN greatest(0, (extract(epoch FROM clock_timestamp() - a.query_start) * 1000000)::bigint) END AS query_age,
              \(end) AS ended
            FROM pg_stat_activity a LEFT JOIN pg_roles r ON r.oid = a.usesysid
            WHERE a.backend_type = 'client backend' AND a.pid <> pg_backend_pid() AND a.pid <> ALL ($1::int[])
              AND NOT (a.application_name = $2 AND a.usename = current_user AND a.usename IS NOT NULL) AND \(condition)
            ORDER BY a.backend_start, a.pid
            """
        let fixed = [Self.array(ours.map { "\($0)" }), PostgresConnection.applicationName]
        return try connection.query(statement, fixed + parameters, needs: .endSessions)
    }

    /// - Returns: those that our role may not end.
    private func end(
        where condition: String, _ parameters: [String?], each: (PostgresClient) -> Void = { _ in }
    ) throws -> [PostgresClient] {
        var refused: [PostgresClient] = []
        for row in try sessions(where: condition, parameters, ending: true) {
            let client = try PostgresClient(row)
            if try row.optional("ended") == nil { refused.append(client) } else { each(client) }
        }
        return refused
    }

    private func wait(
        for grace: Duration, _ step: () throws -> Void, _ look: () throws -> [PostgresClient]
    ) throws -> [PostgresClient] {
        let deadline = BootClock.now() + grace
        var pause: Int32 = 5
        while true {
            let left = try look()
            guard !left.isEmpty, BootClock.now() < deadline else { return left }
            try step()
            poll(nil, 0, pause)
            pause = min(100, pause * 2)
        }
    }

    /// A PostgreSQL array as text; every item is quoted.
    static func array(_ items: [String]) -> String {
        let quoted = items.map { "\"\($0.backslashing(["\"", "\\"]))\"" }
        return "{\(quoted.joined(separator: ","))}"
    }
}
