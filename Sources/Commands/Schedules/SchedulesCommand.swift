internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct SchedulesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "schedules", abstract: "What happens by itself, and when.",
        discussion: """
            Every server has a daily full and a progressive backup every few minutes by default; they are schedules like \
            any other.

            Example: holdfast schedules add nightly --backup full --when "Mon..Fri 23:00" --scope crm/
            """,
        subcommands: [
            List.self, Show.self, ScheduleAdd.self, ScheduleEdit.self, Remove.self, Enable.self, Disable.self,
            Reset.self,
            Run.self,
            SchedulePreview.self,
        ], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "All of them; the default.")

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let schedules = try await common.client.schedules()
            try common.terminal.show(list: schedules, SchedulesCommand.table) { schedule in
                schedule.warning.map { ["\(schedule.schedule.name): \($0)"] } ?? []
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "One of them, with what it did last.", discussion: "Example: holdfast schedules show crm-full")

        @Argument(help: "The name of a schedule.")
        var name: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let status = try await common.client.schedule(name)
            try common.terminal.show(status) { ScheduleText.whole(status, common.terminal.surroundings.wantsColor) }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Remove one; the backups it made stay.",
            discussion: """
                A default schedule of a server that is removed stays away until it is added again.

                Example: holdfast schedules remove nightly --yes
                """)

        @Argument(help: "The name of a schedule.")
        var name: String

        @OptionGroup var confirming: ConfirmOptions
        @OptionGroup var common: CommonOptions

        func run() async throws {
            try confirming.confirm("remove schedule \(name)", common.terminal)
            if confirming.dryRun {
                try common.terminal.show(try await common.client.schedule(name)) { "\(name): would be removed" }
            } else {
                try common.terminal.show(try await common.client.removeSchedule(name)) { "\(name): removed" }
            }
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let it run, from its next occurrence on.",
            discussion: "Example: holdfast schedules enable nightly")

        @Argument(help: "The name of a schedule.")
        var name: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let status = try await common.client.enableSchedule(name, true)
            try common.terminal.show(status) { "\(name): enabled; next run \(Text.time(status.next))" }
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let it run no more until it is enabled; what it does now goes on.",
            discussion: "Example: holdfast schedules disable nightly")

        @Argument(help: "The name of a schedule.")
        var name: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try common.terminal.show(try await common.client.enableSchedule(name, false)) { "\(name): disabled" }
        }
    }

    struct Reset: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let a default schedule follow the settings again, also one that was removed.",
            discussion: "Example: holdfast schedules reset crm-full")

        @Argument(help: "The name of a schedule.")
        var name: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let status = try await common.client.resetSchedule(name)
            try common.terminal.show(status) { "\(name): follows the settings; next run \(Text.time(status.next))" }
        }
    }

    struct Run: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run it once now, besides its occurrences.",
            discussion: "Example: holdfast schedules run nightly && holdfast runs --active")

        @Argument(help: "The name of a schedule.")
        var name: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            try common.terminal.show(try await common.client.runSchedule(name)) { "\(name): started" }
        }
    }

    static func table(_ schedules: [ScheduleStatus]) -> Table {
        var table = Table("NAME", "WHAT", "SCOPE", "WHEN", "STATE", "LAST", "NEXT")
        for status in schedules {
            table.add(
                status.schedule.name, ScheduleText.action(status.schedule), ScheduleText.scope(status),
                Text.rule(status.schedule.when, zone: status.schedule.timeZone), ScheduleText.state(status),
                Text.time(status.last?.planned),
                Text.time(status.next))
        }
        return table
    }
}
