internal import ArgumentParser
internal import Model

struct SetupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "setup", abstract: "The first hour: from an installed package to proven backups.",
        discussion: """
            Finds SQLite databases and running PostgreSQL servers, asks what to protect, writes the settings \
            (conf.d/servers.toml beside the settings file), makes the repository, shows its recovery key once, starts the \
            service, takes the first backups and proves by a restore drill that they can be restored.

            It can be run again at any time: nothing is added twice, and nothing that is there is replaced. To a \
            PostgreSQL server it adds a role of the daemon's name with the rights of backups only, a limit for the log that is kept for \
            slots where there is none, and, where the role isn't let in, two lines on top of pg_hba.conf; it asks first, \
            and says what it did. With --yes it takes all defaults and prints the recovery key to standard output.

            Exit status 3: some of it failed, or some databases could not be proven.

            Example: holdfast setup --yes
            """)

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Protect these folders with SQLite databases, instead of searching.", valueName: "dir"))
    var folder: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Protect these PostgreSQL servers, named by libpq's keywords, instead of searching.",
            valueName: "connection"))
    var postgres: [String] = []

    @Flag(help: "Leave PostgreSQL alone.")
    var noPostgres = false

    @Option(help: ArgumentHelp("The folder of the repository, best on another disk.", valueName: "path"))
    var repository: String?

    @Option(help: ArgumentHelp("The key that opens it; made with mode 0600 when missing.", valueName: "path"))
    var keyFile: String?

    @Flag(help: "Don't start the service; neither back up nor drill.")
    var noStart = false

    @Flag(help: "Don't drill: nothing is proven then.")
    var noDrill = false

    @Option(help: ArgumentHelp("The daemon's settings file.", valueName: "file"))
    var config: String?

    @OptionGroup var confirming: ConfirmOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard !(noPostgres && !postgres.isEmpty) else {
            throw ValidationError("--postgres and --no-postgres exclude each other")
        }
    }

    func run() async throws {
        let (site, terminal) = (Surroundings.current.site, common.terminal)
        guard site.isRoot else {
            throw Fault(
                .notPermitted, "setup writes settings and keys of root's, and reads every user's files",
                hint: "run it as root: sudo holdfast setup")
        }
        guard confirming.yes || confirming.dryRun || terminal.surroundings.inputIsTerminal else {
            throw Fault(
                .wrongUsage, "there is no terminal to ask on",
                hint: "add --yes to take all defaults, or --dry-run to see them")
        }
        let wishes = SetupWishes(
            folders: try folder.map(Paths.absolute), connections: postgres, leavesPostgres: noPostgres,
            repository: try repository.map(Paths.absolute), keyFile: try keyFile.map(Paths.absolute),
            starts: !noStart, drills: !noDrill, asks: !confirming.yes && !confirming.dryRun,
            isDryRun: confirming.dryRun, socket: common.socket)
        let path = try config.map(Paths.absolute) ?? Surroundings.current.settingsPath
        let unit = await site.service.file(of: SystemdUnit.unit)
        try await Setup(wishes: wishes, terminal: terminal, site: site, settingsPath: path, unit: unit).run()
    }
}

/// What the command line asks of a setup.
struct SetupWishes: Sendable {
    /// Absolute; empty means to search.
    var folders: [String]
    var connections: [String]
    var leavesPostgres: Bool
    var repository: String?
    var keyFile: String?
    var starts: Bool
    var drills: Bool
    var asks: Bool
    var isDryRun: Bool
    var socket: String?
}
