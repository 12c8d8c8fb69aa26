internal import Glibc
internal import Model
internal import Settings
package import Wire

/// Where on this machine a first setup looks, and by whom it has things done; tests bring their own.
package struct SetupSite: Sendable {
    package var isRoot: Bool
    /// Folders in which applications keep their files.
    package var searched: [String]
    /// Folders in which PostgreSQL servers listen.
    package var socketFolders: [String]
    /// The user that the daemon runs as.
    package var account: String
    /// What the daemon's unit hands it as a credential.
    package var keyFile: String
    package var survey: any MachineSurvey
    package var service: any ServiceUnit

    package init(
        isRoot: Bool, searched: [String], socketFolders: [String], account: String, keyFile: String,
        survey: any MachineSurvey, service: any ServiceUnit
    ) {
        self.isRoot = isRoot
        self.searched = searched
        self.socketFolders = socketFolders
        self.account = account
        self.keyFile = keyFile
        self.survey = survey
        self.service = service
    }

    package static func machine(_ survey: any MachineSurvey) -> SetupSite {
        SetupSite(
            isRoot: geteuid() == 0, searched: ["/srv", "/var/lib", "/var/www", "/opt", "/home", "/root"],
            socketFolders: ["/var/run/postgresql", "/tmp"], account: "holdfast",
            keyFile: RepositorySettings.packagedKeyFile, survey: survey, service: SystemdUnit())
    }
}

/// A machine on which nothing can be found.
struct NoSurvey: MachineSurvey {
    func databases(below folders: [String], excluding excluded: [String]) -> FileSurvey { FileSurvey() }
    func clusters(in folders: [String]) -> [SurveyedCluster] { [] }
    func readiness(of cluster: SurveyedCluster, for role: String) throws -> ClusterReadiness { throw refusal }
    func run(_ statements: [String], on cluster: SurveyedCluster) throws { throw refusal }
    func refusal(of cluster: SurveyedCluster, to user: String, replicating: Bool) throws -> String? { throw refusal }
    func admit(_ lines: [String], to cluster: SurveyedCluster, hostFile: String) throws -> String { throw refusal }

    private var refusal: Fault { Fault(.serverUnreachable, "no server can be asked here") }
}
