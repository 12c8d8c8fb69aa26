internal import Model

/// Reads the entries of a declaration and gathers every problem.
struct DeclarationReader {
    let file: String
    private(set) var schedules: [String: Schedule] = [:]
    /// Keyed by scope, as names are told apart.
    private(set) var retention: [DatabaseName: RetentionRules] = [:]
    var windows: [String: [MaintenanceKind: MaintenanceRule]] = [:]
    private(set) var problems: [SettingsProblem] = []

    init(file: String) { self.file = file }

    mutating func read(_ document: SettingsDocument) {
        for table in document.tables { read(table.path, line: table.line) }
        for entry in document.entries { read(entry) }
        for table in document.tables where table.path.count == 2 && table.path[0] == "schedules" {
            requireBasics(of: table.path[1], in: document, line: table.line)
        }
    }

    private mutating func read(_ table: [String], line: Int?) {
        switch (table.first, table.count) {
        case ("schedules", 1), ("retention", 1), ("maintenance", 1), ("maintenance", 2): break
        case ("maintenance", 3): addWindow(table, line: line)
        case ("schedules", 2): schedules[table[1]] = Schedule(name: table[1], action: .backup, when: "")
        case ("schedules", 3) where table[2] == "retention": schedules[table[1]]?.retention = RetentionRules()
        case ("retention", 2): retention[DatabaseName(table[1])] = RetentionRules()
        default:
            let tables = ["schedules", "retention", "maintenance"]
            add(
                line, "unknown table [\(table.joined(separator: "."))]",
                hint: NearestName.nearest(to: table[0], among: tables).map { "did you mean [\($0)]?" }
                    ?? "a declaration has [schedules.NAME], [retention], [retention.\"SCOPE\"] and "
                    + "[maintenance.SERVER.weekly]")
        }
    }

    private mutating func read(_ entry: SettingsDocument.Entry) {
        let path = entry.path
        switch (path.first, path.count) {
        case ("schedules", 3): readSchedule(path[1], path[2], entry)
        case ("schedules", 4) where path[2] == "retention":
            var rules = schedules[path[1]]?.retention ?? RetentionRules()
            readRule(path[3], &rules, entry)
            schedules[path[1]]?.retention = rules
        case ("retention", 2), ("retention", 3):
            let scope = DatabaseName(path.count == 3 ? path[1] : "")
            var rules = retention[scope] ?? RetentionRules()
            readRule(path[path.count - 1], &rules, entry)
            retention[scope] = rules
        case ("maintenance", 4): readWindow(path[1], path[2], path[3], entry)
        case ("schedules", _), ("retention", _), ("maintenance", _): break
        default:
            if path.count == 1 { unknown(path[0], ["schedules", "retention", "maintenance"], entry) }
        }
    }

    private mutating func readRule(_ key: String, _ rules: inout RetentionRules, _ entry: SettingsDocument.Entry) {
        if key == "thin" {
            rules.thin = flag(entry)
        } else if let count = RetentionRules.counts.first(where: { $0.key == key }) {
            rules[keyPath: count.field] = number(entry)
        } else {
            unknown(key, DeclarationKeys.retention, entry)
        }
    }

    private mutating func readSchedule(_ name: String, _ key: String, _ entry: SettingsDocument.Entry) {
        guard var schedule = schedules[name] else { return }
        switch key {
        case "action": schedule.action = choice(entry) ?? schedule.action
        case "kind": schedule.kind = choice(entry)
        case "level": schedule.level = choice(entry)
        case "severity": schedule.severity = choice(entry)
        case "text": schedule.text = text(entry)
        case "when": schedule.when = text(entry) ?? ""
        case "time_zone": schedule.timeZone = text(entry)
        case "command": schedule.command = texts(entry) ?? []
        case "scope": schedule.scope = texts(entry) ?? []
        case "starts": schedule.starts = instant(entry)
        case "ends": schedule.ends = instant(entry)
        case "spread": schedule.spreadSeconds = seconds(entry) ?? 0
        case "deadline": schedule.deadlineSeconds = seconds(entry)
        case "timeout": schedule.timeoutSeconds = seconds(entry)
        case "retry": schedule.retrySeconds = seconds(entry) ?? schedule.retrySeconds
        case "attempts": schedule.attempts = number(entry) ?? schedule.attempts
        case "enabled": schedule.enabled = flag(entry) ?? true
        default: unknown(key, DeclarationKeys.schedule, entry)
        }
        schedules[name] = schedule
    }

    private mutating func requireBasics(of name: String, in document: SettingsDocument, line: Int?) {
        for key in ["action", "when"] where !document.entries.contains(where: { $0.path == ["schedules", name, key] }) {
            add(line, "schedule \(name) has no \(key)", hint: key == "when" ? "when = \"*-*-* 23:00\"" : nil)
        }
    }
}

// MARK: - Values

extension DeclarationReader {
    mutating func add(_ line: Int?, _ message: String, hint: String? = nil) {
        problems.append(SettingsProblem(file: file, line: line, message: message, hint: hint))
    }

    mutating func complain(of entry: SettingsDocument.Entry, _ expectation: String) {
        problems.append(
            SettingsProblem(
                file: file, line: entry.line, key: entry.path.joined(separator: "."),
                message: "must be \(expectation)"))
    }

    mutating func unknown(_ key: String, _ known: [String], _ entry: SettingsDocument.Entry) {
        add(
            entry.line, "unknown key \(entry.path.joined(separator: "."))",
            hint: NearestName.nearest(to: key, among: known).map { "did you mean \($0)?" }
                ?? "known keys: \(known.joined(separator: ", "))")
    }

    mutating func text(_ entry: SettingsDocument.Entry) -> String? {
        if case .text(let text) = entry.value { return text }
        complain(of: entry, "a text")
        return nil
    }

    mutating func texts(_ entry: SettingsDocument.Entry) -> [String]? {
        if case .texts(let texts) = entry.value { return texts }
        complain(of: entry, "a list of texts")
        return nil
    }

    mutating func number(_ entry: SettingsDocument.Entry) -> Int? {
        if case .number(let number) = entry.value { return number }
        complain(of: entry, "a whole number")
        return nil
    }

    mutating func flag(_ entry: SettingsDocument.Entry) -> Bool? {
        if case .flag(let flag) = entry.value { return flag }
        complain(of: entry, "true or false")
        return nil
    }

    mutating func seconds(_ entry: SettingsDocument.Entry) -> Int? {
        if case .text(let text) = entry.value, let duration = SettingText.duration(text) {
            return Int(duration.components.seconds)
        }
        complain(of: entry, "a text such as \"10m\"")
        return nil
    }

    mutating func instant(_ entry: SettingsDocument.Entry) -> Instant? {
        if case .text(let text) = entry.value, let instant = Instant(rfc3339: text) { return instant }
        complain(of: entry, "a text such as \"2026-11-22T10:00:00Z\"")
        return nil
    }

    mutating func choice<Choice: RawRepresentable & CaseIterable>(
        _ entry: SettingsDocument.Entry
    ) -> Choice? where Choice.RawValue == String {
        if case .text(let text) = entry.value, let choice = Choice(rawValue: text) { return choice }
        complain(of: entry, "one of \(Choice.allCases.map(\.rawValue).joined(separator: ", "))")
        return nil
    }
}
