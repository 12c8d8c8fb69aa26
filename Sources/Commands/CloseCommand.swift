internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

/// `holdfast databases close`.
struct CloseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Let no clients into databases of a server until they are opened again.",
        discussion: """
            New clients are refused, those there are disconnected; databases stay closed over a restart of the daemon.

            Example: holdfast databases close main/crm --grace 120 --message "closed for an upgrade"
            """)

    @Argument(help: "Names, unique ends of them, servers or shell patterns.")
    var databases: [String]

    @Option(help: ArgumentHelp("How long clients may stay and finish, 0 to 600.", valueName: "seconds"))
    var grace: Int = 0

    @Option(help: "Told to them first.")
    var message: String?

    @OptionGroup var confirming: ConfirmOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let request = CloseRequest(databases: databases, graceSeconds: grace, message: message)
        try request.check()
        guard !confirming.dryRun else {
            var present: [DatabaseClient] = []
            for name in databases { present += try await common.client.clients(of: name) }
            return try common.terminal.show(list: present, ClientsCommand.wouldDisconnect)
        }
        try confirming.confirm("close \(databases.joined(separator: ", "))", common.terminal)
        try common.terminal.show(list: try await common.client.closeDatabases(request)) { closed in
            var table = Table("CLOSED", "SINCE")
            for database in closed { table.add(database.database.text, Text.time(database.since)) }
            return table
        }
    }
}

/// `holdfast databases open`.
struct OpenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "Let clients into closed databases again, under the limits that held before.",
        discussion: "Example: holdfast databases open main/crm")

    @Argument(help: "Names, unique ends of them, servers or shell patterns.")
    var databases: [String]

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let opened = try await common.client.openDatabases(OpenRequest(databases: databases))
        try common.terminal.show(list: opened) { names in
            var table = Table("OPEN")
            for name in names { table.add(name.text) }
            return table
        }
    }
}
