internal import ArgumentParser
internal import Model
internal import Wire

/// A time span on the command line: `90s`, `10m`, `1h30m`, `2d`.
struct Seconds: ExpressibleByArgument {
    let value: Int

    init?(argument: String) {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        var rest = argument[...]
        var total = 0
        while !rest.isEmpty {
            let digits = rest.prefix { $0.isASCII && $0.isNumber }
            rest = rest.dropFirst(digits.count)
            guard let number = Int(digits), number < 1_000_000_000, let unit = rest.popFirst(), let factor = units[unit]
            else { return nil }
            total += number * factor
        }
        guard !argument.isEmpty else { return nil }
        value = total
    }
}

extension BackupKind: ExpressibleByArgument {}

/// What a schedule can be told on the command line; what is left out stays as it is.
struct ScheduleOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Make backups: full or progressive.", valueName: "kind"))
    var backup: BackupKind?

    @Option(help: ArgumentHelp("Verify: stored, pages or restore.", valueName: "level"))
    var verify: VerifyLevel?

    @Flag(help: "Trial restores that prove the newest backups.")
    var drill = false

    @Option(help: ArgumentHelp("Say this in the message center.", valueName: "text"))
    var say: String?

    @Option(help: ArgumentHelp("Of the message: info, success, warning or error.", valueName: "severity"))
    var severity: Severity?

    @Flag(help: "Delete what retention has released.")
    var prune = false

    @Option(
        help: ArgumentHelp("Run a program of root's; repeat for its arguments.", valueName: "word"),
        transform: { $0 })
    var command: [String] = []

    @Option(help: ArgumentHelp("End the program after so long.", valueName: "time"))
    var timeout: Seconds?

    @Option(help: ArgumentHelp("`Mon..Fri 23:00`, `every 5m`, `once 2026-11-22T10:00` …", valueName: "expression"))
    var when: String?

    @Option(help: ArgumentHelp("The IANA zone of its times; `daemon` for the daemon's.", valueName: "zone"))
    var zone: String?

    @Option(
        help: ArgumentHelp(
            "A database, folder (`server/folder/`), server or pattern; repeatable. `all` for everything.",
            valueName: "name"))
    var scope: [String] = []

    @Option(help: ArgumentHelp("Not before; `now` to take it back.", valueName: "time"))
    var starts: String?

    @Option(help: ArgumentHelp("Not after; `never` to take it back.", valueName: "time"))
    var ends: String?

    @Option(help: ArgumentHelp("Late by a stable, random part of this.", valueName: "time"))
    var spread: Seconds?

    @Option(help: ArgumentHelp("Make up a missed run within this; `0s`: until the next.", valueName: "time"))
    var deadline: Seconds?

    @Option(help: ArgumentHelp("Attempts in all, 1 to 10.", valueName: "n"))
    var attempts: Int?

    @Option(help: ArgumentHelp("Before the second attempt; doubles from there.", valueName: "time"))
    var retry: Seconds?

    @OptionGroup(title: "Retention of the backups it makes") var retention: RetentionOptions

    /// - Throws: `wrong-usage` when more than one action is named.
    func action() throws -> ScheduleAction? {
        let named: [(ScheduleAction, Bool)] = [
            (.backup, backup != nil), (.verify, verify != nil), (.drill, drill), (.message, say != nil),
            (.prune, prune), (.command, !command.isEmpty),
        ]
        let chosen = named.filter(\.1).map(\.0)
        guard chosen.count <= 1 else {
            throw Fault(
                .wrongUsage, "a schedule does one thing, not \(chosen.map(\.rawValue).joined(separator: " and "))",
                hint: "add one schedule for each")
        }
        return chosen.first
    }

    func apply(to schedule: inout Schedule, _ times: TypedTime) throws {
        if let action = try action() { schedule.action = action }
        schedule.kind = schedule.action == .backup ? backup ?? schedule.kind ?? .progressive : nil
        schedule.level = schedule.action == .verify ? verify ?? schedule.level ?? .pages : nil
        schedule.text = schedule.action == .message ? say ?? schedule.text : nil
        schedule.severity = schedule.action == .message ? severity ?? schedule.severity ?? .info : nil
        schedule.command = schedule.action == .command ? (command.isEmpty ? schedule.command : command) : []
        schedule.timeoutSeconds = schedule.action == .command ? timeout?.value ?? schedule.timeoutSeconds : nil
        if let when { schedule.when = when }
        if let zone { schedule.timeZone = zone == "daemon" ? nil : zone }
        if !scope.isEmpty { schedule.scope = scope == ["all"] ? [] : scope }
        if let starts { schedule.starts = starts == "now" ? nil : try times.read(starts) }
        if let ends { schedule.ends = ends == "never" ? nil : try times.read(ends) }
        if let spread { schedule.spreadSeconds = spread.value }
        if let deadline { schedule.deadlineSeconds = deadline.value == 0 ? nil : deadline.value }
        if let attempts { schedule.attempts = attempts }
        if let retry { schedule.retrySeconds = retry.value }
        if let rules = retention.rules {
            schedule.retention = rules.completed(by: schedule.retention ?? RetentionRules())
        }
    }
}
