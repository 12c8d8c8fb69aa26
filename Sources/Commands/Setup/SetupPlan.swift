internal import Model
internal import Settings
internal import Wire

/// What a setup is going to do.
struct SetupPlan: Sendable {
    /// A cluster whose server has to let the daemon's role in.
    struct Cluster: Sendable {
        var cluster: SurveyedCluster
        /// As admins call it.
        var server: String
        /// The role, and the user of that name.
        var role: String
        var readiness: ClusterReadiness
        /// Whether its log for slots is limited; only where it has no limit.
        var limit: SlotLimit?
    }

    var additions: [ServerAddition] = []
    var clusters: [Cluster] = []
    var repository: String
    var keyFile: String
    /// The key lies encrypted there: only the daemon opens the repository by it.
    var keyIsSealed = false
    var repositoryExists: Bool
    /// Settings files to be written, by path.
    var texts: [String: String] = [:]
    /// As they will be.
    var settings: DaemonSettings
    /// Lines for a drop-in of the daemon's unit.
    var unitLines: [String] = []

    /// For people, before anything is done.
    var text: String {
        var lines = additions.map { addition in
            "server \(addition.name): \(addition.connection ?? addition.folders.joined(separator: ", "))"
        }
        for cluster in clusters {
            let statements = cluster.readiness.statements + (cluster.limit?.statements ?? [])
            guard !statements.isEmpty else { continue }
            lines.append("to PostgreSQL server \(cluster.server): \(statements.joined(separator: "; "))")
        }
        lines.append(
            repositoryExists
                ? "repository \(repository), which is there already"
                : "a new repository \(repository), opened by \(keyFile)")
        for (path, text) in texts.sorted(by: { $0.key < $1.key }) {
            lines.append("\(path):\n" + text.parts(between: ["\n"]).map { "    \($0)" }.joined(separator: "\n"))
        }
        return lines.joined(separator: "\n")
    }
}
