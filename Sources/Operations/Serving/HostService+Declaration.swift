import Catalog
package import Model
import Platform
import Policies
package import Wire

extension HostService {
    package func declaration(for actor: Actor) async throws -> Declaration {
        try await ask { host in try host.declaration() }
    }

    package func apply(_ request: ApplyRequest, by actor: Actor) async throws -> ApplyReply {
        try await ask { host in try host.apply(request, by: actor) }
    }
}

extension Host {
    /// Everything that `apply` may change: all schedules, and the rules of admins.
    fileprivate func declaration() throws -> Declaration {
        Declaration(
            schedules: try catalog.schedules().map(\.definition).sorted { $0.name < $1.name },
            retention: try catalog.retention().map {
                RetentionEntry(scope: $0.scope, rules: $0.rules, source: "admin")
            },
            maintenance: try catalog.maintenanceRules().sorted { $0.key < $1.key }.flatMap { server, rules in
                rules.map { DeclaredMaintenance(server: server, rule: $0) }
            })
    }

    /// Everything is checked before anything changes, and all changes are one transaction.
    fileprivate func apply(_ request: ApplyRequest, by actor: Actor) throws -> ApplyReply {
        let before = try declaration()
        let check = try scheduleCheck()
        let wanted = try request.declaration.schedules.map { schedule in
            do { return try check.checked(schedule) } catch var fault as Fault {
                fault.message = "schedule \(schedule.name): \(fault.message)"
                throw fault
            }
        }
        for entry in request.declaration.retention { try entry.rules.check(retentionLimits) }
        try checkMaintenance(request.declaration.maintenance)
        try Self.refuseTwins(wanted.map(\.name), "schedules")
        try Self.refuseTwins(request.declaration.retention.map(\.scope), "rules of retention")
        var change = DeclarationChange()
        change.compareSchedules(before.schedules, wanted, removeOthers: request.removeOthers)
        change.compareRetention(before.retention, request.declaration.retention, removeOthers: request.removeOthers)
        change.compareMaintenance(
            before.maintenance, request.declaration.maintenance, removeOthers: request.removeOthers)
        let reply = ApplyReply(
            changes: change.lines, others: change.others,
            warnings: wanted.flatMap { schedule in check.warnings(schedule).map { "schedule \(schedule.name): \($0)" } }
        )
        guard !request.dryRun, !change.lines.isEmpty else { return reply }
        try catalog.apply(
            DeclarationEdits(
                added: change.added, replaced: change.replaced, removed: change.removed,
                retention: change.retention, maintenance: change.maintenance), by: actor, at: WallClock.now())
        timing.reload()
        if !change.maintenance.isEmpty { try useMaintenanceRules() }
        return reply
    }

    private static func refuseTwins(_ names: [String], _ what: String) throws {
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw Fault(.badSettings, "two \(what) are called \"\(name)\"", hint: "keep one of them")
        }
    }
}

/// What a declaration changes.
private struct DeclarationChange {
    var added: [Schedule] = []
    var replaced: [Schedule] = []
    var removed: [String] = []
    /// Nil forgets the place.
    var retention: [(scope: String, rules: RetentionRules?)] = []
    var maintenance: [(server: String, kind: MaintenanceKind, rule: MaintenanceRule?)] = []
    var lines: [String] = []
    var others: [String] = []

    mutating func compareSchedules(_ before: [Schedule], _ wanted: [Schedule], removeOthers: Bool) {
        let old = Dictionary(before.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for var schedule in wanted {
            guard let present = old[schedule.name] else {
                schedule.source = .admin
                added.append(schedule)
                lines.append("schedule \(schedule.name): added")
                continue
            }
            schedule.source = present.source
            schedule.seed = present.seed
            guard schedule != present else { continue }
            schedule.source = .admin
            replaced.append(schedule)
            lines.append("schedule \(schedule.name): changed")
        }
        for schedule in before where !wanted.contains(where: { $0.name == schedule.name }) {
            guard removeOthers else {
                others.append("schedule \(schedule.name)")
                continue
            }
            removed.append(schedule.name)
            lines.append("schedule \(schedule.name): removed")
        }
    }

    mutating func compareRetention(_ before: [RetentionEntry], _ wanted: [RetentionEntry], removeOthers: Bool) {
        let old = Dictionary(
            before.map { (DatabaseName($0.scope), $0.rules) }, uniquingKeysWith: { first, _ in first })
        func name(_ scope: String) -> String { scope.isEmpty ? "retention by default" : "retention of \(scope)" }
        for entry in wanted {
            let present = old[DatabaseName(entry.scope)]
            guard present ?? RetentionRules() != entry.rules else { continue }
            retention.append((entry.scope, entry.rules))
            lines.append("\(name(entry.scope)): \(present == nil ? "added" : "changed")")
        }
        for entry in before where !wanted.contains(where: { $0.scope.isSame(as: entry.scope) }) {
            guard removeOthers else {
                others.append(name(entry.scope))
                continue
            }
            retention.append((entry.scope, nil))
            lines.append("\(name(entry.scope)): removed")
        }
    }

    mutating func compareMaintenance(
        _ before: [DeclaredMaintenance], _ wanted: [DeclaredMaintenance], removeOthers: Bool
    ) {
        func name(_ entry: DeclaredMaintenance) -> String {
            "\(entry.rule.kind.rawValue) maintenance of \(entry.server)"
        }
        func old(_ entry: DeclaredMaintenance, _ all: [DeclaredMaintenance]) -> DeclaredMaintenance? {
            all.first { $0.server == entry.server && $0.rule.kind == entry.rule.kind }
        }
        for entry in wanted where old(entry, before) != entry {
            maintenance.append((entry.server, entry.rule.kind, entry.rule))
            lines.append("\(name(entry)): \(old(entry, before) == nil ? "added" : "changed")")
        }
        for entry in before where old(entry, wanted) == nil {
            guard removeOthers else {
                others.append(name(entry))
                continue
            }
            maintenance.append((entry.server, entry.rule.kind, nil))
            lines.append("\(name(entry)): removed")
        }
    }
}
