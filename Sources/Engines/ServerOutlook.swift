package import Model

/// What of a server that answers may still make a later run fail.
package struct ServerOutlook: Sendable, Equatable {
    /// A replication slot of ours.
    package struct Slot: Sendable, Equatable {
        package var name: String
        package var isActive: Bool
        /// Of the log that it keeps on the server.
        package var kept: ByteCount
        /// The server let go of what it kept.
        package var isLost: Bool

        package init(name: String, isActive: Bool, kept: ByteCount, isLost: Bool = false) {
            self.name = name
            self.isActive = isActive
            self.kept = kept
            self.isLost = isLost
        }
    }

    package var slots: [Slot] = []
    /// Of the log kept for slots; nil is unlimited.
    package var slotLimit: ByteCount?
    /// The file of the certificate that clients are shown; nil when there is none, or none can be told.
    package var certificate: String?
    package var certificateExpires: Instant?

    package init() {}
}

extension Engine {
    /// Nil for an engine whose servers have nothing of that kind.
    package func outlook() throws -> ServerOutlook? { nil }
}
