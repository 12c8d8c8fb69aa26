package import Model

extension RetentionRules {
    /// What people may not expect of these rules: values that add nothing, and values that keep backups for longer than
    /// `keep_days` says. One sentence each, for people; nothing here is forbidden.
    ///
    /// A backup is kept as long as any rule wants it: no rule ever shortens what another one keeps, except that thinning
    /// is part of `keep_days`.
    package func warnings(completedBy wider: RetentionRules = .standard) -> [String] {
        let rules = completed(by: wider).completed(by: .standard)
        let keepDays = rules.keepDays ?? 30
        return thinningWarnings(rules, keepDays: keepDays)
            + RetentionField.counts.compactMap { countWarning($0, rules: rules, keepDays: keepDays) }
            + keepLastWarning(rules, keepDays: keepDays) + graceWarning(rules, keepDays: keepDays)
    }

    private func thinningWarnings(_ rules: RetentionRules, keepDays: Int) -> [String] {
        guard rules.thin == true else { return [] }
        if keepDays == 1, thin == true {
            return ["thin changes nothing with keep_days 1: all of the last 24 hours are kept, and no older ones"]
        }
        guard keepDays > 30 else { return [] }
        return [
            "with thin, progressive backups go after 30 days on days that have a full; keep_days \(keepDays) keeps the "
                + "fulls, and the newest backup of days without one; set thin to false to keep all"
        ]
    }

    private func countWarning(_ field: RetentionField, rules: RetentionRules, keepDays: Int) -> String? {
        guard let count = rules.number(field), count > 0, let slot = RetentionSlot(field) else { return nil }
        let days = slot.days(count)
        // Thinning keeps one an hour for 7 days only.
        let covered = field == .hourly && rules.thin == true ? min(keepDays, 7) : keepDays
        if days <= covered {
            return "\(field.rawValue) \(count) adds nothing while every \(slot.noun) has a backup: "
                + "keep_days \(keepDays) keeps these anyway"
        }
        guard days > keepDays else { return nil }
        return "\(field.rawValue) \(count) keeps backups for up to \(days) days and more, beyond "
            + "keep_days \(keepDays): a backup stays as long as any rule wants it; set \(field.rawValue) to 0 if none "
            + "may be older"
    }

    private func keepLastWarning(_ rules: RetentionRules, keepDays: Int) -> [String] {
        guard let keepLast = rules.keepLast else { return [] }
        return [
            "keep_last \(keepLast) keeps the newest \(keepLast) backups whatever their age, also beyond "
                + "keep_days \(keepDays)"
        ]
    }

    private func graceWarning(_ rules: RetentionRules, keepDays: Int) -> [String] {
        guard let deletedDays = rules.deletedDays, deletedDays > keepDays else { return [] }
        return [
            "deleted_days \(deletedDays) is longer than keep_days \(keepDays): nothing of a deleted database goes before "
                + "its \(deletedDays) days are over"
        ]
    }
}
