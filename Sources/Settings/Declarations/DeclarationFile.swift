package import Model
internal import Platform

/// Schedules, retention and maintenance windows as a TOML file: what `holdfast export` writes and `holdfast apply` reads.
///
/// ```toml
/// [schedules.crm-full]
/// action = "backup"
/// kind = "full"
/// scope = ["crm"]
/// when = "*-*-* 23:00"
///
/// [retention]
/// keep_days = 30
///
/// [retention."crm/archive/"]
/// keep_last = 5
///
/// [maintenance.main.weekly]
/// when = "Sat 22:00"
/// tasks = ["engine-check=30m!", "optimise"]
/// ```
package struct DeclarationFile: Sendable, Equatable {
    /// In order of name.
    package var schedules: [Schedule]
    /// The default under the empty scope, if the file says it; in order of scope.
    package var retention: [(scope: String, rules: RetentionRules)]

    /// In order of server and kind.
    package var maintenance: [DeclaredMaintenance]

    package init(
        schedules: [Schedule], retention: [(scope: String, rules: RetentionRules)],
        maintenance: [DeclaredMaintenance] = []
    ) {
        self.schedules = schedules
        self.retention = retention
        self.maintenance = maintenance
    }

    /// - Parameter name: of the file, for messages.
    /// - Throws: `bad-settings` that names every problem with its line. What a value means, such as an expression, is
    ///   checked by the daemon.
    package init(_ text: String, name: String) throws(Fault) {
        do throws(SettingsProblem) {
            let document = try SettingsDocument(file: name, text: text)
            var reader = DeclarationReader(file: name)
            reader.read(document)
            guard reader.problems.isEmpty else { throw DeclarationFile.first(reader.problems) }
            self.init(
                schedules: reader.schedules.values.sorted { $0.name < $1.name },
                retention: reader.retention.sorted { $0.key < $1.key }.map { ($0.key.text, $0.value) },
                maintenance: reader.maintenance)
        } catch {
            throw Fault([error])
        }
    }

    /// Several problems as one, so that all are told.
    private static func first(_ problems: [SettingsProblem]) -> SettingsProblem {
        var whole = problems[0]
        for other in problems.dropFirst() { whole.message += "; \(other)" }
        return whole
    }

    package static func == (left: DeclarationFile, right: DeclarationFile) -> Bool {
        left.schedules == right.schedules && left.maintenance == right.maintenance
            && left.retention.elementsEqual(right.retention) { $0.scope == $1.scope && $0.rules == $1.rules }
    }
}
