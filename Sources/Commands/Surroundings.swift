internal import Glibc
package import Model
internal import Platform
package import Settings
package import Wire

/// What a command sees of the world besides its arguments; tests bring their own.
package struct Surroundings: Sendable {
    /// Writes to standard output.
    package var output: @Sendable (String) -> Void
    /// Writes to standard error.
    package var errors: @Sendable (String) -> Void
    package var outputIsTerminal: Bool
    package var errorsAreTerminal: Bool
    package var inputIsTerminal: Bool
    /// A line of standard input, nil at its end.
    package var readLine: @Sendable () -> String?
    /// A line typed without being shown; the text is what to ask.
    package var readSecret: @Sendable (String) -> String?
    package var repositories: any RepositoryAccess
    package var settingsPath: String
    package var wantsColor: Bool
    /// Why a server's engine won't take its `connection`.
    package var connectionFault: @Sendable (ServerSettings) -> Fault?
    /// Where a setup looks, and who manages the service.
    package var site: SetupSite

    @TaskLocal static var current: Surroundings = .none

    package init(
        output: @escaping @Sendable (String) -> Void, errors: @escaping @Sendable (String) -> Void,
        outputIsTerminal: Bool = false, errorsAreTerminal: Bool = false, inputIsTerminal: Bool = false,
        readLine: @escaping @Sendable () -> String? = { nil },
        readSecret: @escaping @Sendable (String) -> String? = { _ in nil }, repositories: any RepositoryAccess,
        settingsPath: String, wantsColor: Bool = false,
        connectionFault: @escaping @Sendable (ServerSettings) -> Fault? = { _ in nil }, site: SetupSite? = nil
    ) {
        self.site = site ?? .machine(NoSurvey())
        self.connectionFault = connectionFault
        self.output = output
        self.errors = errors
        self.outputIsTerminal = outputIsTerminal
        self.errorsAreTerminal = errorsAreTerminal
        self.inputIsTerminal = inputIsTerminal
        self.readLine = readLine
        self.readSecret = readSecret
        self.repositories = repositories
        self.settingsPath = settingsPath
        self.wantsColor = wantsColor
    }

    /// Those of this process. Ctrl-C ends it with status 130; a reader that has gone ends it quietly.
    package static func process(
        _ repositories: any RepositoryAccess, survey: any MachineSurvey,
        connectionFault: @escaping @Sendable (ServerSettings) -> Fault?
    ) -> Surroundings {
        signal(SIGINT) { _ in _exit(130) }
        let noColor = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        let outputIsTerminal = isatty(STDOUT_FILENO) == 1
        return Surroundings(
            output: { write($0, STDOUT_FILENO) }, errors: { write($0, STDERR_FILENO) },
            outputIsTerminal: outputIsTerminal, errorsAreTerminal: isatty(STDERR_FILENO) == 1,
            inputIsTerminal: isatty(STDIN_FILENO) == 1, readLine: { Swift.readLine() }, readSecret: secret,
            repositories: repositories, settingsPath: "/etc/holdfast/holdfast.toml",
            wantsColor: outputIsTerminal && !noColor, connectionFault: connectionFault, site: .machine(survey))
    }

    private static let none = Surroundings(
        output: { _ in }, errors: { _ in }, repositories: NoRepositories(), settingsPath: "/etc/holdfast/holdfast.toml")

    /// All that is wrong with settings, also what only the engines can tell.
    func problems(of verdict: SettingsVerdict) -> [SettingsProblem] {
        guard let settings = verdict.settings else { return verdict.problems }
        return settings.servers.compactMap { server in
            connectionFault(server).map { fault in
                let source = settings.listing.first { $0.key == "servers.\(server.name).connection" }?.source
                return SettingsProblem(
                    file: source ?? settingsPath, line: nil, message: fault.message, hint: fault.hint)
            }
        }
    }

    private static func write(_ text: String, _ descriptor: Int32) {
        let error = StandardStream.write(text, to: descriptor)
        if error != 0 { _exit(error == EPIPE ? 0 : 1) }
    }

    private static func secret(_ question: String) -> String? {
        write(question, STDERR_FILENO)
        var before = termios()
        let hidden = tcgetattr(STDIN_FILENO, &before) == 0
        if hidden {
            var without = before
            without.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &without)
        }
        defer {
            if hidden { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before) }
            write("\n", STDERR_FILENO)
        }
        return Swift.readLine()
    }
}

/// No way to open a repository without a daemon.
private struct NoRepositories: RepositoryAccess {
    func create(at path: String, keyFile: String) throws -> any LocalRepository { throw refusal(path) }
    func makeKeyFile(_ path: String) throws -> Bool { throw refusal(path) }
    func newRecoveryWords() throws -> String { throw refusal("") }
    func open(at path: String, with secret: RepositorySecret) throws -> any LocalRepository { throw refusal(path) }

    private func refusal(_ path: String) -> Fault { Fault(.repositoryMissing, "cannot open repository \(path) here") }
}
