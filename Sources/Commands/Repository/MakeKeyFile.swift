internal import ArgumentParser
internal import Platform
internal import Wire

/// `holdfast repository keys make-file PATH`: a key before there is a repository, as the package's installation makes it.
struct MakeKeyFile: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "make-file",
        abstract: "Make a key file with mode 0600, for a repository that is still to be made; one that is there stays.",
        discussion: "Example: holdfast repository keys make-file /etc/holdfast/repository.key")

    @Argument(help: "Where to make it.")
    var path: String

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let path = try Paths.absolute(path)
        let access = common.terminal.surroundings.repositories
        let reply = KeyFileReply(path: path, made: try await Threads.run("make key") { try access.makeKeyFile(path) })
        try common.terminal.show(reply) { reply.made ? "made key file \(path)" : "key file \(path) is there already" }
    }
}
