package import Engines
package import Model
import Petitions
package import Settings

/// The settings in force and the engines made from them; replaced whole by a reload.
package struct Configuration: Sendable {
    package let settings: DaemonSettings
    package let servers: [HostedServer]

    /// - Throws: `bad-settings`.
    package init(_ settings: DaemonSettings) throws {
        self.settings = settings
        servers = try settings.servers.map { server in
            let definition = ServerDefinition(
                name: server.name, folders: server.folders, include: server.include, exclude: server.exclude,
                connection: server.connection, scratch: settings.scratchFolder,
                forbidden: [settings.stateDirectory, settings.logDirectory, settings.repository.path],
                rootPort: settings.helper.map { RootPort($0) })
            return HostedServer(settings: server, engine: try EngineRegistry.engine(server.engine, for: definition))
        }
    }

    /// Why the engine of a server won't take its `connection`; nil when it will. For who checks settings before a start.
    package static func connectionFault(_ server: ServerSettings) -> Fault? {
        EngineRegistry.connectionFault(server.engine, server: server.name, connection: server.connection)
    }

    package func server(_ name: String) -> HostedServer? { servers.first { $0.settings.name == name } }
}

/// A configured server with its engine.
package struct HostedServer: Sendable {
    package let settings: ServerSettings
    package let engine: any Engine

    package var name: String { settings.name }
}

extension DaemonSettings {
    /// Scratch images and trial restores; emptied at start.
    package var scratchFolder: String { "\(stateDirectory)/scratch" }
    /// Intents of restores in place.
    package var intentFolder: String { "\(stateDirectory)/restores" }
    /// How databases that are closed to their clients are opened again.
    package var closedFolder: String { "\(stateDirectory)/closed" }
    package var catalogPath: String { "\(stateDirectory)/catalog.db" }
}
