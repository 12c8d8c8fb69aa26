internal import Model

/// Checks documents against the table of settings and gathers every problem.
struct SettingsCheck {
    struct Chosen {
        let value: SettingValue
        let source: String
    }

    private(set) var problems: [SettingsProblem] = []
    /// By full key, such as `servers.crm.folders`; later documents win.
    private var chosen: [String: Chosen] = [:]
    /// By name, with the place that names them first.
    private var servers: [String: (file: String, line: Int?)] = [:]

    mutating func add(_ problem: SettingsProblem) { problems.append(problem) }

    mutating func add(_ document: SettingsDocument) {
        for table in document.tables { add(table.path, line: table.line, of: document.file) }
        for entry in document.entries { add(entry, of: document.file) }
    }

    private mutating func add(_ table: [String], line: Int?, of file: String) {
        let key = table.joined(separator: ".")
        guard
            SettingRule.all.contains(where: { rule in
                rule.steps.count > table.count && zip(rule.steps, table).allSatisfy { $0 == "*" || $0 == $1 }
            })
        else {
            let known = Set(SettingRule.all.compactMap { $0.steps.count > 1 ? String($0.steps[0]) : nil }).sorted()
            let nearest = NearestName.nearest(to: key, among: known)
            add(
                SettingsProblem(
                    file: file, line: line, message: "unknown table [\(key)]",
                    hint: nearest.map { "did you mean [\($0)]?" } ?? "known tables: \(known.joined(separator: ", "))"))
            return
        }
        if table.count == 2, table[0] == "servers" { addServer(table[1], line: line, of: file) }
    }

    private mutating func addServer(_ name: String, line: Int?, of file: String) {
        let letters = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        guard letters, (1...31).contains(name.count), !name.hasPrefix("."), !name.hasPrefix("-") else {
            return add(
                SettingsProblem(
                    file: file, line: line, message: "server \(SettingText.quoted(name)) has an unsuitable name",
                    hint: "use up to 31 letters, digits, `.`, `_` and `-`"))
        }
        if servers[name] == nil { servers[name] = (file, line) }
    }

    private mutating func add(_ entry: SettingsDocument.Entry, of file: String) {
        let key = entry.path.joined(separator: ".")
        guard let rule = SettingRule.all.first(where: { $0.covers(entry.path) }) else {
            return addUnknown(entry, of: file)
        }
        switch rule.kind.check(entry.value) {
        case .success(let value):
            chosen[key] = Chosen(value: value, source: entry.line.map { "\(file):\($0)" } ?? file)
        case .failure(let complaint):
            add(SettingsProblem(file: file, line: entry.line, key: key, message: complaint.text, hint: rule.note))
        }
    }

    private mutating func addUnknown(_ entry: SettingsDocument.Entry, of file: String) {
        let server = entry.path.count > 1 && entry.path[0] == "servers" ? entry.path[1] : "NAME"
        let known = SettingRule.all.map { $0.key.replacing("*", with: server) }
        // A table that is unknown has been complained of already.
        guard entry.path.count == 1 || known.contains(where: { $0.hasPrefix("\(entry.path[0]).") }) else { return }
        let key = entry.path.joined(separator: ".")
        let nearest = NearestName.nearest(to: key, among: known)
        add(
            SettingsProblem(
                file: file, line: entry.line, message: "unknown setting \(key)",
                hint: nearest.map { "did you mean \($0)?" } ?? "`man holdfast.toml` lists the settings"))
    }

    func chosen(_ key: String) -> Chosen? { chosen[key] }

    var serverNames: [String] { servers.keys.sorted() }

    func place(ofServer name: String) -> (file: String, line: Int?) { servers[name] ?? ("", nil) }
}
