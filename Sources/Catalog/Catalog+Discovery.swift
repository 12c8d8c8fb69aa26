import GRDB
import Model
import Policies

extension Catalog {
    package func servers() throws -> [ServerRecord] {
        try read { try Row.fetchAll($0, sql: "SELECT * FROM servers ORDER BY name") }.map(ServerRecord.init(row:))
    }

    package func server(_ name: String) throws -> ServerRecord? {
        try read { try Row.fetchOne($0, sql: "SELECT * FROM servers WHERE name = ?", arguments: [name]) }
            .map(ServerRecord.init(row:))
    }

    /// Takes in what a server showed, with the messages of what changed, in one transaction.
    ///
    /// Only complete answers make databases `gone`: one that lacks a database makes it `missing`, another one at least a
    /// minute later confirms that. Rows of databases that look as before are not written.
    ///
    /// - Returns: what changed; empty most of the time.
    /// - Throws: `ambiguous-name` when two sightings bear the same name.
    @discardableResult
    package func record(
        _ discovery: Discovery, server: String, terms: DiscoveryTerms
    ) throws -> DiscoveryChanges {
        try transition { transition in
            let changes =
                switch discovery {
                case .complete(let sightings, let identity):
                    try transition.complete(sightings, identity: identity, server: server, terms)
                case .unreachable(let fault):
                    try transition.unreachable(RecordedFault(fault), server: server, terms)
                }
            for draft in changes.messages(server: server, zone: terms.zone) {
                try transition.record(draft, at: terms.instant)
            }
            return changes
        }
    }
}

extension Transition {
    fileprivate func unreachable(
        _ fault: RecordedFault, server: String, _ terms: DiscoveryTerms
    ) throws -> DiscoveryChanges {
        let instant = terms.instant
        var changes = DiscoveryChanges()
        let before = try row("SELECT * FROM servers WHERE name = ?", [server]).map(ServerRecord.init(row:))
        if before?.isReachable ?? true || before?.reason != fault.text { changes.lost = fault }
        try execute(
            """
            UPDATE databases SET state = 'unreachable',
                last_seen = max(last_seen, ifnull((SELECT seen_at FROM servers WHERE name = ?1), 0))
            WHERE server = ?1 AND state IN ('present', 'faulty', 'missing')
            """, [server])
        for record in try graces("d.server = ?", [server]) {
            try handle(.unreachable, of: record, terms, &changes)
        }
        try execute(
            """
            INSERT INTO servers (name, reachable, reason, checked_at) VALUES (?, 0, ?, ?)
            ON CONFLICT (name) DO UPDATE SET reachable = 0, reason = excluded.reason, checked_at = excluded.checked_at
            """, [server, fault.text, instant.microseconds])
        return changes
    }

    fileprivate func complete(
        _ sightings: [Sighting], identity: String?, server: String, _ terms: DiscoveryTerms
    ) throws -> DiscoveryChanges {
        let instant = terms.instant
        var changes = DiscoveryChanges()
        let before = try row("SELECT * FROM servers WHERE name = ?", [server]).map(ServerRecord.init(row:))
        changes.isBack = before.map { !$0.isReachable } ?? false
        var known = KnownDatabases(
            try Row.fetchAll(
                database, sql: "\(DatabaseRecord.selection) WHERE d.server = ? ORDER BY d.state != 'gone', d.gone_at",
                arguments: [server]
            ).map(DatabaseRecord.init(row:)))
        try refuseTwins(sightings)
        let matches = known.match(sightings)
        try freeNames(of: matches)
        for record in known.left { try miss(record, terms, &changes) }
        for (sighting, record) in matches {
            if let record, record.grace != nil { try handle(.found, of: record, terms, &changes) }
            try record.map { try update($0, to: sighting, at: instant, &changes) }
                ?? insert(sighting, server: server, at: instant, &changes)
        }
        try execute(
            """
            INSERT INTO servers (name, reachable, identity, checked_at, seen_at) VALUES (?1, 1, ?2, ?3, ?3)
            ON CONFLICT (name) DO UPDATE SET reachable = 1, reason = NULL, identity = ?2, checked_at = ?3, seen_at = ?3
            """, [server, identity, instant.microseconds])
        return changes
    }

    /// Renamed databases give up their old names before any takes a new one.
    private func freeNames(of matches: [(sighting: Sighting, record: DatabaseRecord?)]) throws {
        for (sighting, record) in matches {
            guard let record, record.name != sighting.name else { continue }
            try execute("UPDATE databases SET name = unit WHERE unit = ?", [record.unit.description])
        }
    }

    private func refuseTwins(_ sightings: [Sighting]) throws {
        var names: Set<DatabaseName> = []
        for sighting in sightings where !names.insert(sighting.name).inserted {
            throw Fault(.ambiguousName, "two databases are called \(sighting.name)")
        }
    }

