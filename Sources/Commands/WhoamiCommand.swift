internal import ArgumentParser
internal import Client
internal import Wire

struct WhoamiCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami", abstract: "Who the daemon takes you for, and what you may do.",
        discussion: "Example: holdfast whoami")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let identity = try await common.client.identity()
        try common.terminal.show(identity) {
            let uid = identity.actor.uid.map { " (uid \($0))" } ?? ""
            return "\(identity.actor.name)\(uid): \(identity.privileges.joined(separator: ", "))"
        }
    }
}
