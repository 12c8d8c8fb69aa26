package import Model

/// A connection to a database: a process that has its file open, or a session with its server.
package struct DatabaseClient: Sendable, Codable, Equatable {
    /// For commands; `main:4711`.
    package var id: String
    package var database: DatabaseName
    package var pid: Int32
    /// The program, of a session as it calls itself.
    package var command: String
    /// Of a session its account.
    package var user: String
    package var uid: UInt32?
    /// The systemd unit that the process belongs to.
    package var unit: String?
    /// Of a session: an IP address, or `local`.
    package var address: String?
    package var since: Instant?
    /// As the server calls it.
    package var state: String?
    /// How long its query has run.
    package var querySeconds: Double?

    package init(
        id: String, database: DatabaseName, pid: Int32, command: String, user: String, uid: UInt32? = nil,
        unit: String? = nil, address: String? = nil, since: Instant? = nil, state: String? = nil,
        querySeconds: Double? = nil
    ) {
        self.id = id
        self.database = database
        self.pid = pid
        self.command = command
        self.user = user
        self.uid = uid
        self.unit = unit
        self.address = address
        self.since = since
        self.state = state
        self.querySeconds = querySeconds
    }
}

/// Ends the sessions of named clients, or of all clients of one database.
package struct DisconnectRequest: Sendable, Codable, Equatable {
    package static let longestGrace = 600

    package var clients: [String]
    /// A name, a unique end of one, a server or a shell pattern; instead of `clients`.
    package var all: String?
    /// How long they may stay and finish.
    package var graceSeconds: Int
    /// Told to them first.
    package var message: String?

    package init(clients: [String] = [], all: String? = nil, graceSeconds: Int = 0, message: String? = nil) {
        self.clients = clients
        self.all = all
        self.graceSeconds = graceSeconds
        self.message = message
    }

    /// - Throws: `wrong-usage`.
    package func check() throws {
        guard clients.isEmpty != (all == nil) else {
            throw Fault(
                .wrongUsage, "name clients by their ids, or a database whose clients are meant",
                hint: "`holdfast clients` lists them; `--all main/crm` means all of one database")
        }
        guard (0...Self.longestGrace).contains(graceSeconds) else {
            throw Fault(.wrongUsage, "a grace of \(graceSeconds) seconds is not between 0 and \(Self.longestGrace)")
        }
    }
}

package struct DisconnectReply: Sendable, Codable, Equatable {
    package var disconnected: Int
    /// Those that did not go within ten seconds.
    package var left: [DatabaseClient]

    package init(disconnected: Int, left: [DatabaseClient]) {
        self.disconnected = disconnected
        self.left = left
    }
}

/// What the clients of databases are to be told.
package struct ClientMessage: Sendable, Codable, Equatable {
    /// A name, a unique end of one, a server or a shell pattern.
    package var database: String
    package var text: String

    package init(database: String, text: String) {
        self.database = database
        self.text = text
    }

    /// - Throws: `wrong-usage`.
    package func check() throws {
        guard !text.allSatisfy(\.isWhitespace) else { throw Fault(.wrongUsage, "the message is empty") }
    }
}
