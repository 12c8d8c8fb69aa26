package import Model

/// Whose tick: one kind of backup of one server.
package struct TickKey: Sendable, Hashable {
    package var server: String
    package var kind: BackupKind

    package init(server: String, kind: BackupKind) {
        self.server = server
        self.kind = kind
    }
}
