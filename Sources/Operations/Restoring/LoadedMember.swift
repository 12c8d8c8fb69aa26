import Foundation
import Model
import Platform

/// A database under a temporary name in a running server, written down before it is made, so that a crash leaves none.
struct LoadedMember: Codable {
    private static let suffix = ".member"

    /// What it is to become.
    var database: DatabaseName
    /// As the server calls it.
    var temporary: String
    /// Whether it was about to get its own name.
    var isPlacing = false

    static func path(_ run: Int64, in folder: String) -> String { "\(folder)/\(run)\(suffix)" }

    /// Durable on return.
    func write(to path: String) throws {
        try Files.writeDurably(Array(try JSONEncoder().encode(self)), to: path, mode: 0o600)
    }

    static func forget(_ path: String) throws {
        try Files.remove(path)
        try Files.syncDirectory(Files.parent(of: path))
    }

    /// What killed runs have left.
    /// - Parameter runs: that are at work.
    static func leftovers(in folder: String, without runs: Set<String>) throws -> [(path: String, member: LoadedMember)]
    {
        try Files.list(folder).filter { $0.ends(with: suffix) && !runs.contains(String($0.dropLast(suffix.count))) }
            .sorted().map { name in
                let path = "\(folder)/\(name)"
                return (path, try JSONDecoder().decode(LoadedMember.self, from: Data(try Files.read(path))))
            }
    }
}
