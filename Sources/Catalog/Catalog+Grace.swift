import GRDB
package import Model
import Policies

extension Catalog {
    /// Lets time pass for every database that is missing or gone; what follows is recorded with its messages.
    package func advanceGraces(_ terms: DiscoveryTerms) throws {
        let records = try read { try Transition($0).graces("d.grace IS NOT NULL", []) }
        // Most of the time nothing is due: no transaction then.
        let due = records.filter { record in
            var machine = GraceMachine(record.grace ?? GraceState())
            return !machine.handle(.tick, terms.grace(of: record.name)).isEmpty
        }
        guard !due.isEmpty else { return }
        try transition { transition in
            var changes = DiscoveryChanges()
            for record in try transition.graces("d.grace IS NOT NULL", []) {
                try transition.handle(.tick, of: record, terms, &changes)
            }
            for draft in changes.messages(server: "", zone: terms.zone) {
                try transition.record(draft, at: terms.instant)
            }
        }
    }

    /// Has every grace wait for a fresh answer of its server: to be called at start, when nothing is known of what happened
    /// meanwhile.
    package func awaitAnswers(_ terms: DiscoveryTerms) throws {
        try transition { transition in
            var changes = DiscoveryChanges()
            for record in try transition.graces("d.grace IS NOT NULL", []) {
                try transition.handle(.unreachable, of: record, terms, &changes)
            }
        }
    }

    /// Makes the database `unit`, which is there, the continuation of `gone`: it takes over the other's identity, and with
    /// that its backups. What had been backed up of it under its own identity counts as of a deleted database from now on.
    ///
    /// - Throws: `not-found`, `busy` while a run works on one of the two, `wrong-usage` for states that don't fit.
    package func adopt(_ gone: UnitID, by unit: UnitID, _ terms: DiscoveryTerms, actor: Actor) throws {
        try transition { transition in
            guard let old = try transition.database(gone), let new = try transition.database(unit) else {
                throw Fault(
                    .notFound, "one of the two databases is not known any more", hint: "run `holdfast databases`")
            }
            try transition.requireAdoptable(old, by: new)
            var changes = DiscoveryChanges()
            try transition.handle(.adopted(by: new.name), of: old, terms, &changes)
            try transition.swap(old, new, terms, &changes)
            for draft in changes.messages(server: new.server, zone: terms.zone) {
                try transition.record(draft, at: terms.instant)
            }
            let text = "\(new.name) continues \(old.name) and has its backups now"
            try transition.record(
                MessageDraft(.success, .databaseAdopted, text, database: new.name, actor: actor), at: terms.instant)
        }
    }
}

extension Transition {
    /// Databases that are missing or gone.
    func graces(_ condition: String, _ arguments: [(any DatabaseValueConvertible)?]) throws -> [DatabaseRecord] {
        try Row.fetchAll(
            database, sql: "\(DatabaseRecord.selection) WHERE d.grace IS NOT NULL AND \(condition)",
            arguments: StatementArguments(arguments)
        ).map(DatabaseRecord.init(row:))
    }

    func database(_ unit: UnitID) throws -> DatabaseRecord? {
        try row("\(DatabaseRecord.selection) WHERE d.unit = ?", [unit.description]).map(DatabaseRecord.init(row:))
    }

    /// Lets the machine decide, keeps its state, and adds what follows to the changes.
    @discardableResult
    func handle(
        _ event: GraceEvent, of record: DatabaseRecord, _ terms: DiscoveryTerms, _ changes: inout DiscoveryChanges
    ) throws -> GraceState {
        var machine = GraceMachine(record.grace ?? GraceState())
        let orders = machine.handle(event, terms.grace(of: record.name))
        changes.notices += orders.map { DiscoveryChanges.GraceNotice(name: record.name, order: $0) }
        if machine.state != record.grace ?? GraceState() {
            let text = machine.state.isQuiet ? nil : try CatalogCoding.text(machine.state)
            try execute("UPDATE databases SET grace = ? WHERE unit = ?", [text, record.unit.description])
        }
        return machine.state
    }

    fileprivate func requireAdoptable(_ old: DatabaseRecord, by new: DatabaseRecord) throws {
        guard old.unit != new.unit, old.state == .gone || old.state == .missing else {
            throw Fault(
                .wrongUsage, "\(old.name) is not gone, so that no other can continue it",
                hint: "see `holdfast databases --deleted`")
        }
        guard new.state == .present || new.state == .faulty else {
            throw Fault(.wrongUsage, "\(new.name) is not there, so that it can't continue another")
        }
        guard old.engine == new.engine else {
            throw Fault(.wrongUsage, "\(new.name) is of engine \(new.engine), \(old.name) of \(old.engine)")
        }
        for record in [old, new] {
            let run = try row(
                "SELECT id FROM runs INDEXED BY runs_open WHERE state IN ('queued', 'running') AND unit = ?",
                [record.unit.description])
            guard let run else { continue }
            let id = run["id"] as RunID
            throw Fault(
                .busy, "run \(id) works on \(record.name)", hint: "`holdfast runs wait \(id)` waits for its end")
        }
    }

    /// The old unit takes the new one's place; the new unit goes, as deleted if it has backups.
    fileprivate func swap(
        _ old: DatabaseRecord, _ new: DatabaseRecord, _ terms: DiscoveryTerms, _ changes: inout DiscoveryChanges
    ) throws {
        try execute("UPDATE OR IGNORE retention SET scope = ? WHERE scope = ?", [new.name.text, old.name.text])
        for var stored in try schedules("") where stored.definition.scope.contains(where: old.name.text.isSame) {
            let former = stored
            stored.definition.scope = former.definition.scope.map { old.name.text.isSame(as: $0) ? new.name.text : $0 }
            try update(former, to: stored.definition, by: .daemon, at: terms.instant)
        }
        if new.lastBackup == nil {
            try execute("DELETE FROM databases WHERE unit = ?", [new.unit.description])
        } else {
            var state = GraceState()
            state.confirmed = terms.instant
            try execute(
                "UPDATE databases SET state = 'gone', gone_at = ?, quiet = 0, grace = ? WHERE unit = ?",
                [terms.instant.microseconds, try CatalogCoding.text(state), new.unit.description])
        }
        try execute(
            """
            UPDATE databases SET name = ?, server = ?, path = ?, state = 'present', gone_at = NULL, grace = NULL,
                last_seen = ?, size = ?, change_token = NULL, quiet = 0, fault_code = NULL, fault_text = NULL,
                fault_hint = NULL, fault_at = NULL
            WHERE unit = ?
            """,
            [
                new.name.text, new.server, new.path, terms.instant.microseconds, new.size?.bytes,
                old.unit.description,
            ])
    }
}

extension Row {
    /// Nil while nothing speaks against the database.
    var grace: GraceState? {
        text("grace").flatMap { try? CatalogCoding.value(GraceState.self, $0, "databases.grace") }
    }
}
