package import Model
package import Wire

extension HostService {
    package func clients(of pattern: String?, for actor: Actor) async throws -> [Wire::DatabaseClient] {
        try await ask { host in try host.attended(pattern).clients.map(\.wire) }
    }

    package func disconnectClients(_ request: DisconnectRequest, by actor: Actor) async throws -> DisconnectReply {
        try await ask { host in try host.disconnect(request, by: actor) }
    }

    package func messageClients(_ request: ClientMessage, by actor: Actor) async throws -> [DatabaseName] {
        try await ask { host in try host.message(request, by: actor) }
    }
}
