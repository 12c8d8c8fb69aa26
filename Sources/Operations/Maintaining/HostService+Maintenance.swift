import Catalog
package import Model
import Platform
import Policies
import Settings
package import Wire

extension HostService {
    package func maintenance(for actor: Actor) async throws -> [MaintenanceStatus] {
        try await ask { host in try host.configuration.servers.map { try host.maintenanceStatus(of: $0, history: 1) } }
    }

    package func maintenance(of server: String, for actor: Actor) async throws -> MaintenanceStatus {
        try await ask { host in try host.maintenanceStatus(of: host.hosted(server), history: 20) }
    }

    package func previewMaintenance(
        of server: String, from: Instant?, count: Int, for actor: Actor
    ) async throws -> [PlannedWindow] {
        try await ask { host in
            guard (1...100).contains(count) else {
                throw Fault(.wrongUsage, "\(count) windows can't be shown", hint: "ask for 1 to 100")
            }
            return try host.plannedWindows(of: try host.hosted(server).name, after: from, count: count)
        }
    }

    package func setMaintenance(
        _ rule: MaintenanceRule, of server: String, by actor: Actor
    ) async throws -> MaintenanceStatus {
        try await ask { host in try host.setMaintenance([rule], of: host.hosted(server), by: actor) }
    }

    package func enableMaintenance(
        _ enabled: Bool, of server: String, kinds: [MaintenanceKind], by actor: Actor
    ) async throws -> MaintenanceStatus {
        try await ask { host in
            let hosted = try host.hosted(server)
            let rules = kinds.map { kind in
                var rule = host.maintenance.rules(of: hosted.name)[kind]
                rule.enabled = enabled
                return rule
            }
            return try host.setMaintenance(rules, of: hosted, by: actor)
        }
    }

    package func runMaintenance(
        _ kind: MaintenanceKind, of server: String, by actor: Actor
    ) async throws -> MaintenanceStatus {
        try await ask { host in try host.runMaintenance(kind, of: host.hosted(server), by: actor) }
    }

    package func abortMaintenance(of server: String, by actor: Actor) async throws -> MaintenanceStatus {
        try await ask { host in try host.abortMaintenance(of: host.hosted(server), by: actor) }
    }
}

extension Host {
    /// One whose window goes on counts, although the settings have dropped it.
    /// - Throws: `not-found`.
    fileprivate func hosted(_ name: String) throws -> HostedServer {
        if let server = configuration.server(name) ?? maintenance.server(name)?.server { return server }
        let names = configuration.servers.map(\.name).joined(separator: ", ")
        throw Fault(.notFound, "there is no server \(name)", hint: "the settings name: \(names)")
    }

    /// Puts rules in force once all are checked.
    fileprivate func setMaintenance(
        _ rules: [MaintenanceRule], of server: HostedServer, by actor: Actor
    ) throws -> MaintenanceStatus {
        let checked = try checkedMaintenance(rules, of: server)
        try catalog.setMaintenance(
            checked.map { (server.name, $0.kind, $0) }, by: actor, at: WallClock.now())
        try useMaintenanceRules()
        var status = try maintenanceStatus(of: server, history: 1)
        status.warnings += maintenanceGaps(of: server)
        return status
    }

    /// - Throws: `wrong-usage` for rules that can't be kept; `bad-schedule` for an expression that can't be read.
    func checkedMaintenance(_ rules: [MaintenanceRule], of server: HostedServer) throws -> [MaintenanceRule] {
        do {
            for rule in rules {
                try rule.check()
                guard rule.latestStartSeconds != 0 else {
                    throw Fault(
                        .wrongUsage, "a window that may not begin late at all never begins",
                        hint: "allow it some minutes with --latest-start")
                }
            }
            var all = maintenance.rules(of: server.name)
            for rule in rules { if rule.kind == .weekly { all.weekly = rule } else { all.daily = rule } }
            let planner = try MaintenancePlanner(all, zone: try daemonZone(), zoneNamed: ZoneRules.named)
            let now = maintenance.rules(of: server.name)
            for rule in rules {
                // What has become impossible can still be switched off.
                let isNew = rule.when != now[rule.kind].when || rule.timeZone != now[rule.kind].timeZone
                if rule.enabled || isNew { try planner.requireOccurrence(of: rule.kind, after: WallClock.now()) }
            }
            return rules
        } catch var fault as Fault where fault.code == .badSettings {
            fault.code = .wrongUsage
            throw fault
        }
    }

    /// - Throws: as `checkedMaintenance`; `not-found` for a server that the settings don't name.
    func checkMaintenance(_ declared: [DeclaredMaintenance]) throws {
        for (server, entries) in Dictionary(grouping: declared, by: \.server).sorted(by: { $0.key < $1.key }) {
            _ = try checkedMaintenance(entries.map(\.rule), of: hosted(server))
        }
    }

    /// Takes in what the catalog has.
    func useMaintenanceRules() throws {
        maintenance.setRules(try catalog.maintenanceRules())
        for server in maintenance.servers { server.take(.tick, on: self) }
    }

    fileprivate func runMaintenance(
        _ kind: MaintenanceKind, of server: HostedServer, by actor: Actor
    ) throws -> MaintenanceStatus {
        let own = try maintenance(of: server)
        if own.machine.isClosed { throw Self.inMaintenance(server.name) }
        try refuseInMaintenance(server.name)
        if let fault = lastingSilence(of: server) { throw fault }
        own.take(.requested(kind), by: actor, on: self)
        return try maintenanceStatus(of: server, history: 1)
    }

    fileprivate func abortMaintenance(of server: HostedServer, by actor: Actor) throws -> MaintenanceStatus {
        let own = try maintenance(of: server)
        guard own.machine.state.run != nil else {
            throw Fault(
                .notFound, "no maintenance of \(server.name) is under way",
                hint: "`holdfast maintenance disable \(server.name)` keeps the next one from coming")
        }
        own.take(.aborted(by: actor), by: actor, on: self)
        return try maintenanceStatus(of: server, history: 1)
    }

    private func maintenance(of server: HostedServer) throws -> ServerMaintenance {
        guard let own = maintenance.server(server.name) else {
            throw Fault(.busy, "the daemon is starting", hint: "ask again in a moment")
        }
        return own
    }
}
