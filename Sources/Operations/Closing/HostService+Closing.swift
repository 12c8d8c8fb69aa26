package import Model
package import Wire

extension HostService {
    package func closeDatabases(_ request: CloseRequest, by actor: Actor) async throws -> [ClosedDatabase] {
        try await ask { host in try host.closeDatabases(request, by: actor) }
    }

    package func openDatabases(_ request: OpenRequest, by actor: Actor) async throws -> [DatabaseName] {
        try await ask { host in try host.openDatabases(request.databases, by: actor) }
    }
}
