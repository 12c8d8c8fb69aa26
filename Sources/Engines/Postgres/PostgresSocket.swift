import Model
package import Platform

/// A running cluster as the socket shows it that it listens on.
package struct PostgresSocket: Sendable, Equatable {
    package let folder: String
    package let port: Int
    package let owner: Users.Account
    package let dataFolder: String

    private static let prefix = ".s.PGSQL."

    /// The clusters that listen in these folders, each once.
    ///
    /// In a folder that everybody may write to, only those of the user `postgres` count: anybody could pretend to be another.
    package static func all(in folders: [String]) -> [PostgresSocket] {
        var known: Set<String> = []
        return folders.flatMap { folder -> [PostgresSocket] in
            guard let place = Files.realPath(folder), known.insert(place).inserted,
                let status = try? Files.status(place), status.kind == .directory
            else { return [] }
            let names = ((try? Files.list(place)) ?? []).filter { $0.begins(with: prefix) && !$0.ends(with: ".lock") }
            return names.compactMap { name in
                guard let port = name.rest(after: prefix).flatMap({ Int($0) }),
                    let socket = PostgresSocket(in: folder, place, port: port)
                else { return nil }
                return status.mode & 0o002 == 0 || socket.owner.name == "postgres" ? socket : nil
            }.sorted { $0.port < $1.port }
        }
    }

    /// Nil when no server is behind it.
    package init?(in folder: String, port: Int) {
        guard let place = Files.realPath(folder) else { return nil }
        self.init(in: folder, place, port: port)
    }

    /// The lock file beside the socket holds the server's process, its data folder and more, a line each.
    /// Source: postgresql.org, src/include/utils/pidfile.h.
    private init?(in folder: String, _ place: String, port: Int) {
        let path = "\(place)/\(Self.prefix)\(port)"
        guard let status = try? Files.status(path, followLinks: false), status.kind == .other,
            let owner = Users.account(uid: status.uid), let bytes = try? Files.read("\(path).lock", limit: 8192)
        else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).parts(between: ["\n"], keepingEmpty: true)
        guard lines.count > 1, let process = Int32(lines[0]), Processes.uid(process) == status.uid else { return nil }
        self.folder = folder
        self.port = port
        self.owner = owner
        dataFolder = String(lines[1])
    }
}
