internal import Model
internal import Wire

/// Schedules as people read them.
enum ScheduleText {
    /// `full backup`, `verify at level pages`, `command /usr/local/bin/dump`.
    static func action(_ schedule: Schedule) -> String {
        switch schedule.action {
        case .backup: "\((schedule.kind ?? .progressive).rawValue) backup"
        case .verify: "verify at level \((schedule.level ?? .pages).rawValue)"
        case .drill, .prune: schedule.action.rawValue
        case .message: "message"
        case .command: "command \(schedule.command.first ?? "")"
        }
    }

    static func scope(_ status: ScheduleStatus) -> String {
        status.schedule.scope.isEmpty ? "all" : status.schedule.scope.joined(separator: " ")
    }

    static func state(_ status: ScheduleStatus) -> String {
        guard status.schedule.enabled else { return "disabled" }
        guard let last = status.last else { return "waiting" }
        if last.state == .open { return last.nextAttempt == nil ? "working" : "retrying" }
        return last.state.rawValue
    }

    static func whole(_ status: ScheduleStatus, _ color: Bool) -> String {
        let schedule = status.schedule
        let fields: [(String, String?)] = [
            ("name", schedule.name), ("what", action(schedule)), ("scope", scope(status)),
            ("covers", "\(status.databases) \(status.databases == 1 ? "database" : "databases")"),
            ("when", schedule.when), ("zone", status.zone), ("starts", schedule.starts.map { Text.time($0) }),
            ("ends", schedule.ends.map { Text.time($0) }), ("spread", duration(schedule.spreadSeconds)),
            ("deadline", duration(schedule.deadlineSeconds)),
            ("attempts", "\(schedule.attempts), the second after \(duration(schedule.retrySeconds) ?? "0 s")"),
            ("timeout", duration(schedule.timeoutSeconds)), ("text", schedule.text),
            ("command", schedule.command.isEmpty ? nil : schedule.command.joined(separator: " ")),
            ("source", schedule.source == .settings ? "settings" : "an admin"), ("state", state(status)),
            ("next", Text.time(status.next) + (status.nextNote.map { " (\($0))" } ?? "")), ("warning", status.warning),
        ]
        let lines = fields.compactMap { name, value in value.map { "\(name): \($0)" } }
        return (lines + history(status.history ?? [], color)).joined(separator: "\n")
    }

    private static func duration(_ seconds: Int?) -> String? {
        seconds.flatMap { $0 == 0 ? nil : Text.duration(Double($0)) }
    }

    private static func history(_ records: [OccurrenceRecord], _ color: Bool) -> [String] {
        guard !records.isEmpty else { return [] }
        var table = Table("PLANNED", "BEGUN", "ENDED", "STATE", ">ATTEMPT", "WHY")
        for record in records {
            table.add(
                Text.time(record.planned), Text.time(record.claimed), Text.time(record.closed), record.state.rawValue,
                String(record.attempt), record.reason ?? "-")
        }
        return ["", table.text(color: color)]
    }
}
