internal import ArgumentParser
internal import Client
internal import Model
internal import Platform
internal import Wire

struct DrillCommand: AsyncParsableCommand, WorksAlone {
    static let configuration = CommandConfiguration(
        commandName: "drill", abstract: "Prove that databases can be restored.",
        discussion: """
            The newest backup of each database is restored on trial into a scratch folder, passes the engine's own check, \
            and answers the queries of the files that `drill_queries` names in the settings of its server. The result is \
            what `holdfast status` shows as last proven. Exit status 17 when a backup is bad.

            Example: holdfast drill crm/app.db
            """)

    @Argument(help: "Names, unique ends of names, servers or shell patterns.")
    var databases: [String] = []

    @Flag(help: "Every database.")
    var all = false

    @Option(help: ArgumentHelp("This backup instead of the newest.", valueName: "id"))
    var backup: String?

    @Flag(help: "Return at once; `holdfast runs wait ID` waits.")
    var noWait = false

    @OptionGroup var local: LocalOptions
    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard all != (!databases.isEmpty || backup != nil) else {
            throw ValidationError("name databases or a backup, or add --all")
        }
    }

    func run() async throws {
        let id = try backup.map { text in
            guard let id = BackupID(text) else { throw Fault(.wrongUsage, "\(text) is no id of a backup") }
            return id
        }
        let request = DrillRequest(databases: databases, all: all, backup: id)
        let reply = try await drill(request)
        try common.terminal.show(reply) { RunsCommand.text(reply.runs, reply.skipped) }
        // What was found counts more than that some could not be drilled.
        if reply.runs.contains(where: { $0.fault?.code == .drillFailed }) { throw Ending.damageFound }
        try RunsCommand.end(reply.runs, reply.skipped)
    }

    private func drill(_ request: DrillRequest) async throws -> DrillReply {
        let bar = ProgressBar(common.terminal)
        defer { bar.clear() }
        if let repository = try await local.open(common.terminal) {
            return try await Threads.run("drill") {
                try repository.drill(request) { bar.show($0, of: repository.path) }
            }
        }
        let client = common.client
        var reply = try await client.drill(request)
        guard !noWait else { return reply }
        for index in reply.runs.indices {
            reply.runs[index] = try await client.waitRun(reply.runs[index].id) { bar.show($0) }
        }
        return reply
    }
}
