package import Model

/// Asks for on-demand backups.
package struct BackupRequest: Sendable, Codable, Equatable {
    /// Names, unique suffixes, servers or shell patterns.
    package var databases: [String]
    package var all: Bool
    /// Read everything; a database without a full gets one anyway.
    package var full: Bool
    package var comment: String?
    package var preserve: Bool
    /// Root alone may leave the cooldown out, which a setup does: nobody has asked for its backup to wait out.
    package var startsCooldown: Bool

    package init(
        databases: [String] = [], all: Bool = false, full: Bool = false, comment: String? = nil, preserve: Bool = false,
        startsCooldown: Bool = true
    ) {
        self.startsCooldown = startsCooldown
        self.databases = databases
        self.all = all
        self.full = full
        self.comment = comment
        self.preserve = preserve
    }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        databases = try fields.decodeIfPresent([String].self, forKey: .databases) ?? []
        all = try fields.decodeIfPresent(Bool.self, forKey: .all) ?? false
        full = try fields.decodeIfPresent(Bool.self, forKey: .full) ?? false
        comment = try fields.decodeIfPresent(String.self, forKey: .comment)
        preserve = try fields.decodeIfPresent(Bool.self, forKey: .preserve) ?? false
        startsCooldown = try fields.decodeIfPresent(Bool.self, forKey: .startsCooldown) ?? true
    }
}

/// What a request for backups started, and what it left out.
package struct BackupReply: Sendable, Codable, Equatable {
    package var runs: [Run]
    package var skipped: [SkippedDatabase]
    /// What else was not asked for a backup, since nobody can back it up: servers that the settings don't name any more.
    package var note: String?

    package init(runs: [Run], skipped: [SkippedDatabase] = [], note: String? = nil) {
        self.note = note
        self.runs = runs
        self.skipped = skipped
    }
}

/// A database left out of a request, with its reason.
package struct SkippedDatabase: Sendable, Codable, Equatable {
    package var database: DatabaseName
    package var code: Code
    package var message: String
    package var retryAfterSeconds: Int?

    package init(database: DatabaseName, code: Code, message: String, retryAfterSeconds: Int? = nil) {
        self.database = database
        self.code = code
        self.message = message
        self.retryAfterSeconds = retryAfterSeconds
    }
}
