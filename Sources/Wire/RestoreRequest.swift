package import Model

/// Asks for a restore beside or in place. Without backup, time or place it is the newest state: of a server with a log the end
/// of the log, else the newest backup.
package struct RestoreRequest: Sendable, Codable, Equatable {
    package var database: String
    package var backup: BackupID?
    /// Of a server with a log everything committed by then, else the newest backup that is not later.
    package var at: Instant?
    /// Of a server with a log, up to a position of it, such as `0/3000060`.
    package var lsn: String?
    /// Of a server with a log, up to the commit of a transaction: its whole number, or the lower 32 bits.
    package var xid: UInt64?
    /// Of a server with a log, up to a place that was given a name; of several the newest.
    package var restorePoint: String?
    /// Of a server with a log, on this timeline; by default the one where the server has been last.
    package var timeline: UInt32?
    /// A server that follows its log opens for writing by itself once it is there; else it waits, readable.
    package var promote = false
    /// Absolute path of the new file; refused when it or a sidecar file of it exists.
    package var to: String?
    package var inPlace: Bool
    /// In place although clients hold the database.
    package var evenIfInUse: Bool
    /// With `in_place`: don't keep the replaced files once the restore is good. Alone: remove those that an earlier
    /// restore in place of this database kept.
    package var discardReplaced: Bool
    /// Say what would happen, and change nothing.
    package var dryRun: Bool

    package init(
        database: String, backup: BackupID? = nil, at: Instant? = nil, to: String? = nil, inPlace: Bool = false,
        evenIfInUse: Bool = false, discardReplaced: Bool = false, dryRun: Bool = false
    ) {
        self.database = database
        self.backup = backup
        self.at = at
        self.to = to
        self.inPlace = inPlace
        self.evenIfInUse = evenIfInUse
        self.discardReplaced = discardReplaced
        self.dryRun = dryRun
    }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        database = try fields.decode(String.self, forKey: .database)
        backup = try fields.decodeIfPresent(BackupID.self, forKey: .backup)
        at = try fields.decodeIfPresent(Instant.self, forKey: .at)
        lsn = try fields.decodeIfPresent(String.self, forKey: .lsn)
        xid = try fields.decodeIfPresent(UInt64.self, forKey: .xid)
        restorePoint = try fields.decodeIfPresent(String.self, forKey: .restorePoint)
        timeline = try fields.decodeIfPresent(UInt32.self, forKey: .timeline)
        promote = try fields.decodeIfPresent(Bool.self, forKey: .promote) ?? false
        to = try fields.decodeIfPresent(String.self, forKey: .to)
        inPlace = try fields.decodeIfPresent(Bool.self, forKey: .inPlace) ?? false
        evenIfInUse = try fields.decodeIfPresent(Bool.self, forKey: .evenIfInUse) ?? false
        discardReplaced = try fields.decodeIfPresent(Bool.self, forKey: .discardReplaced) ?? false
        dryRun = try fields.decodeIfPresent(Bool.self, forKey: .dryRun) ?? false
    }
}

/// What a restore made.
package struct RestoreResult: Sendable, Codable, Equatable {
    package var backup: BackupID
    package var database: DatabaseName
    package var instant: Instant
    /// Absolute path of what was restored; of a database put into its server the name.
    package var path: String
    package var size: ByteCount
    /// Where the files that it replaced are kept; of a database put into its server what the replaced one is called now.
    package var replaced: String?
    /// What to know before it is used.
    package var note: String?
    /// How far its server follows the log when it is started; nil for a backup as it is.
    package var recovery: Recovery?

    /// Where a restored server stops following its log.
    package struct Recovery: Sendable, Codable, Equatable {
        package var timeline: UInt32
        /// Of the last record, in the engine's notation.
        package var position: String
        /// Of the last commit that it will have.
        package var committed: Instant?
        /// It opens for writing by itself.
        package var promotes: Bool
        /// What else might have been meant.
        package var note: String?

        package init(timeline: UInt32, position: String, committed: Instant?, promotes: Bool, note: String? = nil) {
            self.note = note
            self.timeline = timeline
            self.position = position
            self.committed = committed
            self.promotes = promotes
        }
    }

    package init(
        backup: BackupID, database: DatabaseName, instant: Instant, path: String, size: ByteCount,
        replaced: String? = nil, recovery: Recovery? = nil
    ) {
        self.backup = backup
        self.database = database
        self.instant = instant
        self.path = path
        self.size = size
        self.replaced = replaced
        self.recovery = recovery
    }
}
