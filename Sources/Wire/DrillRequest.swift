package import Model

/// Asks for restore drills, each of the newest backup of a database.
package struct DrillRequest: Sendable, Codable, Equatable {
    /// Names, unique suffixes, servers or shell patterns.
    package var databases: [String]
    package var all: Bool
    /// Instead of the newest one.
    package var backup: BackupID?

    package init(databases: [String] = [], all: Bool = false, backup: BackupID? = nil) {
        self.databases = databases
        self.all = all
        self.backup = backup
    }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        databases = try fields.decodeIfPresent([String].self, forKey: .databases) ?? []
        all = try fields.decodeIfPresent(Bool.self, forKey: .all) ?? false
        backup = try fields.decodeIfPresent(BackupID.self, forKey: .backup)
    }

    /// - Throws: `wrong-usage` unless it names databases, asks for all or names one backup.
    package func check() throws(Fault) {
        guard all || !databases.isEmpty || backup != nil, !(all && !databases.isEmpty) else {
            throw Fault(.wrongUsage, "name the databases to drill, or ask for all of them")
        }
        guard backup == nil || (!all && databases.count <= 1) else {
            throw Fault(.wrongUsage, "one backup is of one database: name no others")
        }
    }
}

/// What a request for drills started, one run a database, and what it left out.
package struct DrillReply: Sendable, Codable, Equatable {
    package var runs: [Run]
    package var skipped: [SkippedDatabase]

    package init(runs: [Run], skipped: [SkippedDatabase] = []) {
        self.runs = runs
        self.skipped = skipped
    }
}
