package import Model

/// That a backup passed a check at a level.
package struct Proof: Sendable, Codable, Equatable {
    package var level: VerifyLevel
    package var instant: Instant

    package init(level: VerifyLevel, instant: Instant) {
        self.level = level
        self.instant = instant
    }
}

/// A recovery point.
package struct Backup: Sendable, Codable, Equatable {
    package var id: BackupID
    package var database: DatabaseName
    /// The moment whose committed state the backup holds.
    package var instant: Instant
    package var kind: BackupKind
    package var origin: BackupOrigin
    package var actor: Principal
    package var comment: String?
    /// Of the database as restored.
    package var size: ByteCount
    /// What this backup added to the repository.
    package var storedBytes: ByteCount
    /// Pages of the image.
    package var pages: UInt64
    /// Pages that this backup stored.
    package var pagesStored: UInt64
    package var engine: String?
    /// The deepest check it passed.
    package var verified: Proof?
    /// When it was restored and passed the engine's own check.
    package var proven: Instant?
    package var preserved: Bool
    /// Drift was found after it: it may not hold what the source held, until proven.
    package var suspect: Bool
    /// A later check found stored bytes damaged.
    package var damaged: Bool
    /// When it was deleted; it can be undeleted until `removal`.
    package var deleted: Instant?
    package var removal: Instant?

    package init(
        id: BackupID, database: DatabaseName, instant: Instant, kind: BackupKind, origin: BackupOrigin,
        actor: Principal, comment: String? = nil, size: ByteCount, storedBytes: ByteCount, pages: UInt64,
        pagesStored: UInt64, engine: String? = nil, verified: Proof? = nil, proven: Instant? = nil,
        preserved: Bool = false, suspect: Bool = false, damaged: Bool = false, deleted: Instant? = nil,
        removal: Instant? = nil
    ) {
        self.id = id
        self.database = database
        self.instant = instant
        self.kind = kind
        self.origin = origin
        self.actor = actor
        self.comment = comment
        self.size = size
        self.storedBytes = storedBytes
        self.pages = pages
        self.pagesStored = pagesStored
        self.engine = engine
        self.verified = verified
        self.proven = proven
        self.preserved = preserved
        self.suspect = suspect
        self.damaged = damaged
        self.deleted = deleted
        self.removal = removal
    }
}
