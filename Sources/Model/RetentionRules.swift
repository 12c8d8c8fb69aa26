/// How long backups are kept, as far as one place says it: a schedule, a database, a folder or the default.
///
/// Nil means that this place doesn't say; the next wider one decides.
package struct RetentionRules: Sendable, Hashable, Codable {
    /// Days that each backup is kept, from 1.
    package var keepDays: Int?
    /// Days that the backups of a deleted database are kept, 1 to 15.
    package var deletedDays: Int?
    /// The newest so many backups are kept whatever their age.
    package var keepLast: Int?
    /// The newest backup of each of the last so many hours that have one, and so on.
    package var hourly: Int?
    package var daily: Int?
    package var weekly: Int?
    package var monthly: Int?
    package var yearly: Int?
    /// Whether progressive backups thin out: all for 24 hours, hourly for 7 days, daily for 30 days.
    package var thin: Bool?

    package init(
        keepDays: Int? = nil, deletedDays: Int? = nil, keepLast: Int? = nil, hourly: Int? = nil, daily: Int? = nil,
        weekly: Int? = nil, monthly: Int? = nil, yearly: Int? = nil, thin: Bool? = nil
    ) {
        self.keepDays = keepDays
        self.deletedDays = deletedDays
        self.keepLast = keepLast
        self.hourly = hourly
        self.daily = daily
        self.weekly = weekly
        self.monthly = monthly
        self.yearly = yearly
        self.thin = thin
    }

    /// These rules, with what they leave open taken from wider ones.
    package func completed(by wider: RetentionRules) -> RetentionRules {
        RetentionRules(
            keepDays: keepDays ?? wider.keepDays, deletedDays: deletedDays ?? wider.deletedDays,
            keepLast: keepLast ?? wider.keepLast, hourly: hourly ?? wider.hourly, daily: daily ?? wider.daily,
            weekly: weekly ?? wider.weekly, monthly: monthly ?? wider.monthly, yearly: yearly ?? wider.yearly,
            thin: thin ?? wider.thin)
    }
}
