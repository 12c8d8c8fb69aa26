internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct RunsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs", abstract: "What runs, ran and waits.", discussion: "Example: holdfast runs --active",
        subcommands: [List.self, Show.self, Wait.self, Cancel.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Newest first; the default.")

        @Option(help: "Only of this one.")
        var database: String?

        @Flag(help: "Only those that wait or work.")
        var active = false

        @Option(help: ArgumentHelp("At most so many.", valueName: "n"))
        var limit = 20

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let query = RunQuery(database: database, active: active, limit: limit)
            try common.terminal.show(list: try await common.client.runs(query)) { runs in
                var table = Table("ID", "WHAT", "DATABASE", "STATE", "STARTED", "FINISHED", "BY")
                for run in runs {
                    table.add(
                        run.id, run.kind.rawValue, run.database?.text ?? "-", run.state.rawValue,
                        Text.time(run.started ?? run.created), Text.time(run.finished), run.actor.name)
                }
                return table
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One run.", discussion: "Example: holdfast runs show ID")

        @Argument(help: "The id of a run.")
        var id: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let run = try await common.client.run(id)
            try common.terminal.show(run) { RunsCommand.line(run) }
        }
    }

    struct Wait: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Wait for the end of a run; exits as the run did.", discussion: "Example: holdfast runs wait ID")

        @Argument(help: "The id of a run.")
        var id: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let bar = ProgressBar(common.terminal)
            defer { bar.clear() }
            let run = try await common.client.waitRun(id) { bar.show($0) }
            bar.clear()
            try common.terminal.show(run) { RunsCommand.line(run) }
            if run.state == .failed || run.state == .cancelled {
                throw Ending(status: run.fault?.code.exitStatus ?? 1)
            }
        }
    }

    struct Cancel: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End a run; what it made so far is dropped.", discussion: "Example: holdfast runs cancel ID")

        @Argument(help: "The id of a run.")
        var id: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let run = try await common.client.cancelRun(id)
            try common.terminal.show(run) { RunsCommand.line(run) }
        }
    }

    /// Runs that a request started and databases that it left out, one line each.
    static func text(_ runs: [Run], _ skipped: [SkippedDatabase]) -> String {
        let leftOut = skipped.map { "\($0.database): left out: \($0.message) [\($0.code.rawValue)]" }
        return (runs.map(line) + leftOut).joined(separator: "\n")
    }

    /// 0 when all went well, 3 when some did, else the status of the first fault.
    static func end(_ runs: [Run], _ skipped: [SkippedDatabase]) throws {
        let failed = runs.filter { $0.state == .failed || $0.state == .cancelled }
        let isPartial = !failed.isEmpty && failed.count < runs.count
        if isPartial || (!skipped.isEmpty && failed.count < runs.count) { throw Ending.partlyDone }
        if let first = failed.first { throw Ending(status: first.fault?.code.exitStatus ?? 1) }
        if runs.isEmpty, let first = skipped.first { throw Ending(status: first.code.exitStatus) }
    }

    /// `backup of crm/app.db: succeeded, backup 3fa91c07b2d4-42`.
    static func line(_ run: Run) -> String {
        let what = run.database.map { "\(run.kind.rawValue) of \($0)" } ?? run.kind.rawValue
        var line = "\(what): \(run.state.rawValue)"
        // What a run failed by is told once, with its code and hint: its outcome says the same.
        if let outcome = run.outcome, run.fault == nil { line += ", \(outcome)" }
        let namesBackup = run.fault == nil && run.backup.map { run.outcome?.contains($0.description) == true } ?? false
        if let backup = run.backup, !namesBackup { line += ", backup \(backup)" }
        if !run.state.isFinal { line += ", run \(run.id)" }
        if let fault = run.fault { line += ": \(Text.fault(fault))" }
        return line
    }
}
