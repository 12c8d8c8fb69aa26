import GRDB
package import Model
package import Policies

/// What became of a planned window.
package enum MaintenanceEntry: Sendable, Equatable {
    case report(MaintenanceReport)
    case skip(MaintenanceSkip)
}

extension Catalog {
    /// Entries of history that are kept of each server.
    private static let kept = 200

    /// The rules that admins set, by server; a window that isn't named has never been set.
    package func maintenanceRules() throws -> [String: [MaintenanceRule]] {
        let rows = try read { try Row.fetchAll($0, sql: "SELECT server, rule FROM maintenance_rules ORDER BY kind") }
        return try rows.reduce(into: [:]) { all, row in
            let rule = try CatalogCoding.value(MaintenanceRule.self, row["rule"], "maintenance_rules.rule")
            all[row["server"], default: []].append(rule)
        }
    }

    /// Sets rules of servers, all in one transaction; nil forgets what was set.
    package func setMaintenance(
        _ changes: [(server: String, kind: MaintenanceKind, rule: MaintenanceRule?)], by actor: Actor,
        at instant: Instant
    ) throws {
        try transition { transition in
            for change in changes {
                try transition.setMaintenance(change.rule, change.kind, of: change.server, by: actor, at: instant)
            }
        }
    }

    /// Where each server's maintenance is; nil for a server whose maintenance was never looked at.
    package func maintenanceState(of server: String) throws -> MaintenanceState? {
        let text = try read {
            try String.fetchOne($0, sql: "SELECT state FROM maintenance_states WHERE server = ?", arguments: [server])
        }
        return try text.map { try CatalogCoding.value(MaintenanceState.self, $0, "maintenance_states.state") }
    }

    /// Durable on return, with the messages and the history that belong to it.
    package func keepMaintenance(
        _ state: MaintenanceState, of server: String, ended: [MaintenanceEntry], messages: [MessageDraft],
        at instant: Instant
    ) throws {
        let text = try CatalogCoding.text(state)
        try transition { transition in
            try transition.execute(
                "INSERT OR REPLACE INTO maintenance_states (server, state) VALUES (?, ?)", [server, text])
            for entry in ended { try transition.add(entry, of: server) }
            if !ended.isEmpty {
                try transition.execute(
                    """
                    DELETE FROM maintenance_history WHERE server = ? AND id <= (SELECT id FROM maintenance_history
                        WHERE server = ? ORDER BY id DESC LIMIT 1 OFFSET ?)
                    """, [server, server, Self.kept])
            }
            for message in messages { try transition.record(message, at: instant) }
        }
    }

    /// What became of a server's windows, newest first.
    package func maintenanceHistory(of server: String, limit: Int) throws -> [(id: Int64, entry: MaintenanceEntry)] {
        let rows = try read {
            try Row.fetchAll(
                $0, sql: "SELECT * FROM maintenance_history WHERE server = ? ORDER BY id DESC LIMIT ?",
                arguments: [server, limit])
        }
        return try rows.map { row in
            if let text = row.text("report") {
                let report = try CatalogCoding.value(MaintenanceReport.self, text, "maintenance_history.report")
                return (row["id"], .report(report))
            }
            let skip = try CatalogCoding.value(
                MaintenanceSkip.self, row.text("skip") ?? "", "maintenance_history.skip")
            return (row["id"], .skip(skip))
        }
    }
}

extension Transition {
    func setMaintenance(
        _ rule: MaintenanceRule?, _ kind: MaintenanceKind, of server: String, by actor: Actor, at instant: Instant
    ) throws {
        let what = "the \(kind.rawValue) maintenance of \(server)"
        guard let rule else {
            let count = try execute(
                "DELETE FROM maintenance_rules WHERE server = ? AND kind = ?", [server, kind.rawValue])
            if count > 0 { try record(.maintenanceChanged, "\(what) is as by default, off", by: actor, at: instant) }
            return
        }
        try execute(
            """
            INSERT OR REPLACE INTO maintenance_rules (server, kind, rule, changed_at, actor_uid, actor_name)
            VALUES (?, ?, ?, ?, ?, ?)
            """,
            [server, kind.rawValue, try CatalogCoding.text(rule), instant.microseconds, actor.uid, actor.name])
        let state = rule.enabled ? "on: \(rule.when)" : "off"
        try record(.maintenanceChanged, "\(what) was changed; it is \(state)", by: actor, at: instant)
    }

    fileprivate func add(_ entry: MaintenanceEntry, of server: String) throws {
        switch entry {
        case .report(let report):
            try execute(
                "INSERT INTO maintenance_history (server, report) VALUES (?, ?)",
                [server, try CatalogCoding.text(report)])
        case .skip(let skip):
            try execute(
                "INSERT INTO maintenance_history (server, skip) VALUES (?, ?)", [server, try CatalogCoding.text(skip)])
        }
    }
}
