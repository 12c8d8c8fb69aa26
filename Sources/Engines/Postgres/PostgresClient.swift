package import Model

/// A session of a program with a database.
package struct PostgresClient: Sendable, Equatable {
    /// A process id is used again; with its start it isn't.
    package struct ID: Sendable, Hashable, Codable {
        package var processID: Int32
        package var since: Instant

        package init(processID: Int32, since: Instant) {
            self.processID = processID
            self.since = since
        }
    }

    package var id: ID
    /// The role; empty when it was dropped meanwhile.
    package var account: String
    package var isSuperuser: Bool
    /// As the program calls itself; may be empty.
    package var application: String
    /// `local` for a Unix socket.
    package var address: String
    package var database: String
    /// As pg_stat_activity calls it: `active`, `idle`, `idle in transaction`.
    package var state: String
    /// How long its query has run; nil when none does.
    package var queryAge: Duration?
    /// Of its state's last change; nil when it never had one.
    package var lastActivity: Instant?

    /// Whether it is at work: in a query or between two of a transaction.
    package var isActive: Bool { state != "idle" && !state.isEmpty && state != "disabled" }
    /// For messages: `shop of carl (pid 12)`.
    package var summary: String {
        let name = application.isEmpty ? "a program" : application
        return "\(name) of \(PostgresIdentifier(account)) (pid \(id.processID))"
    }
}

extension PostgresClient {
    init(_ row: PostgresRows.Row) throws {
        id = ID(processID: try row.number("pid"), since: Instant(microseconds: try row.number("since")))
        account = try row.text("account")
        isSuperuser = try row.flag("superuser")
        application = try row.text("application")
        address = try row.text("address")
        database = try row.text("database")
        state = try row.text("state")
        queryAge = try row.optional("query_age").flatMap { Int64($0) }.map { .microseconds($0) }
        lastActivity = try row.optional("changed").flatMap { Int64($0) }.map { Instant(microseconds: $0) }
    }
}
