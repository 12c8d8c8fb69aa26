internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct MessagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "messages", abstract: "The message center.",
        discussion: "Example: holdfast messages --follow --severity warning",
        subcommands: [List.self, ShowMessage.self, AcknowledgeMessages.self, CodesCommand.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Oldest first; the default.",
            discussion: "Example: holdfast messages --since yesterday --severity error --database 'crm/*'")

        @Flag(help: "Go on with new messages, until Ctrl-C; a broken connection is made again.")
        var follow = false

        @Flag(help: "With --follow: end when the connection breaks.")
        var noReconnect = false

        @OptionGroup var filter: MessageFilter

        @Option(help: ArgumentHelp("Only those after the message with this id.", valueName: "id"))
        var after: String?

        @Option(help: ArgumentHelp("The newest so many; with --after the next so many.", valueName: "n"))
        var limit: Int?

        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard !follow || filter.until == nil && filter.before == nil else {
                throw ValidationError("--follow has no end: leave --until and --before out.")
            }
        }

        func run() async throws {
            let (client, terminal) = (common.client, common.terminal)
            var query = try await filter.query(client)
            query.after = try after.map { try MessageFilter.id($0) }
            query.limit = limit ?? (follow ? 10 : 50)
            guard follow else {
                let messages = try await client.messages(query)
                return try terminal.show(Listing(messages)) { messages.map(Self.line).joined(separator: "\n") }
            }
            try await client.followMessages(query, reconnection: noReconnect ? nil : .standard) { notice in
                Self.report(notice, terminal)
            } each: { message in
                try terminal.show(message) { Self.line(message) }
                return true
            }
        }

        private static func report(_ notice: FollowNotice, _ terminal: Terminal) {
            switch notice {
            case .following: break
            case .interrupted(let fault, let pause):
                if terminal.json { return terminal.report(fault) }
                terminal.note("holdfast: \(fault); connecting again in \(Text.pause(pause))")
            case .resumed: terminal.note("holdfast: connected again; going on where it broke off")
            case .pruned(let id):
                terminal.note("holdfast: messages up to #\(id) were deleted before they could be followed")
            }
        }

        static func line(_ message: Message) -> String {
            var line = "\(Text.time(message.instant))  \(message.severity.rawValue)  \(message.text)"
            if let cause = message.cause { line += ": \(cause)" }
            line += " [\(message.code.rawValue)] #\(message.id)"
            if let progress = message.progress { line += "  \(ProgressBar.line("", progress))" }
            if let next = message.nextStep { line += "\n    hint: \(next)" }
            return line
        }
    }
}

extension Severity: ExpressibleByArgument {}

extension Code: ExpressibleByArgument {}
