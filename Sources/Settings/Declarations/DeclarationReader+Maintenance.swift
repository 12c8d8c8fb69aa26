internal import Model

extension DeclarationReader {
    /// In order of server and kind.
    var maintenance: [DeclaredMaintenance] {
        windows.sorted { $0.key < $1.key }.flatMap { server, rules in
            MaintenanceKind.allCases.compactMap { rules[$0] }.map { DeclaredMaintenance(server: server, rule: $0) }
        }
    }

    mutating func addWindow(_ table: [String], line: Int?) {
        guard let kind = MaintenanceKind(rawValue: table[2]) else {
            return add(
                line, "unknown table [\(table.joined(separator: "."))]",
                hint: "a server has the windows [maintenance.\(table[1]).weekly] and [maintenance.\(table[1]).daily]")
        }
        windows[table[1], default: [:]][kind] = .standard(kind)
    }

    mutating func readWindow(_ server: String, _ name: String, _ key: String, _ entry: SettingsDocument.Entry) {
        guard let kind = MaintenanceKind(rawValue: name), var rule = windows[server]?[kind] else { return }
        switch key {
        case "enabled": rule.enabled = flag(entry) ?? true
        case "when": rule.when = text(entry) ?? ""
        case "time_zone": rule.timeZone = text(entry)
        case "length": rule.lengthSeconds = seconds(entry) ?? rule.lengthSeconds
        case "latest_start": rule.latestStartSeconds = seconds(entry)
        case "countdown": rule.countdownSeconds = seconds(entry) ?? 0
        case "quiet_time": rule.quietSeconds = seconds(entry) ?? 0
        case "on_backup_failure": rule.onBackupFailure = choice(entry) ?? rule.onBackupFailure
        case "announce": rule.announceSeconds = leads(entry)
        case "tasks": rule.tasks = tasks(entry)
        default: unknown(key, DeclarationKeys.maintenance, entry)
        }
        windows[server]?[kind] = rule
    }

    private mutating func leads(_ entry: SettingsDocument.Entry) -> [Int] {
        let leads = (texts(entry) ?? []).map { SettingText.duration($0) }
        if leads.contains(nil) { complain(of: entry, "a list of texts such as \"10m\"") }
        return leads.compactMap { $0 }.map { Int($0.components.seconds) }
    }

    private mutating func tasks(_ entry: SettingsDocument.Entry) -> [MaintenanceTask] {
        let tasks = (texts(entry) ?? []).map { MaintenanceTaskText.task($0) }
        if tasks.contains(nil) { complain(of: entry, "a list of texts such as \"optimise=30m!\"") }
        return tasks.compactMap { $0 }
    }
}
