package import Wire

/// What works right now, in one line for `systemctl status`.
package enum RunSummary {
    private static let named = 2

    /// `backing up crm/sales.db 42 %, verifying; 3 waiting`; `at rest` when there is nothing.
    ///
    /// - Parameter runs: those that wait or work, oldest first.
    package static func text(_ runs: [Run]) -> String {
        let working = runs.filter { $0.state == .running }
        let waiting = runs.count - working.count
        var parts = working.prefix(named).map(text)
        if working.count > named { parts.append("\(working.count - named) more") }
        let list = parts.joined(separator: ", ")
        guard waiting > 0 else { return list.isEmpty ? "at rest" : list }
        return (list.isEmpty ? "" : "\(list); ") + "\(waiting) waiting"
    }

    private static func text(_ run: Run) -> String {
        let object = run.database.map { " \($0)" } ?? ""
        let percent = run.progress?.percent.map { " \(Int($0)) %" } ?? ""
        return verb(run.kind) + object + percent
    }

    private static func verb(_ kind: RunKind) -> String {
        switch kind {
        case .backup: "backing up"
        case .restore: "restoring"
        case .verify: "verifying"
        case .download: "sending"
        case .drill: "drilling"
        case .prune: "pruning"
        case .command: "running a command"
        case .message: "saying a message"
        }
    }
}
