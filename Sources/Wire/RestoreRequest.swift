package import Model

/// Asks for a restore beside or in place. Neither `backup` nor `at` means the newest backup.
package struct RestoreRequest: Sendable, Codable, Equatable {
    package var database: String
    package var backup: BackupID?
    /// The newest backup that is not later.
    package var at: Instant?
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

    package init(
        backup: BackupID, database: DatabaseName, instant: Instant, path: String, size: ByteCount,
        replaced: String? = nil
    ) {
        self.backup = backup
        self.database = database
        self.instant = instant
        self.path = path
        self.size = size
        self.replaced = replaced
    }
}
