internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct AcknowledgeMessages: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ack", abstract: "Mark messages as seen.",
        discussion: "Example: holdfast messages ack 17 18, or: holdfast messages ack --all --database crm --before 500")

    @Argument(help: "Ids of messages.")
    var ids: [String] = []

    @Flag(help: "All that the filters leave.")
    var all = false

    @OptionGroup var filter: MessageFilter

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard ids.isEmpty == all else { throw ValidationError("Name the ids of messages, or --all.") }
        guard all || filter.isEmpty else { throw ValidationError("Filters go with --all, not with ids.") }
    }

    func run() async throws {
        let client = common.client
        if all {
            let reply = try await client.acknowledgeAll(try await filter.query(client))
            return try common.terminal.show(reply) { "acknowledged \(reply.acknowledged)" }
        }
        let messages = try await client.acknowledge(try ids.map { try MessageFilter.id($0) })
        try common.terminal.show(Listing(messages)) { "acknowledged \(messages.count)" }
    }
}
