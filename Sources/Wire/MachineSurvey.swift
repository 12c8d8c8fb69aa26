package import Model

/// A SQLite database that a search came across.
package struct SurveyedFile: Sendable, Codable, Equatable {
    /// Absolute, free of symbolic links.
    package var path: String
    package var size: ByteCount
    /// Of the file system that it is on.
    package var device: UInt64
    /// Whether a restore has written it there, beside the database.
    package var isCopy: Bool

    package init(path: String, size: ByteCount, device: UInt64, isCopy: Bool = false) {
        self.isCopy = isCopy
        self.path = path
        self.size = size
        self.device = device
    }
}

/// What a search for SQLite databases came across.
package struct FileSurvey: Sendable, Codable, Equatable {
    /// By path.
    package var files: [SurveyedFile]
    /// Why not all was looked at; nil when it was.
    package var shortfall: String?

    package init(files: [SurveyedFile] = [], shortfall: String? = nil) {
        self.files = files
        self.shortfall = shortfall
    }
}

/// A PostgreSQL cluster that runs on this machine, as its socket shows it.
package struct SurveyedCluster: Sendable, Codable, Equatable {
    /// The folder of its socket.
    package var folder: String
    package var port: Int
    /// The user that the server runs as.
    package var owner: String
    package var dataFolder: String
    /// Whether it runs on a folder that a restore has written there, beside the server.
    package var isCopy: Bool

    package init(folder: String, port: Int, owner: String, dataFolder: String, isCopy: Bool = false) {
        self.isCopy = isCopy
        self.folder = folder
        self.port = port
        self.owner = owner
        self.dataFolder = dataFolder
    }
}

/// How far a cluster is ready to be backed up by a role of the daemon's.
package struct ClusterReadiness: Sendable, Codable, Equatable {
    /// Such as 15.
    package var majorVersion: Int
    package var isStandby: Bool
    /// Whether its settings allow replication at all.
    package var replicates: Bool
    /// By which a superuser gives the role what it lacks, in order.
    package var statements: [String]
    /// Nil when the server keeps its log for slots without limit.
    package var slotLimit: ByteCount?
    /// Replication slots of others.
    package var otherSlots: [String]
    package var hostFile: String
    /// Of all its databases.
    package var size: ByteCount

    package init(
        majorVersion: Int, isStandby: Bool = false, replicates: Bool = true, statements: [String] = [],
        slotLimit: ByteCount?,
        otherSlots: [String] = [], hostFile: String, size: ByteCount
    ) {
        self.size = size
        self.replicates = replicates
        self.majorVersion = majorVersion
        self.isStandby = isStandby
        self.statements = statements
        self.slotLimit = slotLimit
        self.otherSlots = otherSlots
        self.hostFile = hostFile
    }
}

/// What of this machine is looked at, and put in order, before a daemon runs. Calls block; all but the first two need root.
package protocol MachineSurvey: Sendable {
    /// Looks below folders for SQLite databases, within limits of time, depth and entries.
    ///
    /// - Parameter excluded: folders that are not entered.
    func databases(below folders: [String], excluding excluded: [String]) -> FileSurvey
    /// The clusters that listen in these folders.
    func clusters(in folders: [String]) -> [SurveyedCluster]
    /// Asked as the cluster's own superuser.
    /// - Throws: `not-found` without `psql`; `server-unreachable` with what it said.
    func readiness(of cluster: SurveyedCluster, for role: String) throws -> ClusterReadiness
    /// Runs statements as the cluster's own superuser, each by itself; ends at the first that fails.
    func run(_ statements: [String], on cluster: SurveyedCluster) throws
    /// Whether a user of this machine gets in as the role of the same name.
    ///
    /// - Returns: what the server answers instead; nil when it lets the user in.
    func refusal(of cluster: SurveyedCluster, to user: String, replicating: Bool) throws -> String?
    /// Puts lines on top of the cluster's `pg_hba.conf`, as the user that owns it, and has the server read it again; a copy
    /// of what was there is kept beside.
    /// - Returns: the path of the copy.
    func admit(_ lines: [String], to cluster: SurveyedCluster, hostFile: String) throws -> String
}
