internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

/// Which messages a command means.
struct MessageFilter: ParsableArguments {
    @Option(help: ArgumentHelp("Only later ones.", valueName: "time"))
    var since: String?

    @Option(help: ArgumentHelp("Only earlier ones.", valueName: "time"))
    var until: String?

    @Option(help: ArgumentHelp("Only those before the message with this id.", valueName: "id"))
    var before: String?

    @Option(help: "This severity and worse ones: info, success, warning or error.")
    var severity: Severity?

    @Option(help: ArgumentHelp("Only of this database, server or pattern; may be repeated.", valueName: "db"))
    var database: [String] = []

    @Option(help: ArgumentHelp("Only this code; may be repeated. See `holdfast messages codes`.", valueName: "code"))
    var code: [Code] = []

    @Option(help: ArgumentHelp("Only of this run.", valueName: "id"))
    var run: String?

    @Flag(help: "Only those that nobody has acknowledged.")
    var unacknowledged = false

    var isEmpty: Bool {
        since == nil && until == nil && before == nil && severity == nil && database.isEmpty && code.isEmpty
            && run == nil
            && !unacknowledged
    }

    /// - Throws: `wrong-usage` for a time or an id that can't be read.
    func query(_ client: DaemonClient) async throws -> MessageQuery {
        let zone = since == nil && until == nil ? nil : try await client.identity().timeZone
        let time = TypedTime(zone: zone)
        return MessageQuery(
            before: try before.map { try Self.id($0) }, since: try since.map { try time.read($0) },
            until: try until.map { try time.read($0) }, severity: severity, databases: database, codes: code, run: run,
            unacknowledged: unacknowledged)
    }

    /// `17` or `#17`.
    static func id(_ text: String) throws -> MessageID {
        guard let id = MessageID(text.hasPrefix("#") ? String(text.dropFirst()) : text) else {
            throw Fault(.wrongUsage, "\(text) is no message id", hint: "`holdfast messages` shows ids as #17")
        }
        return id
    }
}
