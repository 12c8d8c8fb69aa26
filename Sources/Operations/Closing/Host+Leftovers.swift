import Catalog
import Engines
import Model
import Synchronization
import Wire

/// Databases that are closed although nobody has closed them here: a backup that a maintenance window made brings them back
/// so.
extension Host {
    /// Looks which those of a server are, for `status`; one that doesn't answer has those that it had.
    func observeLeftovers(of server: HostedServer) {
        guard server.engine.restoresFolder, !maintenance.isClosed(server.name) else { return }
        // One that is closed or opened meanwhile is known before or afterwards.
        let before = closed.all
        guard let found = try? server.engine.leftovers() else { return }
        let known = Set((before + closed.all).map(\.name))
        let names = found.map { DatabaseName(server: server.name, path: $0.member) }.filter { !known.contains($0) }
        leftClosed.withLock { $0[server.name] = Set(names) }
    }

    /// For `status`: nobody must wonder why their clients are refused after a restore.
    var leftoverProblems: [ProblemObject] {
        let known = Set(closed.all.map(\.name))
        let names = leftClosed.withLock { all in all.filter { configuration.server($0.key) != nil }.values.joined() }
        return names.filter { !known.contains($0) }.sorted().map { name in
            ProblemObject(
                code: .databaseClosed,
                message:
                    "\(name) is closed to its clients: a backup that was made in a maintenance window brought it back "
                    + "so", hint: "`holdfast databases open \(name.shellWord)` gives it its former limit back")
        }
    }

    /// Opens those that are meant, and none that somebody has closed.
    ///
    /// - Throws: `not-found` when there are none.
    func openLeftovers(_ typed: String, by actor: Actor) throws -> [DatabaseName] {
        let known = Set(closed.all.map(\.name))
        let names = try attended(typed).databases.filter { isMember($0) && !known.contains($0) }
        let servers = Set(names.map(\.server)).sorted().compactMap { configuration.server($0) }
        let meant = try servers.flatMap { server in
            try refuseInMaintenance(server.name)
            return try server.engine.leftovers().map { left in
                (server, DatabaseName(server: server.name, path: left.member), left.plan)
            }.filter { names.contains($0.1) }
        }
        guard !meant.isEmpty else {
            throw Fault(.notFound, "\(typed) is not closed", hint: "`holdfast status` names what is closed")
        }
        for (server, name, plan) in meant {
            try server.engine.reopen(plan)
            leftClosed.withLock { _ = $0[server.name]?.remove(name) }
            say([
                MessageDraft(
                    .success, .databaseOpened,
                    "\(name), which a backup brought back closed, is open to its clients again", database: name,
                    actor: actor)
            ])
        }
        return meant.map(\.1)
    }
}
