internal import Model
internal import Wire

extension Diagnosis {
    /// - Parameter servers: those of the settings, where they could be read.
    mutating func examine(_ status: Status, servers: [String]?) {
        add("daemon", .good, status.sentence)
        for problem in status.problems { add("daemon", .problem, problem.message, hint: problem.hint) }
        if status.unacknowledged > 0 {
            let count = status.unacknowledged == 1 ? "1 error" : "\(status.unacknowledged) errors"
            add(
                "messages", .warning, "\(count) nobody has acknowledged",
                hint: "see `holdfast messages --severity error --unacknowledged`, then `holdfast messages ack ID`")
        }
        for database in status.databases where database.state != .deleted {
            examine(database, isConfigured: servers?.contains(database.server) ?? true)
        }
    }

    private mutating func examine(_ database: Database, isConfigured: Bool) {
        let name = database.name.text
        if let fault = database.fault {
            add(name, .problem, fault.message, hint: fault.hint)
        } else if database.state != .present {
            add(name, .problem, "is \(database.state.rawValue)", hint: Self.hint(for: database, isConfigured))
        }
        if database.overdue {
            add(name, .problem, "its backup is overdue", hint: "see `holdfast messages --database \(name)`")
        } else if database.lastBackup == nil {
            add(name, .warning, "has no backup yet", hint: "run `holdfast backup \(name)`")
        } else if database.lastProven == nil {
            add(name, .warning, "no backup was ever proven restorable", hint: "run `holdfast drill \(name)`")
        }
        if database.state == .present, database.nextRun == nil, database.run == nil {
            add(
                name, .warning, "no schedule backs it up",
                hint: "see `holdfast schedules`; `holdfast schedules enable NAME` or `add` brings one back")
        }
    }

    private static func hint(for database: Database, _ isConfigured: Bool) -> String {
        guard isConfigured else {
            return "server \(database.server) is not in the settings: add it again, or see `holdfast messages --code "
                + "server-unreachable` for what stays of it"
        }
        return database.engine == "sqlite"
            ? "see that its folder is mounted and readable" : "see above why server \(database.server) does not answer"
    }
}
