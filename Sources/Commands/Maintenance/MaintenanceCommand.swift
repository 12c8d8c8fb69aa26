internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct MaintenanceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "maintenance", abstract: "Weekly and daily windows in which servers are looked after.",
        discussion: """
            In a window new clients are refused, those that are connected get a countdown, then the server is backed up, its \
            tasks are done, and everything is opened again. Windows are off until they are enabled.

            Example: holdfast maintenance enable main weekly
            Example: holdfast maintenance set main weekly --when "Sun 02:00" --zone Europe/Berlin --length 2h
            Example: holdfast maintenance run main daily
            """,
        subcommands: [
            Show.self, MaintenanceSet.self, Enable.self, Disable.self, MaintenanceRun.self, MaintenancePreview.self,
            Abort.self,
        ], defaultSubcommand: Show.self)

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "When windows come, what is under way, and what became of the last ones; the default.",
            discussion: "Example: holdfast maintenance show main")

        @Argument(help: "A server; default: all.")
        var server: String?

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let color = common.terminal.surroundings.wantsColor
            guard let server else {
                let all = try await common.client.maintenance()
                return try common.terminal.show(list: all, MaintenanceText.table, warnings: MaintenanceText.warnings)
            }
            let status = try await common.client.maintenance(of: server)
            try common.terminal.show(status) { MaintenanceText.whole(status, color) }
            MaintenanceText.warn(status, common.terminal)
        }
    }

    struct Enable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let windows come.", discussion: "Example: holdfast maintenance enable main weekly")

        @OptionGroup var target: MaintenanceTarget
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let status = try await common.client.enableMaintenance(true, of: target.server, kind: target.kind)
            try common.terminal.show(status) {
                "\(target.server): enabled; next window \(status.next.first.map { "\($0.local.start) \($0.zone)" } ?? "-")"
            }
            MaintenanceText.warn(status, common.terminal)
        }
    }

    struct Disable: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Let windows come no more; one under way goes on.",
            discussion: "Example: holdfast maintenance disable main daily")

        @OptionGroup var target: MaintenanceTarget
        @OptionGroup var common: CommonOptions

        func run() async throws {
            let status = try await common.client.enableMaintenance(false, of: target.server, kind: target.kind)
            try common.terminal.show(status) { "\(target.server): disabled" }
        }
    }

    struct Abort: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "End the window under way: everything reopens at once.",
            discussion: "Example: holdfast maintenance abort main")

        @Argument(help: "A server.")
        var server: String

        @OptionGroup var common: CommonOptions

        func run() async throws {
            let status = try await common.client.abortMaintenance(of: server)
            try common.terminal.show(status) { "\(server): aborted; everything is being opened" }
        }
    }
}

/// Which window is meant.
struct MaintenanceTarget: ParsableArguments {
    @Argument(help: "A server.")
    var server: String

    @Argument(help: "weekly or daily; default: both.")
    var kind: MaintenanceKind?
}

extension MaintenanceKind: ExpressibleByArgument {}
extension MaintenanceTask.FailurePolicy: ExpressibleByArgument {}
