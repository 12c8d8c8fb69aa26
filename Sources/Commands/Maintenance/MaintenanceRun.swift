internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct MaintenanceRun: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Begin a window now, and wait for its end.",
        discussion: """
            It waits for no quiet moment. Exit status 3: it is over, but something is left to do.

            Example: holdfast maintenance run main weekly --yes
            """)

    @Argument(help: "A server.")
    var server: String

    @Argument(help: "weekly or daily.")
    var kind = MaintenanceKind.weekly

    @Flag(inversion: .prefixedNo, help: "Wait for its end.")
    var wait = true

    @OptionGroup var confirming: ConfirmOptions
    @OptionGroup var common: CommonOptions

    func run() async throws {
        let client = common.client
        try confirming.confirm("disconnect the clients of \(server) for maintenance", common.terminal)
        if confirming.dryRun {
            let status = try await client.maintenance(of: server)
            return try common.terminal.show(status) { MaintenanceText.rule(status[kind]) }
        }
        let last = try await client.maintenance(of: server).history.first?.id
        let begun = try await client.runMaintenance(kind, of: server)
        guard wait else {
            return try common.terminal.show(begun) { "\(server): \(kind.rawValue) maintenance has begun" }
        }
        guard let record = try await end(after: last, client) else { throw Ending.failed }
        try common.terminal.show(record) {
            MaintenanceText.record(record, common.terminal.surroundings.wantsColor)
        }
        if record.began == nil { throw Ending.failed }
        if !record.flawless { throw Ending.partlyDone }
    }

    /// - Parameter last: the newest entry of history before the window.
    private func end(after last: String?, _ client: DaemonClient) async throws -> WindowRecord? {
        var stage = ""
        while true {
            let status = try await client.maintenance(of: server)
            if let window = status.underWay {
                if window.stage != stage { common.terminal.note("\(server): \(window.stage)") }
                stage = window.stage
            } else {
                let entries = status.history.prefix { $0.id != last }
                return entries.first { $0.began != nil } ?? entries.first
            }
            try await Task.sleep(for: .milliseconds(500))
        }
    }
}
