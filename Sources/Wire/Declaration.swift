package import Model

/// What admins decide at run time, as one document for `export` and `apply`.
package struct Declaration: Sendable, Codable, Equatable {
    /// In order of name.
    package var schedules: [Schedule]
    /// Rules of the default, databases, folders and servers; those of schedules are with the schedules.
    package var retention: [RetentionEntry]
    /// Windows that an admin has set.
    package var maintenance: [DeclaredMaintenance]

    package init(
        schedules: [Schedule] = [], retention: [RetentionEntry] = [], maintenance: [DeclaredMaintenance] = []
    ) {
        self.schedules = schedules
        self.retention = retention
        self.maintenance = maintenance
    }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        schedules = try fields.decodeIfPresent([Schedule].self, forKey: .schedules) ?? []
        retention = try fields.decodeIfPresent([RetentionEntry].self, forKey: .retention) ?? []
        maintenance = try fields.decodeIfPresent([DeclaredMaintenance].self, forKey: .maintenance) ?? []
    }
}

/// Asks the daemon to make things as a declaration says, all of it or nothing.
package struct ApplyRequest: Sendable, Codable, Equatable {
    package var declaration: Declaration
    /// Also removes schedules and rules that it doesn't name.
    package var removeOthers: Bool
    /// Says what would change, and changes nothing.
    package var dryRun: Bool

    package init(declaration: Declaration, removeOthers: Bool = false, dryRun: Bool = false) {
        self.declaration = declaration
        self.removeOthers = removeOthers
        self.dryRun = dryRun
    }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        declaration = try fields.decode(Declaration.self, forKey: .declaration)
        removeOthers = try fields.decodeIfPresent(Bool.self, forKey: .removeOthers) ?? false
        dryRun = try fields.decodeIfPresent(Bool.self, forKey: .dryRun) ?? false
    }
}

/// What applying a declaration changed, one line each, and what it left alone.
package struct ApplyReply: Sendable, Codable, Equatable {
    package var changes: [String]
    /// What is there and not in the declaration.
    package var others: [String]
    package var warnings: [String]

    package init(changes: [String] = [], others: [String] = [], warnings: [String] = []) {
        self.changes = changes
        self.others = others
        self.warnings = warnings
    }
}
