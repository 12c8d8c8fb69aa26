package import Model
package import Wire

extension HostService {
    package func examination(for actor: Actor) async throws -> [Symptom] {
        try await ask { host in host.examine() }
    }
}

extension Host {
    /// What only the daemon can tell of what would make its next runs fail: it looks with its own rights, from inside its
    /// own unit.
    func examine() -> [Symptom] {
        examineFolders() + examineSpace() + configuration.servers.flatMap(examine)
    }
}
