internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct ScheduleAdd: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add", abstract: "Add one.",
        discussion: """
            Example: holdfast schedules add month-end --backup full --when "*-*~1 22:00" --yearly 7
            Example: holdfast schedules add dump --command /usr/local/sbin/dump --command --all --when "Sun 04:00"
            """)

    @Argument(help: "Its name: letters, digits, `.`, `_` and `-`.")
    var name: String

    @OptionGroup var options: ScheduleOptions

    @Flag(help: "Add it disabled.")
    var disabled = false

    @OptionGroup var common: CommonOptions

    func run() async throws {
        guard let action = try options.action() else {
            throw Fault(
                .wrongUsage, "schedule \(name) would do nothing",
                hint: "add --backup, --verify, --drill, --say, --command or --prune")
        }
        guard let when = options.when else {
            throw Fault(.wrongUsage, "schedule \(name) is never due", hint: "add for example --when \"*-*-* 23:00\"")
        }
        let client = common.client
        var schedule = Schedule(name: name, action: action, when: when)
        try options.apply(to: &schedule, TypedTime(zone: try await client.identity().timeZone))
        schedule.enabled = !disabled
        let status = try await client.addSchedule(schedule)
        try common.terminal.show(status) { "\(name): added; next run \(Text.time(status.next))" }
        if let warning = status.warning { common.terminal.note("warning: \(warning)") }
    }
}

struct ScheduleEdit: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "edit", abstract: "Change one; what is left out stays as it is.",
        discussion: """
            A default schedule of a server doesn't follow the settings any more once it is edited.

            Example: holdfast schedules edit crm-full --when "Sat 22:00" --zone Europe/Berlin
            """)

    @Argument(help: "The name of a schedule.")
    var name: String

    @Option(help: ArgumentHelp("Give it this name.", valueName: "name"))
    var rename: String?

    @OptionGroup var options: ScheduleOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = common.client
        var schedule = try await client.schedule(name).schedule
        try options.apply(to: &schedule, TypedTime(zone: try await client.identity().timeZone))
        schedule.name = rename ?? schedule.name
        schedule.source = .admin
        let before = try await client.schedule(name).schedule
        let status = try await client.changeSchedule(name, to: schedule)
        let verb = status.schedule == before ? "unchanged" : "changed"
        try common.terminal.show(status) { "\(schedule.name): \(verb); next run \(Text.time(status.next))" }
        if let warning = status.warning { common.terminal.note("warning: \(warning)") }
    }
}

struct SchedulePreview: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview", abstract: "When a schedule, or an expression, is due; shifts at DST changes are noted.",
        discussion: """
            Without a name and an expression: the next occurrences of all schedules.

            Example: holdfast schedules preview --when "Sun 02:30" --zone Europe/Berlin --from 2027-03-20 --count 3
            """)

    @Argument(help: "The name of a schedule.")
    var name: String?

    @Option(help: ArgumentHelp("An expression instead of a schedule.", valueName: "expression"))
    var when: String?

    @Option(help: ArgumentHelp("The IANA zone of the expression.", valueName: "zone"))
    var zone: String?

    @Option(help: ArgumentHelp("Only later ones; default: now.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("At most so many, of each schedule.", valueName: "n"))
    var count = 10

    @OptionGroup var common: CommonOptions

    func validate() throws {
        if name != nil, when != nil { throw ValidationError("name a schedule or give --when, not both") }
        if zone != nil, when == nil { throw ValidationError("--zone belongs to --when") }
        guard (1...1000).contains(count) else { throw ValidationError("--count must be 1 to 1000") }
    }

    func run() async throws {
        let client = common.client
        let start = try await TypedTime.instant(from, client)
        var names: [String?] = [name]
        if name == nil, when == nil { names = try await client.schedules().map(\.schedule.name) }
        var found: [(name: String, occurrence: PlannedOccurrence)] = []
        for name in names {
            let query = OccurrenceQuery(schedule: name, when: when, zone: zone, from: start, count: count)
            found += try await client.occurrences(query).map { (name ?? "", $0) }
        }
        found.sort { ($0.occurrence.instant, $0.name) < ($1.occurrence.instant, $1.name) }
        let shown = name == nil && when == nil ? Array(found.prefix(count)) : found
        try common.terminal.show(Listing(shown.map(\.occurrence))) {
            var table = Table("WHEN", "SCHEDULE", "NOTE")
            for (name, occurrence) in shown {
                table.add(occurrence.local, name.isEmpty ? "-" : name, occurrence.note ?? "-")
            }
            let text = table.text(color: common.terminal.surroundings.wantsColor)
            return text.isEmpty ? "never due again" : text
        }
    }
}
