internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct RetentionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retention", abstract: "How long backups are kept.",
        discussion: """
            What a schedule says of its backups comes first, then the database, its folders, its server, the default. \
            Never deleted: preserved backups, and of a database that exists the newest good and the newest proven one.

            Example: holdfast retention set --database crm/sales.db --keep-days 14 --weekly 8
            """,
        subcommands: [Show.self, Set.self, Preview.self], defaultSubcommand: Show.self)

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "The rules of every place; the default.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let entries = try await common.client.retention()
            try common.terminal.show(list: entries, RetentionCommand.table) { entry in
                entry.warnings.map { "\(name(entry)): \($0)" }
            }
        }

        private func name(_ entry: RetentionEntry) -> String { entry.scope.isEmpty ? "default" : entry.scope }
    }

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Change the rules of the default, or of a database, folder or server.",
            discussion: "Example: holdfast retention set --keep-days 21 --keep-last 5")

        @Option(help: ArgumentHelp("A database, a folder (`server/folder/`) or a server.", valueName: "name"))
        var database: String?

        @Flag(help: "Forget first what was said of it.")
        var reset = false

        @OptionGroup var options: RetentionOptions
        @OptionGroup var common: CommonOptions

        func validate() throws {
            guard reset || options.rules != nil else {
                throw ValidationError("say what to change, for example --keep-days 14")
            }
        }

        func run() async throws {
            let change = RetentionChange(
                scope: database ?? "", rules: options.rules ?? RetentionRules(), reset: reset)
            let entries = try await common.client.setRetention(change)
            try common.terminal.show(list: entries, RetentionCommand.table) { entry in
                entry.warnings.map { "warning: \($0)" }
            }
            common.terminal.note("`holdfast retention preview` shows what a prune deletes now")
        }
    }

    struct Preview: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Exactly what a prune would do now: each backup with the rule that decides.",
            discussion: "Example: holdfast retention preview crm/sales.db")

        @Argument(help: "Names, unique ends of names, servers or shell patterns; default: all.")
        var databases: [String] = []

        @Flag(help: "As `prune --now`: also what is in soft delete.")
        var now = false

        @Flag(help: "Also those that are kept.")
        var all = false

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let previews = try await common.client.previewRetention(PruneRequest(databases: databases, now: now))
            try common.terminal.show(Listing(previews)) {
                RetentionText.previews(previews, all: all, common.terminal.surroundings.wantsColor)
            }
        }
    }

    static func table(_ entries: [RetentionEntry]) -> Table {
        var table = Table(
            "PLACE", ">KEEP DAYS", ">DELETED DAYS", ">LAST", ">HOURLY", ">DAILY", ">WEEKLY", ">MONTHLY", ">YEARLY",
            "THIN", "FROM")
        for entry in entries {
            let rules = entry.rules
            func text(_ number: Int?) -> String { number.map { String($0) } ?? "-" }
            table.add(
                entry.scope.isEmpty ? "default" : entry.scope, text(rules.keepDays), text(rules.deletedDays),
                text(rules.keepLast), text(rules.hourly), text(rules.daily), text(rules.weekly), text(rules.monthly),
                text(rules.yearly), rules.thin.map { $0 ? "yes" : "no" } ?? "-", entry.source)
        }
        return table
    }
}
