/// What a fence will close, and what is restored when it opens again.
///
/// To be kept durably before anything is closed.
package struct PostgresFencePlan: Sendable, Equatable, Codable {
    package struct Entry: Sendable, Equatable, Codable {
        /// What counts: it stays when the database is renamed.
        package var oid: UInt32
        package var name: String
        /// `CONNECTION LIMIT` before the fence; −1 is none, 0 is left as it is.
        package var connectionLimit: Int

        package init(oid: UInt32, name: String, connectionLimit: Int) {
            self.oid = oid
            self.name = name
            self.connectionLimit = connectionLimit
        }
    }

    /// Of the cluster; the same in a physical copy, so also after a restore.
    package var systemIdentifier: String
    package var databases: [Entry]

    package init(systemIdentifier: String, databases: [Entry]) {
        self.systemIdentifier = systemIdentifier
        self.databases = databases
    }
}

/// A database as a fence sees it.
struct PostgresFencedDatabase {
    /// The setting of a database that holds its previous limit while it is closed.
    ///
    /// It is stored in the cluster, so it travels with every backup taken meanwhile. The server knows no such setting, so
    /// it does nothing; sessions could see it with `SHOW`.
    static let mark = "holdfast.connection_limit"

    let oid: UInt32
    let identifier: PostgresIdentifier
    let allowsConnections: Bool
    let limit: Int
    /// Nil when we haven't closed it.
    let marked: Int?

    init(_ row: PostgresRows.Row) throws {
        oid = try row.number("oid")
        identifier = PostgresIdentifier(try row.text("name"))
        allowsConnections = try row.flag("open")
        limit = try row.number("connection_limit")
        // One that somebody has spoiled stands for the server's own default.
        marked = try row.optional("mark").map { text in Int(text).flatMap { $0 >= -1 ? $0 : nil } ?? -1 }
    }

    /// The limit that holds without a fence. Whoever raised it while it was closed wins.
    var own: Int { limit == 0 ? marked ?? 0 : limit }
    var isOurs: Bool { marked != nil }
    /// Left by an interrupted DROP DATABASE: nobody can change it any more.
    var isInvalid: Bool { limit == -2 }

    /// Nil when it is left as it is.
    func restored(from entry: PostgresFencePlan.Entry) -> Int? {
        guard limit == 0 else { return nil }
        let previous = marked ?? entry.connectionLimit
        return previous == 0 ? nil : previous
    }

    func closing(at limit: Int) -> [String] {
        [
            "ALTER DATABASE \(identifier.quoted) SET \"\(Self.mark)\" = '\(limit)'",
            "ALTER DATABASE \(identifier.quoted) CONNECTION LIMIT 0",
        ]
    }

    func reopening(to limit: Int?) -> [String] {
        var statements = limit.map { ["ALTER DATABASE \(identifier.quoted) CONNECTION LIMIT \($0)"] } ?? []
        if isOurs { statements.append("ALTER DATABASE \(identifier.quoted) RESET \"\(Self.mark)\"") }
        return statements
    }
}
