internal import Model
internal import Synchronization

/// What a setup says and has done, for who watches it and for who has to go on after a failure.
final class SetupRecord: Sendable {
    /// A line of `--json`.
    struct Event: Codable, Sendable {
        let step: String
        let message: String
        var hint: String?
        /// Said this once.
        var recoveryWords: String?
        /// Of a plan: what would be written, by path.
        var files: [String: String]?
        var databases: Int?
        var proven: Int?
    }

    private let terminal: Terminal
    private let done = Mutex<[String]>([])
    private let troubles = Mutex<[String]>([])

    init(_ terminal: Terminal) { self.terminal = terminal }

    /// What the rest went on without.
    var failures: [String] { troubles.withLock { $0 } }

    /// Something that is done now.
    func did(_ step: String, _ message: String) throws {
        done.withLock { $0.append(message) }
        try say(step, message)
    }

    func say(_ step: String, _ message: String, hint: String? = nil) throws {
        if terminal.json { return try terminal.show(Event(step: step, message: message, hint: hint)) { "" } }
        terminal.note("\(step): \(message)" + (hint.map { "\n  hint: \($0)" } ?? ""))
    }

    /// Something that went wrong, and that the rest can do without.
    func failed(_ step: String, _ fault: Fault) throws {
        troubles.withLock { $0.append(fault.message) }
        if terminal.json {
            return try terminal.show(Event(step: step, message: fault.message, hint: fault.hint)) { "" }
        }
        terminal.surroundings.errors(
            "\(step): failed: \(fault)\n" + (fault.hint.map { "  hint: \($0)\n" } ?? ""))
    }

    /// On standard output also where everything else is silent: nobody can ask for it again.
    func showRecovery(_ words: String, of repository: String) throws {
        var event = Event(step: "recovery key", message: "of \(repository); it is not shown again")
        event.recoveryWords = words
        try terminal.show(event) {
            "recovery key of repository \(repository), shown this once; write it down, and keep it elsewhere:\n\n"
                + Self.rows(words) + "\n"
        }
    }

    func show(_ event: Event, _ text: @autoclosure () -> String) throws { try terminal.show(event, text) }

    /// Six words a row.
    private static func rows(_ words: String) -> String {
        let all = words.split(separator: " ")
        return stride(from: 0, to: all.count, by: 6).map { start in
            "    " + all[start..<min(start + 6, all.count)].joined(separator: " ")
        }.joined(separator: "\n")
    }

    /// A fault that ends the setup, with what stays of it.
    func explained(_ error: any Error) -> Fault {
        var fault = Fault.wrapping(error)
        let done = done.withLock { $0 }
        let goesOn =
            done.isEmpty ? "nothing was changed" : "done so far: \(done.joined(separator: ", "))"
        fault.hint = [fault.hint, "\(goesOn); run `holdfast setup` again to go on"].compactMap(\.self)
            .joined(separator: "; ")
        return fault
    }
}
