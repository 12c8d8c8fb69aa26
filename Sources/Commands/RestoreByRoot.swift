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
    private let fault: Fault
    private let repository: RepositorySettings
    private let key: RepositoryKey
    private let terminal: Terminal

    /// Nil for others than root, in place, and where the daemon's repository isn't that of the settings.
    init?(_ fault: Fault, _ request: RestoreRequest, _ terminal: Terminal) async {
        let surroundings = terminal.surroundings
        guard surroundings.site.isRoot, request.to != nil,
            let repository = try? SettingsFiles.load(surroundings.settingsPath).repository,
            fault.context["repository"]?.isSame(as: repository.path) == true
        else { return nil }
        (self.fault, self.repository, self.terminal) = (fault, repository, terminal)
        key = await RepositoryKey(of: repository, in: surroundings)
    }

    /// - Throws: the daemon's fault where there is no key file; how one is made of an encrypted key, besides.
    func open() async throws -> any LocalRepository {
        guard let file = key.presentFile else {
            var fault = fault
            if let remedy = key.unsealing(repository) { fault.hint = fault.hint.map { "\($0); \(remedy)" } ?? remedy }
            throw fault
        }
        terminal.note("the daemon may not write there: root restores it without the daemon")
        let (access, path) = (terminal.surroundings.repositories, repository.path)
        return try await Threads.run("open repository") { try access.open(at: path, with: .keyFile(file)) }
    }
}
