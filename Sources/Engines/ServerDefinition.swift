package import Petitions

/// What an engine has to know of one configured server.
package struct ServerDefinition: Sendable, Equatable {
    /// As admins call it; the first part of its databases' names.
    package var name: String
    /// Absolute paths of the folders to look into, by the order of the settings.
    package var folders: [String]
    /// Shell patterns (fnmatch) of the files wanted, matched against the path inside the folder and against the bare
    /// name. Empty wants every database; a file that matches one other than `*` is expected to be a database.
    package var include: [String]
    /// Shell patterns of files and folders to leave out.
    package var exclude: [String]
    /// How the server is reached, in the form of its engine's client library; nil for one that is files only.
    package var connection: String?
    /// A folder of the daemon's own for scratch images; created when needed.
    package var scratch: String
    /// Absolute paths never looked into: the state folder, the repository.
    package var forbidden: [String]
    /// What asks root for what the daemon may not see; nil does without.
    package var rootPort: RootPort?

    package init(
        name: String, folders: [String], include: [String] = [], exclude: [String] = [],
        connection: String? = nil, scratch: String,
        forbidden: [String] = [], rootPort: RootPort? = nil
    ) {
        self.name = name
        self.folders = folders
        self.include = include
        self.exclude = exclude
        self.connection = connection
        self.scratch = scratch
        self.forbidden = forbidden
        self.rootPort = rootPort
    }
}
