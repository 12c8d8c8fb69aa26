import CPQ
import Model

/// How to reach a PostgreSQL cluster, as the settings say.
package struct PostgresAccess: Sendable {
    /// What one connection waits for.
    package struct Patience: Sendable {
        /// Until a connection is there, signed in and set up.
        package var connecting = Duration.seconds(10)
        /// Until a query has answered.
        package var query = Duration.seconds(60)
        /// Until a lock is ours; the server ends the query then.
        package var lock = Duration.seconds(5)

        package init() {}
    }

    /// As admins call it.
    package let server: String
    package var patience = Patience()
    /// Settings of every session beside ours, as `-c name=value`; they outrank those of its role and database.
    var sessionOptions = ""
    private let options: [String: String]

    /// - Parameter connection: as libpq's keywords (`host=/var/run/postgresql user=holdfast`) or its URI.
    /// - Throws: `bad-settings` when it can't be understood or holds a password.
    package init(server: String, connection: String) throws {
        self.server = server
        options = try Self.parse(connection, of: server)
    }

    /// The database that is asked about the whole cluster.
    package var database: String { options["dbname"] ?? "postgres" }

    /// Opens a connection.
    ///
    /// - Parameter database: another one than the settings name.
    /// - Throws: `server-unreachable`, `not-permitted`, `not-found`, `busy` (no connection is free), `timed-out`.
    package func connect(database: String? = nil, step: () throws -> Void = {}) throws -> PostgresConnection {
        try PostgresConnection(
            server: server, options: ours(database), database: database ?? self.database, patience: patience, step: step
        )
    }

    /// Opens a connection to the cluster, whichever of its databases lets us in.
    ///
    /// A fence keeps everybody but superusers out, so also us on our way back after a crash; `template1` is never closed.
    package func connectAnyhow() throws -> PostgresConnection {
        do {
            return try connect()
        } catch let fault as Fault where [.busy, .notFound].contains(fault.code) {
            return try connect(database: "template1")
        }
    }

    /// Of a session by which the log is received.
    var replicationOptions: [String: String] {
        var all = ours(nil)
        all["replication"] = "true"
        return all
    }

    /// For PostgreSQL's own programs: how to reach a database as we do, with no secret in it.
    func words(database: String) -> String { Self.words(ours(database)) }

    /// libpq's keywords in one text.
    static func words(_ options: [String: String]) -> String {
        options.sorted { $0.key < $1.key }.map { keyword, value in
            "\(keyword)='\(value.backslashing(["'", "\\"]))'"
        }.joined(separator: " ")
    }

    private func ours(_ database: String?) -> [String: String] {
        var all = options
        if let database { all["dbname"] = database }
        // A service may name a database of its own; libpq takes it only where we name none.
        if all["dbname"] == nil, all["service"] == nil { all["dbname"] = self.database }
        all["application_name"] = PostgresConnection.applicationName
        all["fallback_application_name"] = nil
        all["client_encoding"] = "UTF8"
        all["connect_timeout"] = "\(max(2, patience.connecting.components.seconds))"
        all["options"] =
            "-c statement_timeout=0 -c lock_timeout=\(patience.lock.microseconds / 1000) -c search_path=pg_catalog "
            + "-c idle_in_transaction_session_timeout=0 -c default_transaction_read_only=off -c DateStyle=ISO \(sessionOptions)"
        return all
    }

    private static func parse(_ connection: String, of server: String) throws -> [String: String] {
        // Its error text quotes the string, so it isn't repeated.
        guard !connection.utf8.contains(0), let parsed = PQconninfoParse(connection, nil) else {
            throw Fault(
                .badSettings, "`connection` of server \(server) can't be understood",
                hint: "write it as `host=/var/run/postgresql user=holdfast`")
        }
        defer { PQconninfoFree(parsed) }
        var options: [String: String] = [:]
        var option = parsed
        while let keyword = option.pointee.keyword.map({ String(cString: $0) }) {
            if let value = option.pointee.val.map({ String(cString: $0) }) {
                // libpq marks what must not be shown with an asterisk.
                if option.pointee.dispchar.map({ String(cString: $0) }) == "*" {
                    throw Fault(
                        .badSettings, "`connection` of server \(server) holds a secret: \(keyword)",
                        hint: "put the password into a file and name it with `passfile`, or use peer authentication")
                }
                options[keyword] = value
            }
            option += 1
        }
        return options
    }
}
