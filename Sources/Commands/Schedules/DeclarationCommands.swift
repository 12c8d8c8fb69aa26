internal import ArgumentParser
internal import Client
internal import Model
internal import Platform
internal import Settings
internal import Wire

struct ApplyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apply",
        abstract: "Make schedules, retention and maintenance as a file says, all of it or nothing.",
        discussion: """
            The file is what `holdfast export` writes. What it doesn't name stays, unless --remove-others is given.

            Example: holdfast apply plan.toml --dry-run
            """)

    @Argument(help: "A TOML file.")
    var file: String

    @Flag(help: "Also remove schedules and rules that the file doesn't name.")
    var removeOthers = false

    @OptionGroup var confirming: ConfirmOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let declaration = try Self.read(Paths.absolute(file), name: file)
        if removeOthers { try confirming.confirm("remove what \(file) doesn't name", common.terminal) }
        let reply = try await common.client.apply(
            ApplyRequest(declaration: declaration, removeOthers: removeOthers, dryRun: confirming.dryRun))
        try common.terminal.show(reply) {
            reply.changes.isEmpty ? "nothing to change" : reply.changes.joined(separator: "\n")
        }
        for warning in reply.warnings { common.terminal.note("warning: \(warning)") }
        if !reply.others.isEmpty {
            common.terminal.note("not in \(file), left alone: \(reply.others.joined(separator: ", "))")
        }
    }

    private static func read(_ path: String, name: String) throws -> Declaration {
        guard let text = String(validating: try Files.read(path), as: UTF8.self) else {
            throw Fault(.badSettings, "\(name) is not UTF-8 text")
        }
        let file = try DeclarationFile(text, name: name)
        return Declaration(
            schedules: file.schedules,
            retention: file.retention.map { RetentionEntry(scope: $0.scope, rules: $0.rules, source: "admin") },
            maintenance: file.maintenance)
    }
}

struct ExportCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Schedules, retention and maintenance as a file for `holdfast apply`.",
        discussion: "Example: holdfast export > plan.toml")

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let declaration = try await common.client.declaration()
        try common.terminal.show(declaration) {
            let file = DeclarationFile(
                schedules: declaration.schedules, retention: declaration.retention.map { ($0.scope, $0.rules) },
                maintenance: declaration.maintenance)
            return String(file.text.dropLast())
        }
    }
}
