extension SettingsReference {
    /// `SettingsReference.md` of the documentation: a section for each table of the settings file.
    package static var page: String {
        var lines = pageIntroduction
        var table: String?
        for rule in SettingRule.all {
            let section = rule.steps.dropLast().joined(separator: ".").replacing("*", with: "NAME")
            if section != table {
                lines += ["", section.isEmpty ? "## Outside of tables" : "## [\(section)]", ""]
                lines += ["| Setting | Value | Default | Counts after | Meaning |", "|---|---|---|---|---|"]
                table = section
            }
            lines.append(row(rule))
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func row(_ rule: SettingRule) -> String {
        let fields = [
            "`\(rule.steps[rule.steps.count - 1])`", rule.kind.words, rule.fallback.map { "`\($0)`" } ?? "none",
            rule.effect.rawValue, rule.note,
        ]
        return "| \(fields.map { $0.replacing("|", with: "\\|") }.joined(separator: " | ")) |"
    }

    private static let pageIntroduction = [
        "# Settings",
        "",
        "What `/etc/holdfast/holdfast.toml` and the files of `conf.d` beside it may say. Made from the table of settings "
            + "in the code by a test; not by hand.",
        "",
        "Settings are what root decides: servers, paths, limits, and the defaults of all else. What admins change while "
            + "the daemon runs (schedules, retention, windows) is in the catalog and comes first. `holdfast config check` "
            + "finds what is wrong, `holdfast config show --effective` tells where each value comes from. Unknown settings "
            + "are errors. Files of `conf.d` are read in the order of their names; what a later one sets wins.",
        "",
        "- **Reload**: `systemctl reload holdfastd`, SIGHUP. All settings are put in force at once, or none: a bad file "
            + "keeps the old ones and says why. Work under way goes on as it began.",
        "- **Restart**: `systemctl restart holdfastd`. A reload that changes such a setting is refused.",
        "- Times are `\"90s\"`, `\"10m\"`, `\"1h30m\"`, `\"2d\"`; bytes `\"64K\"`, `\"50M\"`, `\"1G\"` (binary) or a number, "
            + "percent `\"50%\"`, hours `\"22:00-06:00\"`.",
        "- Calendar expressions are those of [Recurrence](../../Policies/Policies.docc/Recurrence.md). A schedule that an "
            + "admin has changed follows its setting no longer.",
        "- A server's name has up to 31 letters, digits, `.`, `_` and `-`.",
        "- Passwords and keys are in no setting: those of the repository are in a file or a credential, PostgreSQL's in "
            + "the file that `passfile` in `connection` names.",
    ]
}
