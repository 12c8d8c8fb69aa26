package import Model

/// A process that has a database open.
package struct DatabaseClient: Sendable, Codable, Equatable {
    package var database: DatabaseName
    package var pid: Int32
    package var command: String
    package var user: String
    package var uid: UInt32
    /// The systemd unit that the process belongs to.
    package var unit: String?

    package init(database: DatabaseName, pid: Int32, command: String, user: String, uid: UInt32, unit: String? = nil) {
        self.database = database
        self.pid = pid
        self.command = command
        self.user = user
        self.uid = uid
        self.unit = unit
    }
}
