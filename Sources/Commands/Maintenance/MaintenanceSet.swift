internal import ArgumentParser
internal import Client
internal import Model
internal import Settings
internal import Wire

struct MaintenanceSet: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "set", abstract: "Say when a window comes and what it does; what is left out stays as it is.",
        discussion: """
            Tasks: engine-check, optimise, system-updates, certificate-renewal, restore-drill, repository-verify, prune; in \
            the order given, each with its deadline after `=`, and `!` when its failure ends the window. The programs of \
            system-updates and certificate-renewal are root's to name, in the settings.

            Example: holdfast maintenance set main weekly --when "Sun 02:00" --length 2h --announce 24h,1h,10m
            Example: holdfast maintenance set main daily --tasks "engine-check=20m!,optimise=20m" --quiet-time 20m
            """)

    @Argument(help: "A server.")
    var server: String

    @Argument(help: "weekly or daily.")
    var kind: MaintenanceKind

    @OptionGroup var options: MaintenanceOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = common.client
        var rule = try await client.maintenance(of: server)[kind]
        try options.apply(to: &rule)
        let status = try await client.setMaintenance(rule, of: server)
        try common.terminal.show(status) { MaintenanceText.rule(status[kind]) }
        MaintenanceText.warn(status, common.terminal)
    }
}

/// What a window can be told on the command line.
struct MaintenanceOptions: ParsableArguments {
    @Option(help: ArgumentHelp("`Sun 02:00`, `*-*-* 03:00` …", valueName: "expression"))
    var when: String?

    @Option(help: ArgumentHelp("The IANA zone of its times; `daemon` for the daemon's.", valueName: "zone"))
    var zone: String?

    @Option(help: ArgumentHelp("From its start to its hard end, 15m to 1d.", valueName: "time"))
    var length: Seconds?

    @Option(help: ArgumentHelp("How late it may still begin; `half` of its length by default.", valueName: "time"))
    var latestStart: String?

    @Option(
        help: ArgumentHelp(
            "How long ahead clients are told, as `24h,1h,10m`; `never` for not at all.", valueName: "times"))
    var announce: String?

    @Option(help: ArgumentHelp("From the message to clients until they are disconnected.", valueName: "time"))
    var countdown: Seconds?

    @Option(help: ArgumentHelp("How long nobody may have done anything before a daily one begins.", valueName: "time"))
    var quietTime: Seconds?

    @Option(help: ArgumentHelp("`NAME=TIME!`, separated by commas; `none` for no task.", valueName: "tasks"))
    var tasks: String?

    @Option(help: ArgumentHelp("stop or go-on.", valueName: "policy"))
    var onBackupFailure: MaintenanceTask.FailurePolicy?

    func apply(to rule: inout MaintenanceRule) throws {
        if let when { rule.when = when }
        if let zone { rule.timeZone = zone == "daemon" ? nil : zone }
        if let length { rule.lengthSeconds = length.value }
        if let latestStart { rule.latestStartSeconds = latestStart == "half" ? nil : try Self.seconds(latestStart) }
        if let announce {
            rule.announceSeconds = try Self.list(announce, "announce", nothing: ["never", "none"]).map(Self.seconds)
        }
        if let countdown { rule.countdownSeconds = countdown.value }
        if let quietTime { rule.quietSeconds = quietTime.value }
        if let onBackupFailure { rule.onBackupFailure = onBackupFailure }
        if let tasks {
            rule.tasks = try Self.list(tasks, "tasks", nothing: ["none"]).map { try Self.task($0, before: rule.tasks) }
        }
    }

    /// Words between commas. No words at all may be an empty variable of a script: nothing has to be said.
    private static func list(_ text: String, _ option: String, nothing: [String]) throws -> [String] {
        if nothing.contains(text) { return [] }
        let words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        guard !words.contains("") else {
            let what = text.isEmpty ? "is empty" : "has an empty place"
            throw Fault(.wrongUsage, "--\(option) \(what)", hint: "write `--\(option) \(nothing[0])` for nothing")
        }
        return words
    }

    private static func seconds(_ text: String) throws -> Int {
        guard let seconds = Seconds(argument: text) else {
            throw Fault(.wrongUsage, "`\(text)` is no time span", hint: "write for example 10m or 1h30m")
        }
        return seconds.value
    }

    private static func task(_ text: String, before: [MaintenanceTask]) throws -> MaintenanceTask {
        if let task = MaintenanceTaskText.task(text, before: before) { return task }
        let known = MaintenanceTask.Kind.allCases.map(\.rawValue).joined(separator: ", ")
        throw Fault(
            .wrongUsage, "cannot read the task `\(text)`",
            hint: "write for example optimise=45m!; known tasks: \(known)")
    }
}
