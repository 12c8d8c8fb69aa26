internal import Model
internal import Platform
internal import Wire

/// A restore that the daemon has checked and may not write itself, for its unit's sandbox or its user: root's command line does
/// it, from the same repository.
struct RestoreByRoot {
    private let repository: String
    private let keyFile: String
    private let terminal: Terminal

    /// Nil for others than root, and where the daemon named no repository or its key file isn't there.
    init?(_ fault: Fault, _ terminal: Terminal) {
        guard terminal.surroundings.site.isRoot, let repository = fault.context["repository"],
            let keyFile = fault.context["key_file"], Files.exists(keyFile)
        else { return nil }
        (self.repository, self.keyFile, self.terminal) = (repository, keyFile, terminal)
    }

    func open() async throws -> any LocalRepository {
        terminal.note("the daemon may not write there: root restores it without the daemon")
        let (access, path, key) = (terminal.surroundings.repositories, repository, keyFile)
        return try await Threads.run("open repository") { try access.open(at: path, with: .keyFile(key)) }
    }
}
