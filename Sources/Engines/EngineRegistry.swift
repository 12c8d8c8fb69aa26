package import Model

/// The engines there are, by the name settings use.
///
/// Another one is a folder, a line here, an example in `etc/holdfast.toml`, and a test that runs `EngineContract` on it.
package enum EngineRegistry {
    package static let kinds = ["sqlite", "postgres"]

    /// - Throws: `bad-settings` for a kind that doesn't exist.
    package static func engine(_ kind: String, for server: ServerDefinition) throws -> any Engine {
        switch kind {
        case "sqlite": return SQLiteEngine(server)
        case "postgres": return PostgresEngine(server)
        default:
            throw Fault(
                .badSettings, "server \(server.name) names an unknown engine: \(kind)",
                hint: "the engines are: \(kinds.joined(separator: ", "))")
        }
    }

    /// Why an engine won't take what the settings say of how to reach a server; nil when it will. Asks no server.
    package static func connectionFault(_ kind: String, server: String, connection: String?) -> Fault? {
        guard kind == "postgres", let connection else { return nil }
        do {
            _ = try PostgresAccess(server: server, connection: connection)
            return nil
        } catch { return Fault.wrapping(error) }
    }
}
