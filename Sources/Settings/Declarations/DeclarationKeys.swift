internal import Model

/// The keys of a declaration file, in the order in which `export` writes them.
enum DeclarationKeys {
    static let schedule = [
        "action", "kind", "level", "text", "severity", "command", "timeout", "scope", "when", "time_zone", "starts",
        "ends", "spread", "deadline", "attempts", "retry", "enabled",
    ]
    static let maintenance = [
        "enabled", "when", "time_zone", "length", "latest_start", "announce", "countdown", "quiet_time",
        "on_backup_failure", "tasks",
    ]
    static let retention = [
        "keep_days", "deleted_days", "keep_last", "hourly", "daily", "weekly", "monthly", "yearly", "thin",
    ]
}

extension RetentionRules {
    /// By key, such as `keep_days`.
    static var counts: [(key: String, field: WritableKeyPath<RetentionRules, Int?>)] {
        [
            ("keep_days", \.keepDays), ("deleted_days", \.deletedDays), ("keep_last", \.keepLast), ("hourly", \.hourly),
            ("daily", \.daily), ("weekly", \.weekly), ("monthly", \.monthly), ("yearly", \.yearly),
        ]
    }
}
