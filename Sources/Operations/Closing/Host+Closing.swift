import Catalog
import Engines
import Foundation
import Model
import Platform
import Settings
import Wire

extension Host {
    /// Closes databases to their clients until they are opened again: tells the clients, gives them their time, refuses new
    /// ones and ends the sessions there are.
    ///
    /// How to open a database again is durable before it is closed.
    func closeDatabases(_ request: CloseRequest, by actor: Actor) throws -> [ClosedDatabase] {
        try request.check()
        let names = try Set(request.databases.flatMap { try attended($0).databases }).sorted().filter { isMember($0) }
        guard !names.isEmpty else {
            throw Fault(
                .wrongUsage, "only databases of a server can be closed",
                hint: "name one, such as main/crm; for others stop the systemd unit that uses them")
        }
        _ = try plansOfClosing(names)
        try announce(request, names)
        // A window may have begun in the meantime, or somebody else have closed one of them.
        let plans = try plansOfClosing(names)
        defer { lookAgain(at: plans.map(\.1)) }
        return try plans.map { name, server, plan in
            try close(
                ClosedDatabases.Record(
                    id: .random(), name: name, server: server.name, plan: plan, since: WallClock.now(), actor: actor),
                server)
        }
    }

    /// What was closed or opened is listed so at once. One that doesn't answer now is written down as such.
    private func lookAgain(at servers: [HostedServer]) {
        var seen: Set<String> = []
        for server in servers where seen.insert(server.name).inserted {
            _ = try? discover(server, patience: .seconds(5))
        }
    }

    /// - Throws: why they can't be closed now.
    private func plansOfClosing(_ names: [DatabaseName]) throws -> [(DatabaseName, HostedServer, plan: String)] {
        for server in Set(names.map(\.server)).sorted() { try refuseInMaintenance(server) }
        if let closed = closed.all.first(where: { names.contains($0.name) }) {
            throw Fault(
                .busy, "\(closed.name) is closed already",
                hint: "`holdfast databases open \(closed.name.shellWord)` opens it")
        }
        return try names.map { name in
            (name, try server(of: name), try server(of: name).engine.planClosing(name.path))
        }
    }

    private func announce(_ request: CloseRequest, _ names: [DatabaseName]) throws {
        guard let text = request.message else { return pause(request.graceSeconds) }
        let until = WallClock.now() + .seconds(request.graceSeconds)
        for name in names { try server(of: name).engine.message(text, until: until, to: [name.path]) }
        pause(request.graceSeconds)
    }

    private func pause(_ seconds: Int) { if seconds > 0 { Thread.sleep(forTimeInterval: Double(seconds)) } }

    private func close(_ record: ClosedDatabases.Record, _ server: HostedServer) throws -> ClosedDatabase {
        try closed.add(record)
        do {
            try server.engine.close(record.plan)
        } catch {
            // What was half done is undone; should that fail too, the record stays and says how.
            if (try? server.engine.reopen(record.plan)) != nil { try closed.remove(record) }
            throw error
        }
        holdClosed()
        say([
            MessageDraft(
                .warning, .databaseClosed, "\(record.name) is closed to its clients", database: record.name,
                actor: record.actor, hint: "`holdfast databases open \(record.name.shellWord)` opens it again")
        ])
        return ClosedDatabase(record)
    }

    /// - Throws: `not-found` when none of them is closed; the fault of the first that can't be opened, once all were tried.
    func openDatabases(_ typed: [String], by actor: Actor) throws -> [DatabaseName] {
        let records = closed.all
        for record in records {
            if (try? NameSelection.several(typed, among: [record.name])) != nil {
                try refuseInMaintenance(record.server)
            }
        }
        var first: (any Error)?
        var opened: [DatabaseName] = []
        for word in typed {
            let names = (try? NameSelection.several([word], among: records.map(\.name))) ?? []
            if names.isEmpty { opened += try openLeftovers(word, by: actor) }
            for record in records where names.contains(record.name) && !opened.contains(record.name) {
                do {
                    try open(record, by: actor)
                    opened.append(record.name)
                } catch { first = first ?? error }
            }
        }
        lookAgain(at: Set(opened.map(\.server)).compactMap { configuration.server($0) })
        if let first { throw first }
        return opened
    }

    private func open(_ record: ClosedDatabases.Record, by actor: Actor) throws {
        guard let server = configuration.server(record.server) else {
            throw Fault(
                .notFound, "server \(record.server) of \(record.name) is not in the settings",
                hint: "add it to the settings, and open the database then")
        }
        try server.engine.reopen(record.plan)
        try closed.remove(record)
        say([
            MessageDraft(
                .success, .databaseOpened, "\(record.name) is open to its clients again", database: record.name,
                actor: actor)
        ])
    }

    /// Keeps clients out of what is closed, also after a start.
    func holdClosed() {
        closed.holdAll { [weak self] record in
            let server =
                record.isOfWindow == true
                ? self?.maintenance.server(record.server)?.server : self?.configuration.server(record.server)
            try server?.engine.hold(record.plan)
        } failed: { [weak self] fault in
            self?.say([MessageDraft(.error, fault.code, "cannot keep clients out: \(fault.message)", hint: fault.hint)])
        }
    }

    /// For `status`: nobody must forget that a database is closed.
    var closedProblems: [ProblemObject] {
        closed.all.filter { $0.isOfWindow != true }.map { record in
            let time = record.since.rfc3339(offsetSeconds: LocalZone.offsetSeconds(at: record.since))
            return ProblemObject(
                code: .databaseClosed, message: "\(record.name) is closed to its clients since \(time)",
                hint: "`holdfast databases open \(record.name.shellWord)` opens it again")
        }
    }

    func isMember(_ name: DatabaseName) -> Bool { name.text.hasSlash && !name.text.ends(with: "/") }

    private func server(of name: DatabaseName) throws -> HostedServer {
        guard let server = configuration.server(name.server) else {
            throw Fault(.notFound, "server \(name.server) is not in the settings")
        }
        return server
    }
}

extension ClosedDatabase {
    init(_ record: ClosedDatabases.Record) {
        self.init(database: record.name, since: record.since, actor: Principal(record.actor))
    }
}
