package import Model

/// Retention rules as one place says them.
package struct RetentionEntry: Sendable, Codable, Equatable {
    /// A database, a folder (`server/folder/`), a server, `schedule:NAME`, or empty for the default.
    package var scope: String
    package var rules: RetentionRules
    /// `settings`, `admin` or `schedule`.
    package var source: String
    /// What is odd about the rules, such as a count that never adds anything.
    package var warnings: [String]

    package init(scope: String, rules: RetentionRules, source: String, warnings: [String] = []) {
        self.scope = scope
        self.rules = rules
        self.source = source
        self.warnings = warnings
    }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        scope = try fields.decodeIfPresent(String.self, forKey: .scope) ?? ""
        rules = try fields.decodeIfPresent(RetentionRules.self, forKey: .rules) ?? RetentionRules()
        source = try fields.decodeIfPresent(String.self, forKey: .source) ?? "admin"
        warnings = try fields.decodeIfPresent([String].self, forKey: .warnings) ?? []
    }
}

/// Changes the rules of one place.
package struct RetentionChange: Sendable, Codable, Equatable {
    /// A database, a folder, a server, or empty for the default.
    package var scope: String
    /// What is said here replaces what the place said before.
    package var rules: RetentionRules
    /// Forget all that the place said, before `rules` are taken.
    package var reset: Bool

    package init(scope: String = "", rules: RetentionRules, reset: Bool = false) {
        self.scope = scope
        self.rules = rules
        self.reset = reset
    }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        scope = try fields.decodeIfPresent(String.self, forKey: .scope) ?? ""
        rules = try fields.decodeIfPresent(RetentionRules.self, forKey: .rules) ?? RetentionRules()
        reset = try fields.decodeIfPresent(Bool.self, forKey: .reset) ?? false
    }
}

/// What retention decides about a backup.
package enum Verdict: String, Sendable, Codable, CaseIterable {
    case kept
    /// A prune deletes it softly.
    case released
    /// It is in soft delete, and stays so for a while.
    case deleted
    /// A prune deletes it for good.
    case removed
}

/// A backup with its verdict.
package struct RetentionVerdict: Sendable, Codable, Equatable {
    package var backup: BackupID
    package var instant: Instant
    package var kind: BackupKind
    package var verdict: Verdict
    /// The rule that decided, such as `keep_days 30 (default)`.
    package var rule: String
    /// When it leaves soft delete.
    package var removal: Instant?
    /// What its deletion frees: now when it is removed, at its removal when it is released or in soft delete.
    package var freed: ByteCount?

    package init(
        backup: BackupID, instant: Instant, kind: BackupKind, verdict: Verdict, rule: String, removal: Instant? = nil,
        freed: ByteCount? = nil
    ) {
        self.backup = backup
        self.instant = instant
        self.kind = kind
        self.verdict = verdict
        self.rule = rule
        self.removal = removal
        self.freed = freed
    }
}

/// What a prune does to the backups of one database.
package struct RetentionPreview: Sendable, Codable, Equatable {
    package var database: DatabaseName
    /// Newest first.
    package var verdicts: [RetentionVerdict]
    /// Freed by what is deleted for good.
    package var freed: ByteCount
    /// Why it does less than the rules ask for.
    package var notes: [String]

    package init(
        database: DatabaseName, verdicts: [RetentionVerdict], freed: ByteCount = .zero, notes: [String] = []
    ) {
        self.database = database
        self.verdicts = verdicts
        self.freed = freed
        self.notes = notes
    }
}

/// Asks for a prune, or for its preview.
package struct PruneRequest: Sendable, Codable, Equatable {
    /// Names, unique suffixes, servers or shell patterns; empty means all.
    package var databases: [String]
    /// Also delete for good what is in soft delete.
    package var now: Bool
    /// Delete even if it takes more than the set share of a database's backups at once.
    package var confirmed: Bool

    package init(databases: [String] = [], now: Bool = false, confirmed: Bool = false) {
        self.databases = databases
        self.now = now
        self.confirmed = confirmed
    }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        databases = try fields.decodeIfPresent([String].self, forKey: .databases) ?? []
        now = try fields.decodeIfPresent(Bool.self, forKey: .now) ?? false
        confirmed = try fields.decodeIfPresent(Bool.self, forKey: .confirmed) ?? false
    }
}

/// What a prune did.
package struct PruneResult: Sendable, Codable, Equatable {
    /// Softly deleted by it.
    package var released: Int
    /// Deleted for good by it.
    package var removed: Int
    package var freed: ByteCount
    /// Bytes that no backup needs, and all stored bytes, afterwards.
    package var dead: ByteCount
    package var stored: ByteCount
    package var notes: [String]

    package init(
        released: Int = 0, removed: Int = 0, freed: ByteCount = .zero, dead: ByteCount = .zero,
        stored: ByteCount = .zero, notes: [String] = []
    ) {
        self.released = released
        self.removed = removed
        self.freed = freed
        self.dead = dead
        self.stored = stored
        self.notes = notes
    }
}

/// Makes a database the continuation of one that is gone.
package struct AdoptRequest: Sendable, Codable, Equatable {
    /// The database that is there.
    package var database: String
    /// The one that is gone, whose backups it takes over.
    package var from: String

    package init(database: String, from: String) {
        self.database = database
        self.from = from
    }
}
