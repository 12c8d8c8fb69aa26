internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

/// `holdfast databases adopt`.
struct AdoptCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "adopt",
        abstract: "Make a database the continuation of one that is gone, as after a move.",
        discussion: """
            It takes over the other's backups, and the other's grace ends.

            Example: holdfast databases adopt crm/new/sales.db --from crm/sales.db
            """)

    @Argument(help: "The database that is there.")
    var database: String

    @Option(help: ArgumentHelp("The one that is gone.", valueName: "name"))
    var from: String

    @OptionGroup var confirming: ConfirmOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = common.client
        try confirming.confirm("let \(database) take over the backups of \(from)", common.terminal)
        guard !confirming.dryRun else {
            return try common.terminal.show(try await client.database(database)) { "\(database): would adopt \(from)" }
        }
        let adopted = try await client.adopt(AdoptRequest(database: database, from: from))
        try common.terminal.show(adopted) { "\(adopted.name): has the backups of \(from) now" }
    }
}
