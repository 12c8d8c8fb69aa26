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
