internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct MaintenancePreview: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preview", abstract: "When the next windows come, in the zone of each.",
        discussion: "Example: holdfast maintenance preview main --from 2027-03-20 --count 5")

    /// At most so many are shown.
    static let limit = 100

    @Argument(help: "A server.")
    var server: String

    @Option(help: ArgumentHelp("Only later ones; default: now.", valueName: "time"))
    var from: String?

    @Option(help: ArgumentHelp("How many, 1 to \(Self.limit).", valueName: "n"))
    var count = 10

    @OptionGroup var common: CommonOptions

    func validate() throws {
        guard (1...Self.limit).contains(count) else { throw ValidationError("--count must be 1 to \(Self.limit)") }
    }

    func run() async throws {
        let client = common.client
        let start = try await TypedTime.instant(from, client)
        let windows = try await client.previewMaintenance(of: server, from: start, count: count)
        let nothing = windows.isEmpty ? try await reason(client) : ""
        try common.terminal.show(
            list: windows, empty: "no window is planned: \(nothing)", MaintenanceText.windows)
        guard windows.count == count, let last = windows.last else { return }
        let more = count < Self.limit ? "--count shows up to \(Self.limit), " : ""
        common.terminal.note("more follow: \(more)--from \(last.local.start) goes on from here")
    }

    /// Why there is none.
    private func reason(_ client: DaemonClient) async throws -> String {
        let status = try await client.maintenance(of: server)
        guard !MaintenanceKind.allCases.contains(where: { status[$0].enabled }) else {
            return "none comes after the time asked for"
        }
        return "both windows of \(server) are off; run `holdfast maintenance enable \(server)`"
    }
}
