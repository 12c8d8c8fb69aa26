internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct PruneCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "prune", abstract: "Delete what retention has released.",
        discussion: """
            Softly at first: `holdfast backups undelete ID` takes it back for 24 hours. --now deletes for good also what is \
            in soft delete, for a disk that is full. `holdfast retention preview` shows beforehand what it does.

            Example: holdfast prune --dry-run
            """)

    @Argument(help: "Names, unique ends of names, servers or shell patterns; default: all.")
    var databases: [String] = []

    @Flag(help: "Also delete for good what is in soft delete.")
    var now = false

    @Flag(help: "Delete even more than the set share of a database's backups at once.")
    var confirm = false

    @Flag(help: "Say first that the clock is right, after it was in doubt.")
    var confirmClock = false

    @OptionGroup var confirming: ConfirmOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = common.client
        let request = PruneRequest(databases: databases, now: now, confirmed: confirm)
        if confirming.dryRun {
            let previews = try await client.previewRetention(request)
            return try common.terminal.show(Listing(previews)) {
                RetentionText.previews(previews, all: false, common.terminal.surroundings.wantsColor)
            }
        }
        try confirming.confirm(now ? "delete for good what retention has released" : "prune", common.terminal)
        if confirmClock { _ = try await client.confirmClock() }
        let bar = ProgressBar(common.terminal)
        defer { bar.clear() }
        let begun = try await client.prune(request)
        let run = try await client.waitRun(begun.id) { bar.show($0) }
        bar.clear()
        try common.terminal.show(run) { run.pruned.map(RetentionText.result) ?? RunsCommand.line(run) }
        for note in run.pruned?.notes ?? [] { common.terminal.note(note) }
        if run.state == .failed || run.state == .cancelled { throw Ending(status: run.fault?.code.exitStatus ?? 1) }
    }
}
