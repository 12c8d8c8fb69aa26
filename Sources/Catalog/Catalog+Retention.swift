import GRDB
package import Model

/// Retention rules that an admin gave to one place.
package struct RetentionRecord: Sendable, Equatable {
    /// A database, a folder (`server/folder/`), a server, or empty for the default.
    package let scope: String
    package let rules: RetentionRules
    package let changed: Instant
    package let actor: Actor
}

extension Catalog {
    /// The rules of admins, in order of scope; the default first.
    package func retention() throws -> [RetentionRecord] {
        try read { try Row.fetchAll($0, sql: "SELECT * FROM retention ORDER BY scope") }.map(RetentionRecord.init(row:))
    }

    /// Replaces what a place says; nil, or rules that say nothing, forget the place.
    package func setRetention(
        _ rules: RetentionRules?, of scope: String, by actor: Actor, at instant: Instant, messages: [MessageDraft]
    ) throws {
        try transition { transition in
            try transition.setRetention(rules, of: scope, by: actor, at: instant)
            for draft in messages { try transition.record(draft, at: instant) }
        }
    }
}

extension Transition {
    func setRetention(_ rules: RetentionRules?, of scope: String, by actor: Actor, at instant: Instant) throws {
        guard let rules, rules != RetentionRules() else {
            try execute("DELETE FROM retention WHERE scope = ?", [scope])
            return
        }
        try execute(
            "INSERT OR REPLACE INTO retention (scope, rules, changed_at, actor_uid, actor_name) VALUES (?, ?, ?, ?, ?)",
            [scope, try CatalogCoding.text(rules), instant.microseconds, actor.uid, actor.name])
    }
}

extension RetentionRecord {
    fileprivate init(row: Row) throws {
        self.init(
            scope: row["scope"], rules: try CatalogCoding.value(RetentionRules.self, row["rules"], "retention.rules"),
            changed: try row.required(row.instant("changed_at"), "retention.changed_at"),
            actor: row.actor(uid: "actor_uid", name: "actor_name"))
    }
}

/// Changes of schedules and rules that belong into one transaction.
package struct DeclarationEdits: Sendable {
    package var added: [Schedule]
    /// By the names they have.
    package var replaced: [Schedule]
    package var removed: [String]
    /// Nil forgets the place.
    package var retention: [(scope: String, rules: RetentionRules?)]
    /// Nil forgets what was set.
    package var maintenance: [(server: String, kind: MaintenanceKind, rule: MaintenanceRule?)]

    package init(
        added: [Schedule], replaced: [Schedule], removed: [String],
        retention: [(scope: String, rules: RetentionRules?)],
        maintenance: [(server: String, kind: MaintenanceKind, rule: MaintenanceRule?)] = []
    ) {
        self.maintenance = maintenance
        self.added = added
        self.replaced = replaced
        self.removed = removed
        self.retention = retention
    }
}

extension Catalog {
    /// Makes all changes, with their messages, or none.
    ///
    /// - Throws: `schedule-exists`, `not-found`.
    package func apply(_ edits: DeclarationEdits, by actor: Actor, at instant: Instant) throws {
        try transition { transition in
            for name in edits.removed { try transition.remove(name, by: actor, at: instant) }
            for schedule in edits.added { _ = try transition.add(schedule, by: actor, at: instant) }
            for schedule in edits.replaced {
                _ = try transition.replace(schedule.name, with: schedule, by: actor, at: instant)
            }
            for (scope, rules) in edits.retention {
                try transition.setRetention(rules, of: scope, by: actor, at: instant)
                let place = scope.isEmpty ? "by default" : "of \(scope)"
                try transition.record(.retentionChanged, "retention \(place) was changed", by: actor, at: instant)
            }
            for change in edits.maintenance {
                try transition.setMaintenance(change.rule, change.kind, of: change.server, by: actor, at: instant)
            }
        }
    }

    /// Forgets backups that were deleted for good.
    ///
    /// - Parameter isWhole: they were the unit's last ones: a database that is gone is forgotten with them.
    package func forget(_ backups: [BackupID], of unit: UnitID, isWhole: Bool) throws {
        guard !backups.isEmpty else { return }
        try transition { transition in
            for backup in backups {
                try transition.execute("DELETE FROM proofs WHERE backup = ?", [backup.description])
                try transition.execute(
                    """
                    UPDATE databases SET last_backup = NULL, last_backup_kind = NULL, last_backup_at = NULL,
                        change_token = NULL, unchanged_at = NULL, quiet = 0
                    WHERE unit = ? AND last_backup = ?
                    """, [unit.description, backup.description])
            }
            if isWhole {
                try transition.execute("DELETE FROM databases WHERE unit = ? AND state = 'gone'", [unit.description])
            }
        }
    }
}
