internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct ClientsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clients", abstract: "Processes that have databases open.",
        discussion: "Example: holdfast clients list crm/app.db", subcommands: [List.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All of them; the default.")

        @Argument(help: "A name, a unique end of one, a server or a shell pattern.")
        var database: String?

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try common.terminal.show(list: try await common.client.clients(of: database)) { clients in
                var table = Table("DATABASE", ">PID", "COMMAND", "USER", "UNIT")
                for client in clients {
                    table.add(
                        client.database.text, String(client.pid), client.command, client.user, client.unit ?? "-")
                }
                return table
            }
        }
    }
}
