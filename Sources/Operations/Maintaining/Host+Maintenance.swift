import Catalog
import Engines
import Foundation
import Model
import Platform
import Policies
import Wire

extension Host {
    /// Under what circumstances a server's maintenance decides now.
    func maintenanceTerms(of server: String) throws -> MaintenanceTerms {
        MaintenanceTerms(
            reading: maintenanceClock(), clockIsTrusted: clockDoubt() == nil,
            planner: try maintenance.planner(of: server, zone: maintenanceZone))
    }

    /// The daemon's; no zone that can't be read keeps a window from its end.
    var maintenanceZone: ZoneRules { (try? daemonZone()) ?? .utc }

    /// Takes up what an earlier daemon left, opening first what it had closed, and lets windows come.
    func startMaintenance() {
        do {
            maintenance.setRules(try catalog.maintenanceRules())
        } catch { say([MessageDraft(.error, Fault.wrapping(error))]) }
        for server in configuration.servers { addMaintenance(of: server) }
        maintenance.begin(on: self)
        for server in maintenance.servers where !server.machine.isClosed && !closed.ofWindow(server.name).isEmpty {
            openAbandoned(server)
        }
    }

    private func addMaintenance(of server: HostedServer) {
        let stored: MaintenanceState?
        do {
            stored = try catalog.maintenanceState(of: server.name)
        } catch {
            stored = nil
            say([MessageDraft(.error, Fault.wrapping(error))])
        }
        maintenance.add(ServerMaintenance(server, stored: stored))
    }

    /// Follows the settings; a window under way goes on with the server as it was.
    func syncMaintenance() {
        for server in configuration.servers {
            if let known = maintenance.server(server.name) {
                if !known.machine.isClosed { known.server = server }
            } else {
                addMaintenance(of: server)
                maintenance.server(server.name)?.take(.tick, on: self)
            }
        }
        for known in maintenance.servers where configuration.server(known.name) == nil && !known.machine.isClosed {
            maintenance.remove(known.name)
        }
        maintenance.look()
    }

    /// Opens what a window had closed of which the catalog knows nothing, as when it was lost.
    private func openAbandoned(_ server: ServerMaintenance) {
        Threads.start("maintenance-\(server.name)") { [self] in
            var pause = 1.0
            while !maintenance.isStopped {
                do {
                    return try reopen(server.server, server)
                } catch {
                    if pause == 1 { say([MessageDraft(.error, .maintenanceStuck, Fault.wrapping(error).message)]) }
                }
                Thread.sleep(forTimeInterval: pause)
                pause = min(60, pause * 2)
            }
        }
    }

    /// - Throws: `in-maintenance` while a window of the server is under way.
    func refuseInMaintenance(_ server: String) throws {
        if let closed = inMaintenance(server) { throw Self.inMaintenance(closed) }
    }

    /// The server, or another one that is the same cluster, of which a window keeps others from working.
    func inMaintenance(_ server: String) -> String? {
        let twins = configuration.server(server).map { self.twins(of: $0) } ?? []
        return ([server] + twins).first { maintenance.isClosed($0) }
    }

    static func inMaintenance(_ server: String) -> Fault {
        Fault(
            .inMaintenance, "server \(server) is in maintenance",
            hint: "ask again when it is over (`holdfast maintenance show \(server)`), or end it with `holdfast "
                + "maintenance abort \(server)`")
    }

    /// A window is over: what it had kept waiting goes on.
    func afterMaintenance(of server: ServerMaintenance) {
        maintenance.unclaim(server.name)
        releaseQueue(of: server.server)
        beginPostponed()
        let now = configuration.server(server.name)
        if let now { server.server = now }
        let hosted = server.server
        Threads.start("discovery") { [self] in
            do { try discover(hosted) } catch { report(Fault.wrapping(error)) }
        }
        if now == nil { maintenance.remove(server.name) }
    }

    /// Begins with what no maintenance keeps waiting any more.
    func beginPostponed() {
        for tally in maintenance.takePostponed() { Threads.start("occurrences") { [self] in begin(tally) } }
    }

    /// The databases of a server as they were found last, as its engine knows them.
    func found(of server: HostedServer) throws -> [FoundDatabase] {
        try catalog.databases(server: server.name).filter { $0.state == .present }.map {
            FoundDatabase(name: $0.name, path: $0.path, size: $0.size ?? .zero)
        }
    }

    /// The databases that clients can be told of, or kept out of, as the server calls them.
    func members(of server: HostedServer) throws -> [String] {
        guard server.engine.restoresFolder else { return [] }
        return try server.engine.clients(of: try found(of: server)).members
    }

    /// Restores in place that work on a server's databases: they need them, and their own sessions, to themselves.
    func restoresInPlace(of server: String) -> [Wire::Run] {
        queue.working(of: server).compactMap { board.run($0) }.filter { $0.kind == .restore }
    }

    /// Who is connected or restores, and since when each has done nothing.
    /// - Throws: why nobody can tell.
    func maintenanceClients(of server: HostedServer) throws -> [MaintenanceClient] {
        let databases = try found(of: server)
        let listing = try server.engine.clients(of: databases)
        guard listing.isComplete else {
            throw Fault(
                .notPermitted, "some processes can't be looked into",
                hint: "give holdfastd CAP_SYS_PTRACE, or run it as root")
        }
        let now = WallClock.now()
        let restores = restoresInPlace(of: server.name).map { run in
            MaintenanceClient(name: Self.busyWith(run), idle: .zero)
        }
        return restores
            + databases.flatMap { database in
                (listing.clients[NativePath(database.path)] ?? []).map { client in
                    let place = client.session.map { "\(server.name)/\($0.database)" } ?? database.name.text
                    let since = client.session.map(\.idleSince) ?? Self.lastChange(database, server)
                    let who = client.command.isEmpty ? "a program" : client.command
                    let name =
                        "\(who) of \(client.user) (pid \(client.processID)\(client.unit.map { ", \($0)" } ?? ""))"
                    return MaintenanceClient(
                        name: "\(name) on \(place)", idle: since.map { max(.zero, now - $0) } ?? .zero)
                }
            }
    }

    static func busyWith(_ run: Wire::Run) -> String {
        "run \(run.id) restores \(run.database?.text ?? "a database") in place"
    }

    /// Of a database whose clients are processes: nobody can tell which of them it was, nor when one has read.
    private static func lastChange(_ database: FoundDatabase, _ server: HostedServer) -> Instant? {
        let files = [database.path] + server.engine.sidecars(of: database.path)
        let changed = files.compactMap { (try? Files.status($0))??.modified }.max()
        return changed.map { Instant(microseconds: $0 / 1000) }
    }
}
