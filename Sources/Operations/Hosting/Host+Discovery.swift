package import Catalog
package import Engines
package import Model
import Platform

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
    @discardableResult
    package func discover(_ server: HostedServer) throws -> [LocatedDatabase] {
        let known = try catalog.databases(server: server.name)
        let memory = try catalog.server(server.name)?.identity
        let discovery = server.engine.discover(known: known.map(\.path), memory: memory)
        let finding = discovery.finding
        let sightings = finding.databases.map {
            Sighting(
                name: $0.name, path: $0.path, engine: server.engine.kind, size: $0.size, fault: $0.fault)
        }
        switch discovery {
        case .complete:
            try catalog.record(
                .complete(sightings, identity: finding.memory), server: server.name, terms: try discoveryTerms())
        case .unreachable(let fault, _):
            try catalog.record(.unreachable(fault), server: server.name, terms: try discoveryTerms())
        }
        let units = Dictionary(
            try catalog.databases(server: server.name).map { ($0.path, $0.unit) },
            uniquingKeysWith: { first, _ in first })
        return finding.databases.compactMap { found in
            guard found.fault == nil, let unit = units[found.path] else { return nil }
            return LocatedDatabase(unit: unit, found: found, server: server)
        }
    }

    /// Asks every server; one that fails is written down and doesn't keep the others.
    package func discoverAll() -> [LocatedDatabase] {
        configuration.servers.flatMap { server in
            do {
                return try discover(server)
            } catch {
                say([MessageDraft(.error, Fault.wrapping(error))])
                return []
            }
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
