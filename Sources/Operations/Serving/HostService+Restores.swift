package import Model
package import Wire

extension HostService {
    package func restore(_ request: RestoreRequest, by actor: Actor) async throws -> Run {
        try await ask { host in try host.requestRestore(request, by: actor) }
    }

    package func verify(_ request: VerifyRequest, by actor: Actor) async throws -> Run {
        try await ask { host in try host.requestVerify(request, by: actor) }
    }

    package func drill(_ request: DrillRequest, by actor: Actor) async throws -> DrillReply {
        try await ask { host in try host.requestDrill(request, by: actor) }
    }
}