    /// A complete answer lacks the database.
    private func miss(_ record: DatabaseRecord, _ terms: DiscoveryTerms, _ changes: inout DiscoveryChanges) throws {
        let state = try handle(.missing, of: record, terms, &changes)
        guard record.state != .gone else { return }
        if let confirmed = state.confirmed {
            changes.gone.append(record.name)
            try leave(.gone, record, since: confirmed)
        } else if record.state != .missing {
            changes.missing.append(record.name)
            try leave(.missing, record, since: nil)
        }
    }

    private func leave(_ state: DatabaseState, _ record: DatabaseRecord, since: Instant?) throws {
        try execute(
            "UPDATE databases SET state = ?, gone_at = ?, last_seen = ?, quiet = 0, unchanged_at = ? WHERE unit = ?",
            [
                state.rawValue, since?.microseconds, record.lastSeen.microseconds, record.unchangedAsOf?.microseconds,
                record.unit.description,
            ])
    }

    private func insert(
        _ sighting: Sighting, server: String, at instant: Instant, _ changes: inout DiscoveryChanges
    ) throws {
        let unit = sighting.unit ?? UnitID.random()
        try execute(
            """
            INSERT INTO databases (unit, name, server, path, engine, state, first_seen, last_seen, size)
            VALUES (?, ?, ?, ?, ?, 'present', ?, ?, ?)
            """,
            [
                unit.description, sighting.name.text, server, sighting.path, sighting.engine, instant.microseconds,
                instant.microseconds, sighting.size?.bytes,
            ])
        try setMembers(sighting.members, of: unit)
        changes.found.append(sighting.name)
        if let fault = sighting.fault { try markFaulty(unit, sighting.name, fault, at: instant, &changes) }
    }

    private func update(
        _ record: DatabaseRecord, to sighting: Sighting, at instant: Instant, _ changes: inout DiscoveryChanges
    ) throws {
        if record.state == .gone, record.grace?.confirmed == nil { changes.found.append(sighting.name) }
        try setMembers(sighting.members, of: record.unit)
        let isSame =
            record.name == sighting.name && record.path == sighting.path && record.engine == sighting.engine
            && (sighting.size == nil || record.size == sighting.size)
        if !isSame || [.gone, .missing, .unreachable].contains(record.state) {
            try execute(
                """
                UPDATE databases SET name = ?, path = ?, engine = ?, size = ifnull(?, size), gone_at = NULL,
                    state = iif(state = 'faulty', state, 'present'), last_seen = ?
                WHERE unit = ?
                """,
                [
                    sighting.name.text, sighting.path, sighting.engine, sighting.size?.bytes, instant.microseconds,
                    record.unit.description,
                ])
        }
        if let fault = sighting.fault {
            guard record.state != .faulty || record.fault != fault else { return }
            try markFaulty(record.unit, sighting.name, fault, at: instant, &changes)
        } else if record.state == .faulty {
            try setFault(nil, of: record.unit, at: instant)
        }
    }

    private func markFaulty(
        _ unit: UnitID, _ name: DatabaseName, _ fault: RecordedFault, at instant: Instant,
        _ changes: inout DiscoveryChanges
    ) throws {
        try setFault(fault, of: unit, at: instant)
        try execute("UPDATE databases SET state = 'faulty' WHERE unit = ?", [unit.description])
        changes.faulty.append(.init(name: name, fault: fault))
    }
}

/// The databases of a server that no sighting has claimed yet.
private struct KnownDatabases {
    private var byUnit: [UnitID: DatabaseRecord] = [:]
    private var byName: [DatabaseName: UnitID] = [:]

    /// - Parameter records: of two with the same name the later one counts.
    init(_ records: [DatabaseRecord]) {
        for record in records {
            byUnit[record.unit] = record
            byName[record.name] = record.unit
        }
    }

    var left: [DatabaseRecord] { byUnit.values.sorted { $0.name < $1.name } }

    /// Units given by the server come first, then names.
    mutating func match(_ sightings: [Sighting]) -> [(sighting: Sighting, record: DatabaseRecord?)] {
        let byUnits = sightings.map { sighting in sighting.unit.flatMap { byUnit.removeValue(forKey: $0) } }
        return zip(sightings, byUnits).map { sighting, record in
            guard record == nil, sighting.unit == nil else { return (sighting, record) }
            return (sighting, byName[sighting.name].flatMap { byUnit.removeValue(forKey: $0) })
        }
    }
}

extension ServerRecord {
    fileprivate init(row: Row) throws {
        self.init(
            name: row["name"], isReachable: row["reachable"], reason: row.text("reason"),
            identity: row.text("identity"), checked: try row.required(row.instant("checked_at"), "servers.checked_at"),
            lastReachable: row.instant("seen_at"))
    }
}
