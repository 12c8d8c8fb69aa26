internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct MessagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "messages", abstract: "The message center.",
        discussion: "Example: holdfast messages --follow --severity warning",
        subcommands: [List.self, Acknowledge.self],
        defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Oldest first; the default.")

        @Flag(help: "Go on with new messages, until Ctrl-C.")
        var follow = false

        @Option(help: ArgumentHelp("Only later ones.", valueName: "time"))
        var since: String?

        @Option(help: ArgumentHelp("Only those after the message with this id.", valueName: "id"))
        var after: String?

        @Option(help: "This severity and worse ones: info, success, warning or error.")
        var severity: Severity?

        @Option(help: "Only of this one.")
        var database: String?

        @Flag(help: "Only those that nobody has acknowledged.")
        var unacknowledged = false

        @Option(help: ArgumentHelp("The newest so many.", valueName: "n"))
        var limit: Int?

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let client = common.client
            let terminal = common.terminal
            let zone = since == nil ? nil : try await client.identity().timeZone
            let after = try after.map { text in
                guard let id = MessageID(text) else { throw Fault(.wrongUsage, "\(text) is no message id") }
                return id
            }
            let query = MessageQuery(
                after: after, since: try since.map { try TypedTime(zone: zone).read($0) }, severity: severity,
                database: database, unacknowledged: unacknowledged, limit: limit ?? (follow ? 10 : 50))
            guard follow else {
                let messages = try await client.messages(query)
                return try terminal.show(Listing(messages)) { messages.map(Self.line).joined(separator: "\n") }
            }
            try await client.followMessages(query) { message in
                try terminal.show(message) { Self.line(message) }
                return true
            }
            throw Fault(.daemonUnreachable, "the daemon stopped", hint: "see `systemctl status holdfastd`")
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

    struct Acknowledge: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ack", abstract: "Mark messages as seen.", discussion: "Example: holdfast messages ack 17 18")

        @Argument(help: "Ids of messages.")
        var ids: [String]

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let ids = try ids.map { text in
                guard let id = MessageID(text.hasPrefix("#") ? String(text.dropFirst()) : text) else {
                    throw Fault(.wrongUsage, "\(text) is no message id")
                }
                return id
            }
            let messages = try await common.client.acknowledge(ids)
            try common.terminal.show(Listing(messages)) { "acknowledged \(messages.count)" }
        }
    }
}

extension Severity: ExpressibleByArgument {}
