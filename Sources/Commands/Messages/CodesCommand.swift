internal import ArgumentParser
internal import Model
internal import Wire

/// Needs no daemon.
struct CodesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "codes", abstract: "What the codes of messages and errors mean, and what to do.",
        discussion: "Example: holdfast messages codes backup-failed")

    @Argument(help: "One code; all without.")
    var code: String?

    @OptionGroup var common: CommonOptions

    func run() throws {
        guard let text = code else {
            let entries = Code.allCases.map { CodeEntry($0) }
            return try common.terminal.show(list: entries) { entries in
                var table = Table("CODE", "WHAT IT MEANS")
                for entry in entries { table.add(entry.code.rawValue, entry.cause) }
                return table
            }
        }
        guard let known = Code(rawValue: text) else {
            throw Fault(.notFound, "there is no code \(text)", hint: "`holdfast messages codes` lists them")
        }
        let entry = CodeEntry(known)
        try common.terminal.show(entry) {
            """
            \(entry.code.rawValue)
              means      \(entry.cause)
              next step  \(entry.nextStep)
              exit \(entry.exitStatus), HTTP \(entry.httpStatus), journalctl MESSAGE_ID=\(entry.journalId)
            """
        }
    }
}
