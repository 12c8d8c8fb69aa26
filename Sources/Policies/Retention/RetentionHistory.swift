package import Model

/// What is known of whether a backup unit's database still exists.
package enum UnitPresence: Sendable, Hashable {
    case present
    /// Its server doesn't answer, or its folder isn't mounted: no evidence of anything.
    case unreachable
    /// Its deletion was confirmed. Everything but preserved backups goes from `graceEnd` on, which the grace's state
    /// machine gives.
    case deleted(confirmed: Instant, graceEnd: Instant)
}

/// One backup as far as retention cares.
package struct RetainedBackup: Sendable, Hashable {
    /// Who deleted a backup, and since when it waits for its final deletion.
    package struct SoftDeletion: Sendable, Hashable {
        package enum Author: Sendable, Hashable {
            case policy
            case admin
        }

        package var since: Instant
        package var author: Author

        package init(since: Instant, by author: Author) {
            self.since = since
            self.author = author
        }
    }

    package var sequence: SequenceNumber
    package var instant: Instant
    package var kind: BackupKind
    /// The schedule that made it.
    package var schedule: String?
    package var isPreserved: Bool
    /// Neither damaged nor suspect.
    package var isGood: Bool
    /// When it was last proven to restore.
    package var provenAt: Instant?
    package var softDeletion: SoftDeletion?
    /// When it was last taken back out of soft delete.
    package var undeletedAt: Instant?
    /// What deleting it frees, when known.
    package var bytesFreed: ByteCount?

    package init(
        sequence: SequenceNumber, instant: Instant, kind: BackupKind, schedule: String? = nil,
        isPreserved: Bool = false, isGood: Bool = true, provenAt: Instant? = nil, softDeletion: SoftDeletion? = nil,
        undeletedAt: Instant? = nil, bytesFreed: ByteCount? = nil
    ) {
        self.sequence = sequence
        self.instant = instant
        self.kind = kind
        self.schedule = schedule
        self.isPreserved = isPreserved
        self.isGood = isGood
        self.provenAt = provenAt
        self.softDeletion = softDeletion
        self.undeletedAt = undeletedAt
        self.bytesFreed = bytesFreed
    }
}

/// One backup unit, and all its backups that aren't deleted for good.
package struct RetentionHistory: Sendable, Hashable {
    package var database: DatabaseName
    package var presence: UnitPresence
    /// In any order; each sequence number once.
    package var backups: [RetainedBackup]

    package init(database: DatabaseName, presence: UnitPresence, backups: [RetainedBackup]) {
        self.database = database
        self.presence = presence
        self.backups = backups
    }
}

/// The circumstances under which a plan is made.
package struct RetentionTerms: Sendable {
    package var book: RetentionRuleBook
    package var now: Instant
    /// Of the slots that counts and thinning keep the newest of.
    package var zone: ZoneOffset
    package var clockIsTrusted: Bool
    /// How long a deleted backup can be taken back.
    package var undeleteWindow: Duration
    /// Of an existing database's backups, in percent, that one prune may take without confirmation.
    package var shareLimit: Int
    /// An admin has seen the plan and wants it although it takes more than the share.
    package var confirmed: Bool
    /// `prune --now`: nothing waits in soft delete.
    package var immediate: Bool

    package init(
        book: RetentionRuleBook, now: Instant, zone: @escaping ZoneOffset, clockIsTrusted: Bool,
        undeleteWindow: Duration = .seconds(86_400), shareLimit: Int = 50, confirmed: Bool = false,
        immediate: Bool = false
    ) {
        self.book = book
        self.now = now
        self.zone = zone
        self.clockIsTrusted = clockIsTrusted
        self.undeleteWindow = undeleteWindow
        self.shareLimit = shareLimit
        self.confirmed = confirmed
        self.immediate = immediate
    }
}
