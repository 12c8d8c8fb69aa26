import Catalog
import Engines
import Model
import Wire

/// Servers of the settings that are one and the same cluster: what one's window closes, the other's would open.
extension Host {
    /// Other servers with the data folder of this one, as they were found last.
    func twins(of server: HostedServer) -> [String] {
        guard server.engine.restoresFolder else { return [] }
        let folders = dataFolders()
        guard let own = folders[server.name] else { return [] }
        return folders.filter { $0.key != server.name && $0.value == own }.keys.sorted()
    }

    /// By server: of clusters whose place is known.
    private func dataFolders() -> [String: String] {
        let clusters = configuration.servers.filter(\.engine.restoresFolder).map(\.name)
        guard clusters.count > 1, let records = try? catalog.databases() else { return [:] }
        return Dictionary(
            records.filter { clusters.contains($0.server) && $0.state == .present }.map { ($0.server, $0.path) }
        ) { first, _ in first }
    }

    /// For `status`; each pair once.
    var twinProblems: [ProblemObject] {
        configuration.servers.flatMap { server in
            twins(of: server).filter { $0 > server.name }.map { other in
                ProblemObject(
                    code: .badSettings,
                    message:
                        "servers \(server.name) and \(other) of the settings are the same cluster: all of it is backed "
                        + "up twice, and one's maintenance keeps the other waiting",
                    hint: "leave one of them in the settings; the backups of the other stay")
            }
        }
    }

    /// Lets work of a server begin again, and of its twins, unless one of them is in maintenance.
    func releaseQueue(of server: HostedServer) {
        let group = [server.name] + twins(of: server)
        guard !group.contains(where: { maintenance.isClosed($0) && $0 != server.name && maintenance.holds($0) }) else {
            return
        }
        for name in group { queue.release(name) }
    }
}
