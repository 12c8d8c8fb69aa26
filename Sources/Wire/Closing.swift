package import Model

/// Databases to be closed to their clients.
package struct CloseRequest: Sendable, Codable, Equatable {
    package static let longestGrace = 600

    /// Names, unique ends of them, servers or shell patterns.
    package var databases: [String]
    /// How long clients may stay and finish.
    package var graceSeconds: Int
    /// Told to them first.
    package var message: String?

    package init(databases: [String], graceSeconds: Int = 0, message: String? = nil) {
        self.databases = databases
        self.graceSeconds = graceSeconds
        self.message = message
    }

    /// - Throws: `wrong-usage`.
    package func check() throws {
        guard !databases.isEmpty else { throw Fault(.wrongUsage, "name the databases to close") }
        guard (0...Self.longestGrace).contains(graceSeconds) else {
            throw Fault(.wrongUsage, "a grace of \(graceSeconds) seconds is not between 0 and \(Self.longestGrace)")
        }
    }
}

package struct OpenRequest: Sendable, Codable, Equatable {
    package var databases: [String]

    package init(databases: [String]) { self.databases = databases }
}

/// A database that lets no clients in.
package struct ClosedDatabase: Sendable, Codable, Equatable {
    package var database: DatabaseName
    package var since: Instant
    package var actor: Principal

    package init(database: DatabaseName, since: Instant, actor: Principal) {
        self.database = database
        self.since = since
        self.actor = actor
    }
}
