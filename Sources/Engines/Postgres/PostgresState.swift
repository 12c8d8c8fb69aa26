import Model

/// The five characters by which PostgreSQL tells one error from another.
///
/// Source: postgresql.org/docs/15/errcodes-appendix.html.
struct PostgresState: Hashable {
    let text: String

    init(_ text: String) { self.text = text }

    /// Of the text of a refused connection, for which libpq has no field.
    ///
    /// With `PQERRORS_VERBOSE` a server's line reads `FATAL:  28000: role "x" does not exist`; the first word may be
    /// translated, the code is not.
    init?(ofConnectionError error: String) {
        guard let found = Self.find(in: error) else { return nil }
        text = String(found.state)
    }

    /// What the server said after its code, up to the end of the line; else the first line of libpq's own words.
    static func reason(ofConnectionError error: String) -> String {
        let rest = find(in: error)?.rest ?? error[...]
        return String(rest.prefix { !$0.isNewline })
    }

    private static func find(in error: String) -> (state: Substring, rest: Substring)? {
        var rest = error[...]
        while let start = rest.firstRange(of: ":  ") {
            rest = rest[start.upperBound...]
            let state = rest.prefix(5)
            let isState = state.utf8.allSatisfy { (48...57).contains($0) || (65...90).contains($0) }
            if state.count == 5, isState, rest.dropFirst(5).hasPrefix(": ") { return (state, rest.dropFirst(7)) }
        }
        return nil
    }

    var code: Code {
        switch text {
        case "42501": return .notPermitted
        case "57014": return .timedOut
        case "57P01", "57P02", "57P03", "57P05": return .serverUnreachable
        case "3D000", "42P01", "42704", "42883", "3F000": return .notFound
        case "53100": return .outOfSpace
        case "53300", "55P03", "40001", "40P01": return .busy
        case "55006": return .databaseInUse
        case "25006": return .notPermitted
        case "XX001", "XX002": return .databaseDamaged
        default: break
        }
        switch text.prefix(2) {
        case "08": return .serverUnreachable
        case "28": return .notPermitted
        case "53", "58": return .inputOutput
        case "55": return .busy
        default: return .internalError
        }
    }

    /// Whether the server's words hold only names, never a value or a piece of the statement.
    var isPrintable: Bool {
        text == "42501" || text == "42704"
            || ["08", "25", "28", "3D", "53", "55", "57", "58"].contains(String(text.prefix(2)))
    }

    var hint: String? {
        switch text {
        case "53300":
            "wait until clients leave, raise max_connections or the database's CONNECTION LIMIT, or keep "
                + "superuser_reserved_connections free for a superuser"
        case "57P01", "57P02": "see the server's log; it was stopped, or an administrator ended the connection"
        case "57P03": "wait until the server has started"
        case "3D000": "choose a database that exists with `dbname` in the server's `connection`"
        case "28P01", "28000": "check `user` in the server's `connection`, its passfile and the server's pg_hba.conf"
        case "55P03": "end the transaction that holds the lock; pg_locks names it"
        case "25006": "the server is a standby; ask its primary"
        case "53100": "free some space on the server's file system"
        case "XX001", "XX002": "see the server's log; restore the database if its files are damaged"
        default: nil
        }
    }
}
