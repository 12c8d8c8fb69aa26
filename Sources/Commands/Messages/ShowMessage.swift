internal import ArgumentParser
internal import Client
internal import Model
internal import Wire

struct ShowMessage: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "All that is known of one message.",
        discussion: "Example: holdfast messages show 17")

    @Argument(help: "The id of a message.")
    var id: String

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let detail = try await common.client.message(try MessageFilter.id(id))
        try common.terminal.show(detail) { Self.text(detail) }
    }

    private static func text(_ detail: MessageDetail) -> String {
        let message = detail.message
        let seen = message.acknowledged.map { instant in
            "\(Text.time(instant)) by \(message.acknowledgedBy?.name ?? "-")"
        }
        let fields: [(String, String?)] = [
            ("id", "#\(message.id)"), ("time", Text.time(message.instant)), ("severity", message.severity.rawValue),
            ("code", message.code.rawValue), ("database", message.database?.text), ("run", message.run),
            ("by", message.actor.name), ("text", message.text), ("cause", message.cause),
            ("next step", message.nextStep), ("meaning", detail.meaning), ("acknowledged", seen ?? "-"),
        ]
        let lines = fields.compactMap { name, value in value.map { "\(Text.column(name, 14))\($0)" } }
        let failures = detail.failures.map { failure in
            "  \(Text.time(failure.instant))  \(failure.database?.text ?? "-")  \(failure.text)"
                + (failure.cause.map { ": \($0)" } ?? "") + (failure.run.map { " (run \($0))" } ?? "")
        }
        return (lines + (failures.isEmpty ? [] : ["failures"] + failures)).joined(separator: "\n")
    }
}
