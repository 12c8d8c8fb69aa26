import Catalog
import Engines
import Model
import Synchronization
import Wire

/// Servers that don't answer: why, and what would help.
extension Host {
    /// Nothing is known any more of a server; nothing of it counts as deleted.
    func lose(_ server: String, _ fault: Fault) throws {
        try catalog.record(.unreachable(fault), server: server, terms: try discoveryTerms())
        remedies.withLock { $0[server] = fault.hint }
    }

    /// Why a server did not answer when it was asked last; nil when it did.
    func silence(of server: String) -> Fault? {
        guard let record = try? catalog.server(server), !record.isReachable else { return nil }
        return silence(record)
    }

    func silence(_ record: ServerRecord) -> Fault {
        let safe = "nothing of it counts as deleted until it answers"
        let remedy = remedies.withLock { $0[record.name] }
        return Fault(
            .serverUnreachable, "server \(record.name) is unreachable: \(record.reason ?? "unknown reason")",
            hint: remedy.map { "\($0) (\(safe))" } ?? safe)
    }

    /// The same, having asked once more where asking can't hang: it may have come back since.
    func lastingSilence(of server: HostedServer) -> Fault? {
        guard let fault = silence(of: server.name) else { return nil }
        guard server.engine.restoresFolder, (try? discover(server, patience: .seconds(10))) != nil else { return fault }
        return silence(of: server.name)
    }

    /// What to tell of a name that fits nothing: where its server doesn't answer, nobody knows whether it exists.
    func explained(_ fault: Fault, typed: [String]) -> Fault {
        guard fault.code == .notFound else { return fault }
        let named = configuration.servers.map(\.name).filter { server in
            typed.contains { $0 == server || $0.begins(with: "\(server)/") }
        }
        return named.lazy.compactMap { self.silence(of: $0) }.first ?? fault
    }
}
