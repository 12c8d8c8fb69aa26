package import Catalog
package import Engines
import Foundation
package import Model
import Platform
import Synchronization

/// A database that is there now, with the unit that its backups belong to.
package struct LocatedDatabase: Sendable {
    package let unit: UnitID
    package let found: FoundDatabase
    package let server: HostedServer
}

extension Host {
    /// Asks a server for its databases, and writes down what changed with its messages.
    ///
    /// - Returns: the databases that can be backed up as they are. Also of a server that could not be seen whole: what is
    ///   there can be backed up, and nothing counts as deleted.
    /// - Parameter patience: for another look at the same server that is under way.
    /// - Throws: `server-unreachable` when that look doesn't end.
    @discardableResult
    package func discover(_ server: HostedServer, patience: Duration = .seconds(30)) throws -> [LocatedDatabase] {
        guard gate.enter(server.name, patience: patience) else { throw Self.hanging(server.name) }
        defer { gate.leave(server.name) }
        let known = try catalog.databases(server: server.name)
        let memory = try catalog.server(server.name)?.identity
        let discovery = server.engine.discover(known: known.map(\.path), memory: memory)
        let finding = discovery.finding
        let sightings = finding.databases.map {
            Sighting(
                name: $0.name, path: $0.path, engine: server.engine.kind, size: $0.size, fault: $0.fault,
                members: $0.members.map { DatabaseMember(name: $0.name, size: $0.size, state: $0.state) })
        }
        switch discovery {
        case .complete:
            let changes = try catalog.record(
                .complete(sightings, identity: finding.memory), server: server.name, terms: try discoveryTerms())
            remedies.withLock { $0[server.name] = nil }
            observeLeftovers(of: server)
            if changes != DiscoveryChanges() { following.lookAgain(at: server.name) }
        case .unreachable(let fault, _):
            try lose(server.name, fault)
        }
        let units = Dictionary(
            try catalog.databases(server: server.name).map { (NativePath($0.path), $0.unit) },
            uniquingKeysWith: { first, _ in first })
        return finding.databases.compactMap { found in
            guard found.fault == nil, let unit = units[NativePath(found.path)] else { return nil }
            return LocatedDatabase(unit: unit, found: found, server: server)
        }
    }

    static func hanging(_ server: String) -> Fault {
        Fault(
            .serverUnreachable, "server \(server) does not answer",
            hint: "see whether its folders are on a file system that hangs")
    }

    /// Asks every server at once; one that fails is written down, one that hangs isn't waited for, and neither keeps the
    /// others.
    package func discoverAll(patience: Duration = .seconds(20)) -> [LocatedDatabase] {
        let servers = configuration.servers
        let answers = Answers(count: servers.count)
        for server in servers {
            Threads.start("discovery") { [self] in
                var found: [LocatedDatabase] = []
                do {
                    found = try discover(server, patience: patience)
                } catch {
                    let fault = Fault.wrapping(error)
                    // A look that hangs is told by whoever looks after it.
                    if fault.code != .serverUnreachable { say([MessageDraft(.error, fault)]) }
                }
                answers.add(found)
            }
        }
        return answers.wait(patience)
    }

    /// Nothing is known any more of the databases of servers that the settings don't name: nothing of them goes.
    package func markRemovedServers() throws {
        let known = try Set(catalog.databases().filter { $0.state != .unreachable }.map(\.server))
        for server in known.sorted() where configuration.server(server) == nil {
            let slots = try catalog.databases(server: server).filter { $0.engine == "postgres" }.map {
                "SELECT pg_drop_replication_slot('\(Self.slotName($0.unit))')"
            }
            let slot =
                slots.isEmpty
                ? ""
                : "; if its log was received, its replication slot keeps log on its disk until, on the server: "
                    + slots.joined(separator: "; ")
            let fault = Fault(
                .serverUnreachable, "server \(server) is not in the settings",
                hint: "its backups stay as they are; add it again, or delete them with `holdfast backups delete`"
                    + slot)
            try lose(server, fault)
        }
    }

    /// Tells of servers that have not answered for a minute; nothing of them counts as deleted.
    func tellHanging() throws {
        for server in gate.hanging(longerThan: .seconds(60)) {
            try lose(server, Self.hanging(server))
        }
    }

    /// The database as its server shows it now.
    /// - Throws: `not-found`, or the fault that keeps it from being read.
    package func locate(_ record: DatabaseRecord) throws -> LocatedDatabase {
        guard let server = configuration.server(record.server) else {
            throw Fault(
                .notFound, "server \(record.server) of \(record.name) is not in the settings",
                hint: "add it to the settings, or restore the database beside with --to")
        }
        let found = FoundDatabase(name: record.name, path: record.path, size: record.size ?? .zero)
        return LocatedDatabase(unit: record.unit, found: found, server: server)
    }
}

/// What several servers answer within a time.
///
/// All state is behind the condition's lock.
private final class Answers: @unchecked Sendable {
    private let condition = NSCondition()
    private var found: [LocatedDatabase] = []
    private var open: Int

    init(count: Int) { open = count }

    func add(_ databases: [LocatedDatabase]) {
        condition.lock()
        defer { condition.unlock() }
        found += databases
        open -= 1
        condition.broadcast()
    }

    func wait(_ patience: Duration) -> [LocatedDatabase] {
        let deadline = Date(timeIntervalSinceNow: patience.inSeconds)
        condition.lock()
        defer { condition.unlock() }
        while open > 0 {
            if !condition.wait(until: deadline) { break }
        }
        return found
    }
}
