internal import Model
internal import Platform
internal import Settings
internal import Wire

/// A restore to a new place that the daemon has checked and may not write itself, for its unit's sandbox or its user: root's
/// command line does it, from the same repository.
///
/// Only from the one that root's own settings name, and only to a place that root has named: whoever has taken the daemon over
/// must not choose what root opens or replaces.
struct RestoreByRoot {
    private let repository: RepositorySettings
    private let terminal: Terminal

    /// Nil for others than root, in place, and where the daemon's repository isn't that of the settings, or its key file not there.
    init?(_ fault: Fault, _ request: RestoreRequest, _ terminal: Terminal) {
        let surroundings = terminal.surroundings
        guard surroundings.site.isRoot, request.to != nil,
            let repository = try? SettingsFiles.load(surroundings.settingsPath).repository,
            fault.context["repository"]?.isSame(as: repository.path) == true, Files.exists(repository.fileOfKey)
        else { return nil }
        (self.repository, self.terminal) = (repository, terminal)
    }

    func open() async throws -> any LocalRepository {
        terminal.note("the daemon may not write there: root restores it without the daemon")
        let (access, path, key) = (terminal.surroundings.repositories, repository.path, repository.fileOfKey)
        return try await Threads.run("open repository") { try access.open(at: path, with: .keyFile(key)) }
    }
}
