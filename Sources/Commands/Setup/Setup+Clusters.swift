internal import Model
internal import Platform
internal import Settings
internal import Wire

extension Setup {
    /// Clusters that are found or named, and those of the settings again, whose preparation may have ended early.
    func chooseClusters(
        besides present: DaemonSettings, _ names: inout ServerNames
    ) throws -> (additions: [ServerAddition], prepared: [SetupPlan.Cluster]) {
        guard !wishes.leavesPostgres else { return ([], []) }
        let known = present.servers.filter { $0.engine == "postgres" }
        var additions: [ServerAddition] = []
        var prepared = try known.compactMap { server -> SetupPlan.Cluster? in
            guard mayPrepare(server.role), let cluster = server.socket.flatMap(listening) else { return nil }
            return try look(at: cluster, server: server.name)
        }
        for (cluster, connection) in try candidates() {
            let isKnown = known.contains { server in
                server.connection?.isSame(as: connection) == true
                    || cluster.map { Self.isSame($0, server.socket) } ?? false
            }
            guard !isKnown, try isVisible(cluster), try !isCopy(cluster, connection) else { continue }
            let name: String
            if let cluster {
                guard var plan = try choose(cluster) else { continue }
                name = names.name(forCluster: cluster.dataFolder)
                plan.server = name
                prepared.append(plan)
            } else {
                name = names.name(forCluster: "")
                try record.say(
                    "found", "server \(name), whose role is not prepared by this",
                    hint: "prepare it as the README says; one over the network needs a drop-in for the daemon's unit")
            }
            additions.append(.postgres(name, connection: connection))
        }
        return (additions, prepared)
    }

    /// Nil for one that is declined, or can't be backed up.
    private func choose(_ cluster: SurveyedCluster) throws -> SetupPlan.Cluster? {
        if wishes.connections.isEmpty {
            try record.say("found", Self.text(cluster))
            guard try questions.confirm("protect the server on port \(cluster.port)?") else { return nil }
        }
        return try look(at: cluster, server: "on port \(cluster.port)")
    }

    /// By their socket where they have one here, and how the daemon is to reach them.
    private func candidates() throws -> [(SurveyedCluster?, String)] {
        guard !wishes.connections.isEmpty else {
            return site.survey.clusters(in: site.socketFolders).map { cluster in
                let port = cluster.port == 5432 ? "" : " port=\(cluster.port)"
                return (cluster, "host=\(cluster.folder)\(port) user=\(site.account)")
            }
        }
        return try wishes.connections.map { connection in
            let addition = ServerAddition.postgres("", connection: connection)
            guard mayPrepare(addition.role), let socket = addition.socket else { return (nil, connection) }
            guard let cluster = listening(at: socket) else {
                throw Fault(
                    .serverUnreachable, "no PostgreSQL server listens on port \(socket.port) in \(socket.folder)",
                    hint: "start it, or correct what follows --postgres")
            }
            return (cluster, connection)
        }
    }

    /// Whether the daemon can reach its socket; said where it can't.
    private func isVisible(_ cluster: SurveyedCluster?) throws -> Bool {
        guard let cluster, site.service.isManaged, let place = Files.realPath(cluster.folder),
            site.service.hiddenFolders.contains(where: { FolderProposal.contains($0, place) })
        else { return true }
        try record.say(
            "found", "\(Self.text(cluster)) is left out: the daemon's unit has a \(place) of its own",
            hint: "have the server listen in /var/run/postgresql too (unix_socket_directories), and run setup again")
        return false
    }

    /// Whether it runs on what a restore has left; said where it does. One that was named is meant.
    private func isCopy(_ cluster: SurveyedCluster?, _ connection: String) throws -> Bool {
        guard let cluster, wishes.connections.isEmpty,
            cluster.isCopy || FolderProposal.isCopy("\(cluster.dataFolder)/base")
        else { return false }
        try record.say(
            "found", "\(Self.text(cluster)) is left out: its folder is a copy, which a restore has written",
            hint: "to protect it all the same run setup with --postgres \(connection.shellWord)")
        return true
    }

    /// Another role than the daemon's own is its admin's to prepare.
    private func mayPrepare(_ role: String?) -> Bool { role == nil || role == site.account }

    private func listening(at socket: (folder: String, port: Int)) -> SurveyedCluster? {
        site.survey.clusters(in: [socket.folder]).first { $0.port == socket.port }
    }

    private static func isSame(_ cluster: SurveyedCluster, _ socket: (folder: String, port: Int)?) -> Bool {
        guard let socket, socket.port == cluster.port else { return false }
        guard let place = Files.realPath(socket.folder) else { return false }
        return Files.realPath(cluster.folder)?.isSame(as: place) == true
    }

    private static func text(_ cluster: SurveyedCluster) -> String {
        "the PostgreSQL server on port \(cluster.port) in \(cluster.folder) (\(cluster.dataFolder))"
    }

    /// Nil for one that can't be backed up, which is said.
    private func look(at cluster: SurveyedCluster, server: String) throws -> SetupPlan.Cluster? {
        do {
            let readiness = try site.survey.readiness(of: cluster, for: site.account)
            guard !readiness.isStandby else {
                try record.say("found", "\(Self.text(cluster)) is a standby", hint: "back up its primary")
                return nil
            }
            guard readiness.replicates else {
                throw Fault(
                    .serverUnsupported, "\(Self.text(cluster)) does not replicate, which its backups need",
                    hint:
                        "as a superuser: ALTER SYSTEM SET wal_level = replica; ALTER SYSTEM SET max_wal_senders = 10; "
                        + "ALTER SYSTEM SET max_replication_slots = 10; restart it, and run setup again")
            }
            let free = (try? Files.space(cluster.dataFolder).free) ?? ByteCount(4 << 30)
            return SetupPlan.Cluster(
                cluster: cluster, server: server, role: site.account, readiness: readiness,
                limit: readiness.slotLimit == nil
                    ? .proposed(free: free, otherSlots: readiness.otherSlots) : nil)
        } catch {
            try record.failed("found", Fault.wrapping(error))
            return nil
        }
    }
}
