internal import ArgumentParser
internal import Model

/// Retention rules on the command line.
struct RetentionOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Keep each backup so many days.", valueName: "n"))
    var keepDays: Int?

    @Option(help: ArgumentHelp("Keep the backups of a deleted database so many days.", valueName: "n"))
    var deletedDays: Int?

    @Option(help: ArgumentHelp("Keep the newest so many, whatever their age.", valueName: "n"))
    var keepLast: Int?

    @Option(help: ArgumentHelp("Keep the newest of each of the last so many hours.", valueName: "n"))
    var hourly: Int?

    @Option(help: ArgumentHelp("… days.", valueName: "n"))
    var daily: Int?

    @Option(help: ArgumentHelp("… weeks.", valueName: "n"))
    var weekly: Int?

    @Option(help: ArgumentHelp("… months.", valueName: "n"))
    var monthly: Int?

    @Option(help: ArgumentHelp("… years.", valueName: "n"))
    var yearly: Int?

    @Flag(inversion: .prefixedNo, help: "Thin out progressive backups: all for a day, hourly for a week, then daily.")
    var thin: Bool?

    /// Nil when nothing was said.
    var rules: RetentionRules? {
        let rules = RetentionRules(
            keepDays: keepDays, deletedDays: deletedDays, keepLast: keepLast, hourly: hourly, daily: daily,
            weekly: weekly, monthly: monthly, yearly: yearly, thin: thin)
        return rules == RetentionRules() ? nil : rules
    }
}
