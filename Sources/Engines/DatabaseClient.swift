package import Model
package import Platform

/// A connection to a database: a process that has its file open, or a session with its server.
package struct DatabaseClient: Sendable, Hashable {
    /// What a server knows of a session.
    package struct Session: Sendable, Hashable {
        /// As the server calls it.
        package var database: String
        /// IP address, or `local`.
        package var address: String
        package var since: Instant
        /// As the server calls it: `active`, `idle`, `idle in transaction`.
        package var state: String
        /// How long its query has run; nil when none does.
        package var queryAge: Duration?
        /// Since when it does nothing; nil while it is at work, also between two queries of a transaction.
        package var idleSince: Instant?

        package init(
            database: String, address: String, since: Instant, state: String, queryAge: Duration?,
            idleSince: Instant? = nil
        ) {
            self.database = database
            self.address = address
            self.since = since
            self.state = state
            self.queryAge = queryAge
            self.idleSince = idleSince
        }
    }

    package typealias Access = FileHolder.Access

    /// Of a session the server's process for it.
    package var processID: Int32
    /// The program's name, of a session as it calls itself; empty when it could not be read.
    package var command: String
    /// Nil for a session.
    package var uid: UInt32?
    /// Of a session its account; empty when the machine has no name for the uid.
    package var user: String
    /// The systemd unit it belongs to, such as `crm.service`.
    package var unit: String?
    package var access: Access
    package var session: Session?

    package init(
        processID: Int32, command: String, uid: UInt32?, user: String, unit: String?, access: Access,
        session: Session? = nil
    ) {
        self.processID = processID
        self.command = command
        self.uid = uid
        self.user = user
        self.unit = unit
        self.access = access
        self.session = session
    }
}

/// The clients of some databases at one moment.
package struct ClientListing: Sendable {
    /// By path of the database; one without clients is missing.
    package var clients: [NativePath: [DatabaseClient]]
    /// False when some processes could not be looked into, so that there may be more clients than listed.
    package var isComplete: Bool
    /// The databases of a server that is backed up as one, as it calls them.
    package var members: [String]

    package init(clients: [NativePath: [DatabaseClient]], isComplete: Bool, members: [String] = []) {
        self.clients = clients
        self.isComplete = isComplete
        self.members = members
    }
}
