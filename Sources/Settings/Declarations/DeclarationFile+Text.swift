internal import Model

extension DeclarationFile {
    /// The file's text; read again, it is the same declaration. What has its default is left out.
    package var text: String {
        var lines = [
            "# Schedules, retention and maintenance, as written by `holdfast export`; `holdfast apply FILE` makes them so."
        ]
        for (scope, rules) in retention {
            lines +=
                ["", scope.isEmpty ? "[retention]" : "[retention.\(SettingText.quoted(scope))]"] + Self.lines(rules)
        }
        for schedule in schedules { lines += [""] + Self.lines(schedule) }
        for entry in maintenance { lines += [""] + Self.lines(entry) }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func lines(_ rules: RetentionRules) -> [String] {
        RetentionRules.counts.compactMap { count in rules[keyPath: count.field].map { "\(count.key) = \($0)" } }
            + [rules.thin.map { "thin = \($0)" }].compactMap { $0 }
    }

    private static func lines(_ schedule: Schedule) -> [String] {
        let name = "schedules.\(SettingText.quoted(schedule.name))"
        let plain = Schedule(name: "", action: schedule.action, when: "")
        let fields: [(String, String?)] = [
            ("action", quoted(schedule.action.rawValue)), ("kind", schedule.kind.map { quoted($0.rawValue) }),
            ("level", schedule.level.map { quoted($0.rawValue) }), ("text", schedule.text.map(quoted)),
            ("severity", schedule.severity.map { quoted($0.rawValue) }), ("command", list(schedule.command)),
            ("timeout", duration(schedule.timeoutSeconds)), ("scope", list(schedule.scope)),
            ("when", quoted(schedule.when)), ("time_zone", schedule.timeZone.map(quoted)),
            ("starts", schedule.starts.map { quoted($0.rfc3339()) }),
            ("ends", schedule.ends.map { quoted($0.rfc3339()) }),
            ("spread", schedule.spreadSeconds == 0 ? nil : duration(schedule.spreadSeconds)),
            ("deadline", duration(schedule.deadlineSeconds)),
            ("attempts", schedule.attempts == plain.attempts ? nil : String(schedule.attempts)),
            ("retry", schedule.retrySeconds == plain.retrySeconds ? nil : duration(schedule.retrySeconds)),
            ("enabled", schedule.enabled ? nil : "false"),
        ]
        var lines = ["[\(name)]"] + fields.compactMap { key, value in value.map { "\(key) = \($0)" } }
        if let rules = schedule.retention { lines += ["[\(name).retention]"] + Self.lines(rules) }
        return lines
    }

    private static func lines(_ entry: DeclaredMaintenance) -> [String] {
        let (rule, plain) = (entry.rule, MaintenanceRule.standard(entry.rule.kind))
        let fields: [(String, String?)] = [
            ("enabled", rule.enabled ? nil : "false"), ("when", quoted(rule.when)),
            ("time_zone", rule.timeZone.map(quoted)), ("length", duration(rule.lengthSeconds)),
            ("latest_start", duration(rule.latestStartSeconds)),
            ("announce", "[\(rule.announceSeconds.compactMap(duration).joined(separator: ", "))]"),
            ("countdown", duration(rule.countdownSeconds)),
            ("quiet_time", rule.quietSeconds == plain.quietSeconds ? nil : duration(rule.quietSeconds)),
            (
                "on_backup_failure",
                rule.onBackupFailure == plain.onBackupFailure ? nil : quoted(rule.onBackupFailure.rawValue)
            ),
            ("tasks", "[\(rule.tasks.map { quoted(MaintenanceTaskText.text($0)) }.joined(separator: ", "))]"),
        ]
        return ["[maintenance.\(SettingText.quoted(entry.server)).\(rule.kind.rawValue)]"]
            + fields.compactMap { key, value in value.map { "\(key) = \($0)" } }
    }

    private static func quoted(_ text: String) -> String { SettingText.quoted(text) }

    private static func list(_ texts: [String]) -> String? {
        texts.isEmpty ? nil : "[\(texts.map(SettingText.quoted).joined(separator: ", "))]"
    }

    private static func duration(_ seconds: Int?) -> String? {
        seconds.map { SettingText.quoted(SettingText.text(.seconds($0))) }
    }
}
