internal import ArgumentParser
internal import Model
internal import Platform
internal import Wire

/// Names a repository to work on without a daemon.
struct LocalOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Work on this repository without a daemon.", valueName: "path"))
    var repository: String?

    @Option(
        help: ArgumentHelp("The key file that opens it; without one the passphrase is asked for.", valueName: "path"))
    var keyFile: String?

    /// Nil when no repository is named.
    func open(_ terminal: Terminal) async throws -> (any LocalRepository)? {
        guard let repository else {
            guard keyFile == nil else { throw Fault(.wrongUsage, "--key-file needs --repository") }
            return nil
        }
        let path = try Paths.absolute(repository)
        let secret = try secret(for: path, terminal)
        let access = terminal.surroundings.repositories
        return try await Threads.run("open repository") { try access.open(at: path, with: secret) }
    }

    private func secret(for path: String, _ terminal: Terminal) throws -> RepositorySecret {
        if let keyFile { return .keyFile(try Paths.absolute(keyFile)) }
        guard terminal.surroundings.inputIsTerminal else {
            throw Fault(
                .wrongUsage, "no key for repository \(path), and no terminal to ask on",
                hint: "name a key file with --key-file")
        }
        guard let text = terminal.surroundings.readSecret("Passphrase or recovery key of \(path): "), !text.isEmpty
        else { throw Fault(.noKeyMatches, "no passphrase for repository \(path)") }
        // A recovery key is seventeen words of five letters.
        let words = text.split { $0.isWhitespace || $0 == "-" }
        return words.count == 17 && words.allSatisfy { $0.count == 5 } ? .recovery(text) : .passphrase(Array(text.utf8))
    }
}

/// Paths as people type them.
enum Paths {
    static func absolute(_ path: String) throws -> String {
        guard !path.isEmpty else { throw Fault(.wrongUsage, "the path is empty") }
        guard !path.begins(with: "/") else { return path }
        guard let folder = Files.realPath(".") else {
            throw Fault(.inputOutput, "cannot tell the current folder", hint: "name an absolute path")
        }
        return folder == "/" ? "/\(path)" : "\(folder)/\(path)"
    }
}
