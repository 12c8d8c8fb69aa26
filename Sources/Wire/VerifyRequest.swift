package import Model

/// Asks for a check of what is stored. Nothing named means every backup.
package struct VerifyRequest: Sendable, Codable, Equatable {
    /// Names, unique suffixes, servers or shell patterns: all their backups.
    package var databases: [String]
    package var backups: [BackupID]
    package var level: VerifyLevel

    package init(databases: [String] = [], backups: [BackupID] = [], level: VerifyLevel = .pages) {
        self.databases = databases
        self.backups = backups
        self.level = level
    }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        databases = try fields.decodeIfPresent([String].self, forKey: .databases) ?? []
        backups = try fields.decodeIfPresent([BackupID].self, forKey: .backups) ?? []
        level = try fields.decodeIfPresent(VerifyLevel.self, forKey: .level) ?? .pages
    }
}

/// What a verification found.
package struct VerifyReport: Sendable, Codable, Equatable {
    package var level: VerifyLevel
    package var checked: Int
    package var bytes: ByteCount
    package var findings: [Finding]

    package var isGood: Bool { findings.isEmpty }

    package init(level: VerifyLevel, checked: Int, bytes: ByteCount, findings: [Finding] = []) {
        self.level = level
        self.checked = checked
        self.bytes = bytes
        self.findings = findings
    }
}

/// Damage, and the backups that can't be restored because of it.
package struct Finding: Sendable, Codable, Equatable {
    package var code: Code
    package var message: String
    /// The object of the repository.
    package var object: String?
    package var backups: [BackupID]
    package var databases: [DatabaseName]

    package init(
        code: Code, message: String, object: String? = nil, backups: [BackupID] = [], databases: [DatabaseName] = []
    ) {
        self.code = code
        self.message = message
        self.object = object
        self.backups = backups
        self.databases = databases
    }
}
