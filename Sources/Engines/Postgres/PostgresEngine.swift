import Model
import Platform

/// A PostgreSQL cluster on this machine; the whole of it is one unit of backup.
package final class PostgresEngine: Engine {
    package let kind = "postgres"
    let server: ServerDefinition
    let access: Result<PostgresAccess, Fault>

    package init(_ server: ServerDefinition) {
        self.server = server
        access = Result {
            try PostgresAccess(server: server.name, connection: server.connection ?? "")
        }.mapError { Fault.wrapping($0) }
    }

    package let restoresFolder = true
    package var members: (any MemberEngine)? { PostgresMembers(access: access) }

    package func discover(known: [String], memory: String?) -> Discovery {
        do {
            let cluster = try PostgresDiscovery.look(try access.get().connectAnyhow())
            let folder = Files.realPath(cluster.dataFolder) ?? cluster.dataFolder
            let found = FoundDatabase(
                name: DatabaseName(server.name), path: folder,
                size: cluster.databases.reduce(.zero) { $0 + $1.size },
                fault: cluster.isInRecovery ? PostgresCluster.inRecovery(server.name) : readFault(folder),
                members: cluster.databases.map { database in
                    FoundMember(
                        name: DatabaseName(server: server.name, path: database.name), size: database.size,
                        state: database.state.rawValue)
                })
            return .complete(.init(databases: [found], memory: cluster.systemIdentifier))
        } catch {
            // Whatever the reason, nothing is known of the server, and so nothing of it counts as deleted.
            var fault = Fault.wrapping(error)
            fault.code = .serverUnreachable
            return .unreachable(fault, .init(databases: [], memory: memory ?? ""))
        }
    }

    package func changes(of database: FoundDatabase, since token: String?) -> ChangeFinding {
        .unknown(reason: "the files of a PostgreSQL cluster are compared")
    }

    package func snapshot(of database: FoundDatabase, patience: Patience) throws -> any Snapshot {
        let snapshot = try PostgresSnapshot(try access.get(), label: "holdfast \(server.name)")
        guard snapshot.dataFolder.isSame(as: database.path) else {
            snapshot.close()
            throw Fault(
                .notFound,
                "server \(server.name) has its data in \(snapshot.dataFolder), no longer in \(database.path)",
                hint: "it is found under its new place by the next look at the server")
        }
        return snapshot
    }

    package func check(_ copy: String, step: @escaping @Sendable () throws -> Void) throws -> [String] {
        try PostgresTrial(copy).problems(step: step)
    }

    package func query(
        _ query: String, in copy: String, limit: Duration, step: @escaping () throws -> Void,
        each: ([String?]) throws -> Void
    ) throws {
        throw Fault(.wrongUsage, "a restored PostgreSQL cluster is not asked queries")
    }

    package func sidecars(of path: String) -> [String] { [] }

    /// Tablespaces become folders of the restored cluster, so that it never gets hold of those of the running one; the map
    /// of where they were is kept beside them.
    package func completeRestore(in folder: String, becoming path: String) throws {
        let own = PostgresDataFolder.ownTablespaces
        let spaces = try Files.list("\(folder)/pg_tblspc")
        let map = "\(folder)/tablespace_map"
        if !spaces.isEmpty || Files.exists(map) { try Files.makeDirectory("\(folder)/\(own)", mode: 0o700) }
        for space in spaces {
            try Files.rename("\(folder)/pg_tblspc/\(space)", to: "\(folder)/\(own)/\(space)", replacing: false)
            try Files.makeSymbolicLink("\(folder)/pg_tblspc/\(space)", to: "\(path)/\(own)/\(space)")
        }
        if Files.exists(map) { try Files.rename(map, to: "\(folder)/\(own)/former_places", replacing: false) }
        try giveToOwner(own, in: folder)
        if !spaces.isEmpty {
            for name in ["pg_tblspc", own] { try Files.syncDirectory("\(folder)/\(name)") }
        }
        try PostgresConfiguration(folder: folder) { try self.giveToOwner($0, in: folder) }.settle()
    }

    /// What a restore adds belongs to whom the restored files belong.
    func giveToOwner(_ name: String, in folder: String) throws {
        guard let status = try Files.status("\(folder)/PG_VERSION"), Files.exists("\(folder)/\(name)") else { return }
        try? Files.setOwner("\(folder)/\(name)", uid: status.uid, gid: status.gid)
    }

    private func readFault(_ folder: String) -> Fault? {
        do {
            _ = try Files.list(folder)
            return nil
        } catch {
            return Fault(
                .databaseUnreadable, "the data folder \(folder) of server \(server.name) can't be read",
                hint: "give holdfastd the right to read it, such as CAP_DAC_READ_SEARCH", cause: error)
        }
    }
}
