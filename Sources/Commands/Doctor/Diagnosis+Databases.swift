internal import Model
internal import Wire

extension Diagnosis {
    mutating func examine(_ status: Status) {
        // Without a repository the sentence is a problem, which follows with its remedy.
        add("daemon", .good, status.repository == nil ? "holdfastd answers" : status.sentence)
        for problem in status.problems {
            let subject = problem.code == .clockInDoubt ? "clock" : "daemon"
            add(subject, .problem, problem.message, hint: problem.hint)
        }
        if status.unacknowledged > 0 {
            let count = status.unacknowledged == 1 ? "1 error" : "\(status.unacknowledged) errors"
            add(
                "messages", .warning, "\(count) nobody has acknowledged",
                hint: "see `holdfast messages --severity error --unacknowledged`, then `holdfast messages ack ID`")
        }
        for database in status.databases where database.state != .deleted { examine(database) }
    }

    private mutating func examine(_ database: Database) {
        let name = database.name.text
        if database.state == .removed {
            return add(
                name, .warning, "server \(database.server) is no longer in the settings",
                hint: "add it again, or see `holdfast databases show \(name.shellWord)` for what becomes of its backups"
            )
        }
        if let doubt = database.doubt { add(name, .problem, doubt.message, hint: doubt.hint) }
        if let fault = database.fault {
            add(name, .problem, fault.message, hint: fault.hint)
        } else if database.state != .present {
            add(name, .problem, "is \(database.state.rawValue)", hint: Self.hint(for: database))
        }
        if database.overdue {
            add(name, .problem, "its backup is overdue", hint: "see `holdfast messages --database \(name.shellWord)`")
        } else if database.lastBackup == nil {
            add(name, .warning, "has no backup yet", hint: "run `holdfast backup \(name.shellWord)`")
        } else if database.lastProven == nil {
            add(name, .warning, "no backup was ever proven restorable", hint: "run `holdfast drill \(name.shellWord)`")
        }
        if database.state == .present, database.nextRun == nil, database.run == nil {
            add(
                name, .warning, "no schedule backs it up",
                hint: "see `holdfast schedules`; `holdfast schedules enable NAME` or `add` brings one back")
        }
    }

    private static func hint(for database: Database) -> String {
        database.engine == "sqlite"
            ? "see that its folder is mounted and readable" : "see above why server \(database.server) does not answer"
    }
}
