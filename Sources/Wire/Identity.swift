/// What the daemon takes the caller for.
package struct Identity: Sendable, Codable, Equatable {
    package var actor: Principal
    package var privileges: [String]
    /// The daemon's zone, in which times that people type are read.
    package var timeZone: String
    package var version: String

    package init(actor: Principal, privileges: [String], timeZone: String, version: String) {
        self.actor = actor
        self.privileges = privileges
        self.timeZone = timeZone
        self.version = version
    }
}
