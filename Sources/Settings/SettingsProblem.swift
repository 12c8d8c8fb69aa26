package import Model

/// One thing that is wrong with the settings.
package struct SettingsProblem: Error, Sendable, Equatable, CustomStringConvertible {
    package var file: String
    /// From 1; nil when it isn't about one line.
    package var line: Int?
    /// The setting, such as `backup.parallel`.
    package var key: String?
    package var message: String
    package var hint: String?

    package init(file: String, line: Int?, key: String? = nil, message: String, hint: String? = nil) {
        self.file = file
        self.line = line
        self.key = key
        self.message = message
        self.hint = hint
    }

    /// `FILE:LINE: KEY MESSAGE`.
    package var description: String {
        let place = line.map { "\(file):\($0)" } ?? file
        return "\(place): \(key.map { "\($0) " } ?? "")\(message)"
    }
}

extension Fault {
    /// All problems as one fault `bad-settings`.
    package init(_ problems: [SettingsProblem]) {
        let lines = problems.map(\.description)
        self.init(
            .badSettings, lines.joined(separator: "; "),
            hint: problems.lazy.compactMap(\.hint).first ?? "correct the file, then run `holdfast config check`",
            context: ["problems": String(problems.count)])
    }
}
