internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct BackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup", abstract: "Back up now.",
        discussion: """
            Progressive where a full exists. A database that had an on-demand backup is in cooldown for ten minutes; with \
            --all such ones are left out (exit status 3).

            Example: holdfast backup crm/app.db --comment "before the upgrade" --preserve
            """)

    @Argument(help: "Names, unique ends of names, servers or shell patterns.")
    var databases: [String] = []

    @Flag(help: "Every database.")
    var all = false

    @Flag(help: "Read everything.")
    var full = false

    @Option(help: ArgumentHelp("Kept with the backups.", valueName: "text"))
    var comment: String?

    @Flag(help: "Never delete the backups by policy.")
    var preserve = false

    @Flag(help: "Return at once; `holdfast runs wait ID` waits.")
    var noWait = false

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard all != !databases.isEmpty else { throw ValidationError("name databases, or add --all") }
    }

    func run() async throws {
        let client = common.client
        var reply = try await client.requestBackup(
            BackupRequest(databases: databases, all: all, full: full, comment: comment, preserve: preserve))
        if !noWait { reply.runs = try await wait(for: reply.runs, client) }
        let outcome = reply
        if let note = outcome.note { common.terminal.note(note) }
        try common.terminal.show(outcome) { RunsCommand.text(outcome.runs, outcome.skipped) }
        try RunsCommand.end(outcome.runs, outcome.skipped)
    }

    private func wait(for runs: [Run], _ client: DaemonClient) async throws -> [Run] {
        let bar = ProgressBar(common.terminal)
        defer { bar.clear() }
        var ended: [Run] = []
        for run in runs { ended.append(try await client.waitRun(run.id) { bar.show($0) }) }
        return ended
    }
}
