package import Model
package import Policies

package enum DatabaseState: String, Sendable, CaseIterable {
    case present
    /// Its server answered, complete, and no longer has it.
    case gone
    /// Its server did not answer, so nothing is known.
    case unreachable
    /// It is there, but can't be read as a database.
    case faulty
    /// Its server's latest complete answer lacks it; its deletion is not confirmed yet.
    case missing
}

/// What the catalog knows about a database.
package struct DatabaseRecord: Sendable, Equatable {
    package let unit: UnitID
    package let name: DatabaseName
    package let server: String
    package let path: String
    package let engine: String
    package let state: DatabaseState
    package let firstSeen: Instant
    package let lastSeen: Instant
    /// When its deletion was confirmed.
    package let goneSince: Instant?
    /// How far it has come from missing to deleted; nil while nothing speaks against it.
    package let grace: GraceState?
    package let size: ByteCount?
    /// The engine's token of the newest stored image.
    package let changeToken: String?
    /// The latest instant at which the newest backup was known to equal the source.
    package let unchangedAsOf: Instant?
    package let lastBackup: LastBackup?
    package let lastFull: Instant?
    package let lastProven: LastProven?
    /// Why it is faulty, or why its latest backup failed; nil since the latest success.
    package let fault: RecordedFault?
    package let faultSince: Instant?

    package struct LastBackup: Sendable, Equatable {
        package let backup: BackupID
        package let kind: BackupKind
        package let instant: Instant

        package init(backup: BackupID, kind: BackupKind, instant: Instant) {
            self.backup = backup
            self.kind = kind
            self.instant = instant
        }
    }

    /// The latest proof that a backup restores.
    package struct LastProven: Sendable, Equatable {
        package let backup: BackupID
        package let instant: Instant

        package init(backup: BackupID, instant: Instant) {
            self.backup = backup
            self.instant = instant
        }
    }
}

/// What the catalog knows about a server.
package struct ServerRecord: Sendable, Equatable {
    package let name: String
    package let isReachable: Bool
    /// Why it is not reachable.
    package let reason: String?
    /// Identity of the file systems its folders are on, opaque here.
    package let identity: String?
    package let checked: Instant
    package let lastReachable: Instant?
}
