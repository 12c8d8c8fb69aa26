package import Model
import Platform

/// A message to programs that listen, such as the announcement of a maintenance.
///
/// It is sent by `NOTIFY holdfast` in each database, with the JSON object `{"severity", "text", "until"}` as its payload;
/// `until` is an RFC 3339 time and may be missing. A program takes part by `LISTEN holdfast`.
package struct PostgresNotice: Sendable {
    package static let channel = "holdfast"
    /// Of a payload, in bytes. Source: postgresql.org/docs/15/sql-notify.html.
    static let limit = 7999

    package enum Severity: String, Sendable, Codable {
        case info
        case warning
    }

    /// Cut at its end where the payload would be too long.
    package var text: String
    package var severity: Severity
    /// When what it announces happens or ends.
    package var until: Instant?

    package init(text: String, severity: Severity = .info, until: Instant? = nil) {
        self.text = text
        self.severity = severity
        self.until = until
    }

    /// At most `limit` bytes.
    package var payload: String {
        var text = text.unicodeScalars.filter { $0 != "\0" }.prefix(Self.limit)
        while true {
            let payload = Records.encode(
                Payload(severity: severity, text: String(String.UnicodeScalarView(text)), until: until?.rfc3339()))
            let excess = payload.utf8.count - Self.limit
            guard excess > 0 else { return payload }
            // A scalar takes at most six bytes in JSON, so this never cuts too much.
            text = text.dropLast(max(1, excess / 6))
        }
    }

    private struct Payload: Encodable {
        let severity: Severity
        let text: String
        let until: String?
    }
}

extension PostgresAccess {
    /// Tells the programs that listen in these databases.
    ///
    /// - Parameter keepsTable: also keeps the newest hundred in the table `public.holdfast_messages` of each database,
    ///   which is created when missing, for programs that ask instead of listening.
    /// - Throws: the first fault, once all databases have been tried.
    package func send(
        _ notice: PostgresNotice, to databases: [String], keepsTable: Bool = false, step: () throws -> Void = {}
    ) throws {
        var first: (any Error)?
        for database in databases {
            try step()
            do {
                let connection = try connect(database: database)
                if keepsTable { try keep(notice, connection) }
                try connection.query("SELECT pg_notify($1, $2)", [PostgresNotice.channel, notice.payload])
            } catch {
                first = first ?? error
            }
        }
        if let first { throw first }
    }

    private func keep(_ notice: PostgresNotice, _ connection: PostgresConnection) throws {
        try connection.transaction {
            try connection.query(
                """
                CREATE TABLE IF NOT EXISTS public.holdfast_messages (
                  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, sent timestamptz NOT NULL DEFAULT now(),
                  severity text NOT NULL, text text NOT NULL, until timestamptz)
                """)
            try requireOwnTable(connection)
            try connection.query("GRANT SELECT ON public.holdfast_messages TO PUBLIC")
            try connection.query(
                "INSERT INTO public.holdfast_messages (severity, text, until) VALUES ($1, $2, $3::timestamptz)",
                [
                    notice.severity.rawValue, String(notice.text.unicodeScalars.prefix(PostgresNotice.limit)),
                    notice.until?.rfc3339(),
                ])
            try connection.query(
                """
                DELETE FROM public.holdfast_messages
                WHERE id <= (SELECT id FROM public.holdfast_messages ORDER BY id DESC OFFSET 100 LIMIT 1)
                """)
        }
    }

    /// Triggers and rules of a table that somebody else made would run with our rights.
    private func requireOwnTable(_ connection: PostgresConnection) throws {
        let table = try connection.query(
            """
            SELECT relkind = 'r' AND relowner = (SELECT oid FROM pg_roles WHERE rolname = current_user) AS ours
            FROM pg_class WHERE oid = 'public.holdfast_messages'::regclass
            """)
        guard try table.one().flag("ours") else {
            throw Fault(
                .notPermitted,
                "public.holdfast_messages in database \(PostgresIdentifier(connection.database)) of server \(server) "
                    + "belongs to another role",
                hint: "drop it, or give it to role \(PostgresIdentifier(connection.user)) after a look at its triggers")
        }
    }
}
