/// A process that has a database open.
package struct DatabaseClient: Sendable, Hashable {
    package enum Access: String, Sendable, Codable {
        case readOnly = "read-only"
        case readWrite = "read-write"
        /// The process may not be looked into.
        case unknown
    }

    package var processID: Int32
    /// The program's name; empty when it could not be read.
    package var command: String
    package var uid: UInt32
    /// Empty when the machine has no name for the uid.
    package var user: String
    /// The systemd unit it belongs to, such as `crm.service`.
    package var unit: String?
    package var access: Access

    package init(processID: Int32, command: String, uid: UInt32, user: String, unit: String?, access: Access) {
        self.processID = processID
        self.command = command
        self.uid = uid
        self.user = user
        self.unit = unit
        self.access = access
    }
}

/// The clients of some databases at one moment.
package struct ClientListing: Sendable {
    /// By path of the database; one without clients is missing.
    package var clients: [String: [DatabaseClient]]
    /// False when some processes could not be looked into, so that there may be more clients than listed.
    package var isComplete: Bool

    package init(clients: [String: [DatabaseClient]], isComplete: Bool) {
        self.clients = clients
        self.isComplete = isComplete
    }
}
