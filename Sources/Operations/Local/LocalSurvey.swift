import Engines
import Model
import Platform
package import Wire

/// This machine, looked at by the command line itself before there is a daemon.
package struct LocalSurvey: MachineSurvey {
    package init() {}

    package func databases(below folders: [String], excluding excluded: [String]) -> FileSurvey {
        let mounts = (try? Mounts.now()) ?? []
        let (found, shortfall) = DatabaseProspect(excluding: excluded, mounts: mounts).run(below: folders)
        return FileSurvey(
            files: found.map { SurveyedFile(path: $0.path, size: $0.size, device: $0.device, isCopy: $0.isCopy) },
            shortfall: shortfall)
    }

    package func clusters(in folders: [String]) -> [SurveyedCluster] {
        PostgresSocket.all(in: folders).map {
            SurveyedCluster(
                folder: $0.folder, port: $0.port, owner: $0.owner.name, dataFolder: $0.dataFolder,
                isCopy: RestoredCopy.isMarked(folder: $0.dataFolder))
        }
    }

    package func readiness(of cluster: SurveyedCluster, for role: String) throws -> ClusterReadiness {
        let found = try PostgresReadiness.look(try owner(of: cluster), role: role)
        try PostgresDiscovery.checkVersion(found.version, of: "on port \(cluster.port)")
        return ClusterReadiness(
            majorVersion: found.version / 1_00_00, isStandby: found.isInRecovery, replicates: found.replicates,
            statements: found.statements,
            slotLimit: found.slotLimit, otherSlots: found.otherSlots, hostFile: found.hostFile,
            size: found.size)
    }

    package func run(_ statements: [String], on cluster: SurveyedCluster) throws {
        try owner(of: cluster).ask(statements)
    }

    package func refusal(of cluster: SurveyedCluster, to user: String, replicating: Bool) throws -> String? {
        guard let account = Users.account(named: user) else {
            throw Fault(
                .notFound, "there is no user \(user)", hint: "install the package, whose service runs as that user")
        }
        return try owner(of: cluster).refusal(to: account, replicating: replicating)
    }

    package func admit(_ lines: [String], to cluster: SurveyedCluster, hostFile: String) throws -> String {
        let owner = try owner(of: cluster)
        let copy = try owner.putOnTop(lines, of: hostFile)
        try owner.ask(["SELECT pg_reload_conf()"])
        return copy
    }

    private func owner(of cluster: SurveyedCluster) throws -> PostgresOwner {
        guard let socket = PostgresSocket(in: cluster.folder, port: cluster.port) else {
            throw Fault(
                .serverUnreachable, "no PostgreSQL server listens on port \(cluster.port) in \(cluster.folder)",
                hint: "start it, and run this again")
        }
        return PostgresOwner(socket)
    }
}
