internal import Model

/// A server that is to be added to the settings.
package struct ServerAddition: Sendable, Equatable, Codable {
    package var name: String
    package var engine: String
    /// Absolute paths; of a SQLite server.
    package var folders: [String]
    /// Shell patterns of what to leave out.
    package var exclude: [String]
    /// Of a server that is connected to.
    package var connection: String?

    package static func sqlite(_ name: String, folder: String, exclude: [String] = []) -> ServerAddition {
        ServerAddition(name: name, engine: "sqlite", folders: [folder], exclude: exclude, connection: nil)
    }

    package static func postgres(_ name: String, connection: String) -> ServerAddition {
        ServerAddition(name: name, engine: "postgres", folders: [], exclude: [], connection: connection)
    }

    /// Its table, for the end of a settings file.
    package var toml: String {
        var lines = ["[servers.\(name)]", "engine = \(SettingText.quoted(engine))"]
        if !folders.isEmpty { lines.append("folders = \(Self.list(folders))") }
        if !exclude.isEmpty { lines.append("exclude = \(Self.list(exclude))") }
        if let connection { lines.append("connection = \(SettingText.quoted(connection))") }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The table `repository`, for a file of its own.
    package static func repository(path: String?, keyFile: String?) -> String {
        let lines = [path.map { ("path", $0) }, keyFile.map { ("key_file", $0) }].compactMap(\.self)
        return "[repository]\n" + lines.map { "\($0.0) = \(SettingText.quoted($0.1))\n" }.joined()
    }

    private static func list(_ texts: [String]) -> String {
        "[\(texts.map(SettingText.quoted).joined(separator: ", "))]"
    }
}

extension ServerSettings {
    /// Where a cluster of this machine listens; nil for one that isn't reached by the socket in a folder.
    package var socket: (folder: String, port: Int)? { Self.socket(engine: engine, connection: connection) }

    /// The role that its `connection` names by a plain keyword.
    package var role: String? { Self.role(connection) }

    fileprivate static func role(_ connection: String?) -> String? {
        ClusterPlace.words(connection ?? "").compactMap { $0.rest(after: "user=") }.last
    }

    fileprivate static func socket(engine: String, connection: String?) -> (folder: String, port: Int)? {
        guard engine == "postgres", let place = connection.flatMap(ClusterPlace.init), place.host.begins(with: "/"),
            let port = Int(place.port)
        else { return nil }
        return (place.host, port)
    }
}

extension ServerAddition {
    // As those of `ServerSettings`.

    package var role: String? { ServerSettings.role(connection) }
    package var socket: (folder: String, port: Int)? { ServerSettings.socket(engine: engine, connection: connection) }
}
