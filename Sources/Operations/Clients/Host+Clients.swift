import Catalog
import Engines
import Foundation
import Model
import Platform
import Settings
import Wire

/// A client with the database it is connected to, which may be one of several of a unit.
struct AttendedClient {
    var database: DatabaseName
    var client: Engines::DatabaseClient
    var server: HostedServer

    var wire: Wire::DatabaseClient {
        Wire::DatabaseClient(
            id: "\(server.name):\(client.processID)", database: database, pid: client.processID,
            command: client.command,
            user: client.user, uid: client.uid, unit: client.unit, address: client.session?.address,
            since: client.session?.since, state: client.session?.state,
            querySeconds: client.session?.queryAge?.inSeconds)
    }
}

extension Host {
    /// The clients of what `pattern` means, all for nil, and the databases it means.
    ///
    /// - Throws: `not-found`, `ambiguous-name`, why a server can't be asked.
    func attended(_ pattern: String?) throws -> (clients: [AttendedClient], databases: Set<DatabaseName>) {
        for server in configuration.servers
        where pattern.map({ NameSelection.mayCover([$0], server: server.name) }) == true {
            _ = lastingSilence(of: server)
        }
        let records = try catalog.databases().filter { $0.state != .unreachable }
        let named = (try? pattern.map { try NameSelection.several([$0], among: records.map(\.name)) }) ?? []
        var clients: [AttendedClient] = []
        /// The unit that each database of a server belongs to.
        var units: [DatabaseName: DatabaseName] = [:]
        for server in configuration.servers {
            // What a server calls its databases is known only when it is asked.
            let wanted = try records.filter { record in
                record.server == server.name
                    && (pattern == nil || server.engine.restoresFolder || named.contains(record.name))
            }.map { try locate($0).found }
            guard !wanted.isEmpty else { continue }
            let listing = try server.engine.clients(of: wanted)
            for unit in wanted {
                for member in listing.members { units[DatabaseName(server: server.name, path: member)] = unit.name }
                clients += (listing.clients[NativePath(unit.path)] ?? []).map { client in
                    let member = client.session.map { DatabaseName(server: server.name, path: $0.database) }
                    return AttendedClient(database: member ?? unit.name, client: client, server: server)
                }
            }
        }
        let names = records.map(\.name) + units.keys
        if pattern == nil, names.isEmpty, try answersAgain() { return try attended(nil) }
        let chosen: Set<DatabaseName>
        do {
            chosen = Set(try pattern.map { try NameSelection.several([$0], among: names) } ?? names)
        } catch { throw explained(Fault.wrapping(error), typed: pattern.map { [$0] } ?? []) }
        let meant = Set(names.filter { chosen.contains($0) || units[$0].map { chosen.contains($0) } == true })
        let found = clients.filter { meant.contains($0.database) }
        return (found.sorted { ($0.database, $0.client.processID) < ($1.database, $1.client.processID) }, meant)
    }

    /// Whether servers that were silent answer now; false when none was.
    /// - Throws: why one doesn't.
    private func answersAgain() throws -> Bool {
        let silent = configuration.servers.filter { silence(of: $0.name) != nil }
        for server in silent {
            if let fault = lastingSilence(of: server) { throw fault }
        }
        return !silent.isEmpty
    }

    /// Tells the clients, gives them their time, and ends the sessions of those that are still there.
    func disconnect(_ request: DisconnectRequest, by actor: Actor) throws -> DisconnectReply {
        try request.check()
        let wanted = try chosen(request)
        let until = WallClock.now() + .seconds(request.graceSeconds)
        if let text = request.message {
            for (server, members) in Self.members(of: wanted) {
                try server.engine.message(text, until: until, to: members)
            }
        }
        var present = wanted
        let deadline = BootClock.now() + .seconds(request.graceSeconds)
        while !present.isEmpty, BootClock.now() < deadline {
            Thread.sleep(forTimeInterval: min(.seconds(1), deadline - BootClock.now()).inSeconds)
            present = try stillThere(present)
        }
        var left: [AttendedClient] = []
        for (server, group) in Self.byServer(present) {
            let remaining = Set(try server.engine.disconnect(group.map(\.client)).map(\.processID))
            left += group.filter { remaining.contains($0.client.processID) }
        }
        for name in Set(wanted.map(\.database)).sorted() {
            let all = wanted.filter { $0.database == name }
            let gone = all.count - left.count { $0.database == name }
            say([
                MessageDraft(
                    .info, .clientsDisconnected, "\(gone) of \(all.count) clients of \(name) were disconnected",
                    database: name, actor: actor)
            ])
        }
        return DisconnectReply(disconnected: wanted.count - left.count, left: left.map(\.wire))
    }

    /// - Returns: the databases whose clients were told.
    func message(_ request: ClientMessage, by actor: Actor) throws -> [DatabaseName] {
        try request.check()
        let names = try attended(request.database).databases
        let members = names.filter(\.text.hasSlash).sorted()
        for server in configuration.servers {
            let own = members.filter { $0.server == server.name }.map(\.path)
            if !own.isEmpty { try server.engine.message(request.text, until: nil, to: own) }
        }
        say(
            members.map {
                MessageDraft(
                    .info, .clientsTold, "the clients of \($0) were told: \(SafeText.oneLine(request.text))",
                    database: $0,
                    actor: actor)
            })
        return members
    }

    /// - Throws: `not-found` for an id that no client has, `ambiguous-name`, `wrong-usage` for clients that are processes.
    private func chosen(_ request: DisconnectRequest) throws -> [AttendedClient] {
        let (clients, _) = try attended(request.all)
        let chosen = try request.all != nil ? clients : request.clients.map { try Self.client($0, among: clients) }
        if let process = chosen.first(where: { $0.client.session == nil }) {
            _ = try process.server.engine.disconnect([process.client])
        }
        return chosen
    }

    private static func client(_ typed: String, among clients: [AttendedClient]) throws -> AttendedClient {
        let found = clients.filter { $0.wire.id == typed || String($0.client.processID) == typed }
        guard let client = found.first else {
            throw Fault(.notFound, "there is no client \(typed)", hint: "list them with `holdfast clients`")
        }
        guard Set(found.map(\.wire.id)).count == 1 else {
            throw Fault(
                .ambiguousName, "several clients have the number \(typed)", hint: "type the server, too: main:\(typed)")
        }
        return client
    }

    private func stillThere(_ clients: [AttendedClient]) throws -> [AttendedClient] {
        let now = Set(try attended(nil).clients.map { Session($0) })
        return clients.filter { now.contains(Session($0)) }
    }

    private static func byServer(_ clients: [AttendedClient]) -> [(server: HostedServer, clients: [AttendedClient])] {
        Dictionary(grouping: clients, by: \.server.name).sorted { $0.key < $1.key }.map { ($1[0].server, $1) }
    }

    private static func members(of clients: [AttendedClient]) -> [(server: HostedServer, members: [String])] {
        byServer(clients).map { server, clients in
            (
                server,
                Set(clients.compactMap { $0.client.session.map { DatabaseName($0.database) } }).sorted().map(\.text)
            )
        }
    }
}

/// What makes a session the same one: numbers of processes are used again.
private struct Session: Hashable {
    var server: String
    var processID: Int32
    var since: Instant?

    init(_ client: AttendedClient) {
        server = client.server.name
        processID = client.client.processID
        since = client.client.session?.since
    }
}
