internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct ClientsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clients", abstract: "Programs that are connected to databases.",
        discussion: "Example: holdfast clients list crm/app.db",
        subcommands: [List.self, Message.self, Disconnect.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "All of them; the default: sessions with a server, or processes that have a file open.")

        @Argument(help: "A name, a unique end of one, a server or a shell pattern.")
        var database: String?

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try common.terminal.show(list: try await common.client.clients(of: database)) { clients in
                var table = Table("ID", "DATABASE", "COMMAND", "USER", "FROM", "SINCE", "STATE")
                for client in clients {
                    table.add(
                        client.id, client.database.text, client.command.isEmpty ? "-" : client.command, client.user,
                        client.address ?? client.unit ?? "-", Text.time(client.since), state(client))
                }
                return table
            }
        }

        private func state(_ client: DatabaseClient) -> String {
            let state = client.state ?? "-"
            return client.querySeconds.map { "\(state) for \(Int($0)) s" } ?? state
        }
    }

    struct Message: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tell the clients of a database something.",
            discussion: """
                PostgreSQL has no dialogue with users: the text goes out as NOTIFY on the channel holdfast, to programs that
                listen there, as a JSON object with severity, text and until.

                Example: holdfast clients message main/crm --text "maintenance at 22:00"
                """)

        @Argument(help: "A name, a unique end of one, a server or a shell pattern.")
        var database: String

        @Option(help: "What to tell them.")
        var text: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let told = try await common.client.messageClients(ClientMessage(database: database, text: text))
            try common.terminal.show(list: told) { names in
                var table = Table("TOLD")
                for name in names { table.add(name.text) }
                return table
            }
        }
    }

    struct Disconnect: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End the sessions of named clients, or of all clients of a database.",
            discussion: """
                They may connect again.

                Example: holdfast clients disconnect main:4711
                Example: holdfast clients disconnect --all main/crm --grace 120 --message "back in five minutes"
                """)

        @Argument(help: "Ids, as `holdfast clients` lists them.")
        var clients: [String] = []

        @Option(help: ArgumentHelp("All clients of a database instead.", valueName: "database"))
        var all: String?

        @Option(help: ArgumentHelp("How long they may stay and finish, 0 to 600.", valueName: "seconds"))
        var grace: Int = 0

        @Option(help: "Told to them first.")
        var message: String?

        @OptionGroup var confirming: ConfirmOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let request = DisconnectRequest(clients: clients, all: all, graceSeconds: grace, message: message)
            try request.check()
            let client = common.client
            let meant = all.map { "all clients of \($0)" } ?? clients.joined(separator: ", ")
            guard !confirming.dryRun else {
                let present = try await client.clients(of: all).filter {
                    all != nil || clients.contains($0.id) || clients.contains(String($0.pid))
                }
                return try common.terminal.show(list: present, ClientsCommand.wouldDisconnect)
            }
            try confirming.confirm("disconnect \(meant)", common.terminal)
            let reply = try await client.disconnectClients(request)
            try common.terminal.show(reply) { "disconnected \(reply.disconnected) clients" }
            guard !reply.left.isEmpty else { return }
            common.terminal.surroundings.errors(
                "still there: \(reply.left.map(\.id).joined(separator: ", "))\n")
            throw Ending.partlyDone
        }
    }

    /// For a dry run.
    static func wouldDisconnect(_ clients: [DatabaseClient]) -> Table {
        var table = Table("WOULD DISCONNECT", "DATABASE")
        for client in clients { table.add(client.id, client.database.text) }
        return table
    }
}
