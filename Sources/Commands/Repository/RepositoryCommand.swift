internal import ArgumentParser
internal import Client
internal import Model
internal import Platform
internal import Settings
internal import Wire

struct RepositoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repository", abstract: "The repository and its keys.",
        discussion:
            "Example: holdfast repository init --repository /srv/repository --key-file /etc/holdfast/repository.key",
        subcommands: [Init.self, Check.self, Space.self, KeysCommand.self])

    struct Init: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make an empty repository.",
            discussion: """
                The key file becomes its first key, and is made with mode 0600 when missing. Without options both paths \
                come from the settings file.

                Example: holdfast repository init --repository /srv/repository --key-file /etc/holdfast/repository.key
                """)

        @Option(help: ArgumentHelp("The folder of the repository.", valueName: "path"))
        var repository: String?

        @Option(help: ArgumentHelp("The first key.", valueName: "path"))
        var keyFile: String?

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let (path, keyFile) = try paths()
            let access = common.terminal.surroundings.repositories
            let space = try await Threads.run("init") { try access.create(at: path, keyFile: keyFile).space() }
            try common.terminal.show(space) { "made repository \(path), opened by key file \(keyFile)" }
            common.terminal.note(
                "keep a copy of the key elsewhere, or run `holdfast repository keys add --recovery`: "
                    + "without a key the backups are lost")
        }

        private func paths() throws -> (String, String) {
            if let repository, let keyFile { return (try Paths.absolute(repository), try Paths.absolute(keyFile)) }
            let settings = try SettingsFiles.load(Surroundings.current.settingsPath)
            guard let named = try keyFile.map(Paths.absolute) ?? Self.keyFile(settings) else {
                throw Fault(
                    .wrongUsage, "the settings name a credential, no key file", hint: "name one with --key-file")
            }
            return (try repository.map(Paths.absolute) ?? settings.repository.path, named)
        }

        private static func keyFile(_ settings: DaemonSettings) -> String? {
            guard case .file(let path) = settings.repository.key else { return nil }
            return path
        }
    }

    struct Check: AsyncParsableCommand, WorksAlone {
        static let configuration = CommandConfiguration(
            abstract: "Check the repository's objects against each other; exit status 17 when damage is found.",
            discussion: "Example: holdfast repository check")

        @OptionGroup var local: LocalOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let bar = ProgressBar(common.terminal)
            defer { bar.clear() }
            let check: RepositoryCheck
            if let repository = try await local.open(common.terminal) {
                check = try await Threads.run("check") {
                    try repository.check { bar.show($0, of: repository.path) }
                }
            } else {
                check = try await common.client.checkRepository()
            }
            bar.clear()
            try common.terminal.show(check) {
                let verdict = check.isGood ? "no damage found" : "\(check.findings.count) findings"
                return
                    (["checked \(check.objects) objects, \(check.bytes): \(verdict)"]
                    + check.findings.map(VerifyCommand.line))
                    .joined(separator: "\n")
            }
            if !check.isGood { throw Ending.damageFound }
        }
    }

    struct Space: AsyncParsableCommand, WorksAlone {
        static let configuration = CommandConfiguration(
            abstract: "The room that it takes and has left.", discussion: "Example: holdfast repository space")

        @OptionGroup var local: LocalOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let space: RepositorySpace
            if let repository = try await local.open(common.terminal) {
                space = try await Threads.run("space") { try repository.space() }
            } else {
                space = try await common.client.repositorySpace()
            }
            try common.terminal.show(space) { Self.text(space) }
        }

        static func text(_ space: RepositorySpace) -> String {
            let count = space.backups == 1 ? "1 backup" : "\(space.backups) backups"
            let dead = space.dead.map { " (\($0) of it dead)" } ?? ""
            let line =
                "repository \(space.path): \(count), \(space.used) used\(dead), \(space.free) of \(space.total) free"
            guard let first = space.sameDiskAsSource.first else { return line }
            let others = space.sameDiskAsSource.count == 1 ? "" : " and \(space.sameDiskAsSource.count - 1) more"
            return line + "\nwarning: on the same disk as \(first)\(others): one broken disk takes both"
        }
    }
}
