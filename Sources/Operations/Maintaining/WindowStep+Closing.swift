import Catalog
import Engines
import Foundation
import Model
import Platform
import Policies
import Settings

extension WindowStep {
    /// Refuses new clients, having told those that are inside.
    ///
    /// How to open again is durable before anything is closed. What an admin has closed stays the admin's.
    func close() throws {
        try maintenance.close(for: work) { try holdQueue() }
        try waitForRestores()
        let databases = try host.discover(server)
        guard !databases.isEmpty else {
            throw host.silence(of: server.name)
                ?? Fault(
                    .serverUnreachable, "server \(server.name) has no database that can be worked on",
                    hint: "see `holdfast databases`")
        }
        let taken = Set(host.closed.all.map(\.name))
        let members = try host.members(of: server).filter { !taken.contains(name($0)) }
        let plans = try members.map { (name: name($0), plan: try server.engine.planClosing($0)) }
        tell(members)
        for (name, plan) in plans {
            let record = record(name, plan: plan)
            try maintenance.close(for: work) {
                host.closed.holdLeniently(record)
                try host.closed.add(record)
                try server.engine.refuse(plan)
            }
        }
    }

    /// A cluster that two servers of the settings name has one window at a time.
    private func holdQueue() throws {
        let twins = host.twins(of: server)
        // What a killed daemon's window of the other has closed isn't claimed by it any more.
        let closed = twins.first { !host.closed.ofWindow($0).isEmpty }
        if let other = closed ?? host.maintenance.claim(server.name, besides: twins) {
            throw Fault(
                .busy,
                "servers \(server.name) and \(other) are the same cluster, and a window of \(other) is under way",
                hint: "leave one of them in the settings")
        }
        for name in [server.name] + twins { host.queue.hold(name) }
    }

    /// One that lasts is not waited for: the window gives way to it, and what it had to do comes first next time.
    private func waitForRestores() throws {
        let patience = BootClock.now() + limit / 2
        try work.wait {
            guard let run = host.restoresInPlace(of: server.name).first else { return true }
            guard BootClock.now() < patience else {
                throw Fault(
                    .busy, Host.busyWith(run), hint: "`holdfast maintenance run \(server.name)` when it has ended")
            }
            return false
        }
    }

    func record(_ name: DatabaseName, plan: String, units: [String]? = nil) -> ClosedDatabases.Record {
        ClosedDatabases.Record(
            id: .random(), name: name, server: server.name, plan: plan, since: WallClock.now(), actor: .daemon,
            isOfWindow: true, units: units)
    }

    private func name(_ member: String) -> DatabaseName { DatabaseName(server: server.name, path: member) }

    private func tell(_ members: [String]) {
        guard !members.isEmpty else { return }
        let text = MaintenanceTexts(server: server.name, zone: host.maintenanceZone).countdown(window)
        do {
            try server.engine.message(text, until: WallClock.now() + window.rule.countdown, to: members)
        } catch { host.report(Fault.wrapping(error)) }
    }

    /// Ends all sessions, and goes on ending those that come in all the same; of databases that processes use, those that
    /// are still held are left out.
    func disconnect() throws {
        try stopUnits()
        let records = host.closed.ofWindow(server.name).filter { $0.units == nil }
        if records.isEmpty { return try leaveOutHeld() }
        let inside = try sessions()
        for record in records { host.closed.holdStrictly(record) }
        host.holdClosed()
        var rounds = 0
        try work.wait {
            try work.check()
            for record in records { try server.engine.hold(record.plan) }
            rounds += 1
            // A session that was about to start when its database was closed is seen a moment later only.
            return try rounds > 2 && inside.isDisjoint(with: sessions())
        }
        guard !inside.isEmpty else { return }
        host.say([
            MessageDraft(
                .info, .clientsDisconnected,
                "\(inside.count) clients of \(server.name) were disconnected for maintenance")
        ])
    }

    private struct Session: Hashable {
        var process: Int32
        var since: Instant
    }

    /// Of the databases that the window has closed.
    private func sessions() throws -> Set<Session> {
        let closed = Set(host.closed.ofWindow(server.name).map(\.name))
        let clients = try server.engine.clients(of: host.found(of: server)).clients.values.joined()
        return Set(
            clients.compactMap { client in
                client.session.flatMap { session in
                    closed.contains(name(session.database))
                        ? Session(process: client.processID, since: session.since) : nil
                }
            })
    }
}

extension Host {
    /// Opens everything that a window has closed of a server; done again, it changes nothing.
    ///
    /// - Throws: the first fault, once all were tried.
    func reopen(_ server: HostedServer, _ maintenance: ServerMaintenance) throws {
        try maintenance.open {
            var first: (any Error)?
            for record in closed.ofWindow(server.name) {
                do { try reopen(record, server) } catch { first = first ?? error }
            }
            // Backups need no unit, and none may wait for ever for a database that can't be opened.
            let isOpen = closed.ofWindow(server.name).allSatisfy { $0.units != nil }
            if isOpen || maintenance.machine.isPastEnd(maintenanceClock()) { releaseEarly(server, maintenance) }
            if let first { throw first }
        }
    }

    private func releaseEarly(_ server: HostedServer, _ maintenance: ServerMaintenance) {
        maintenance.release()
        releaseQueue(of: server)
        beginPostponed()
    }

    private func reopen(_ record: ClosedDatabases.Record, _ server: HostedServer) throws {
        // From now on whoever comes in is welcome.
        closed.holdLeniently(record)
        if let units = record.units {
            try start(units, of: record)
        } else {
            try server.engine.reopen(record.plan)
        }
        try closed.remove(record)
    }

    /// Those that don't run then stay on record.
    private func start(_ units: [String], of record: ClosedDatabases.Record) throws {
        let systemd = ServerUnits(self)
        do {
            try systemd.start(units)
        } catch {
            let left = units.filter { (try? systemd.isActive($0)) != true }
            if !left.isEmpty, left != units {
                var rest = record
                (rest.id, rest.units) = (.random(), left)
                try closed.add(rest)
                try closed.remove(record)
            }
            throw error
        }
    }
}
