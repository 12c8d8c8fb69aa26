package import Model

/// One value of retention rules, named as settings and commands write it.
package enum RetentionField: String, Sendable, Hashable, Codable, CaseIterable {
    case keepDays = "keep_days"
    case deletedDays = "deleted_days"
    case keepLast = "keep_last"
    case hourly
    case daily
    case weekly
    case monthly
    case yearly
    case thin

    /// The counts of slots of local time, the shortest slot first.
    package static let counts: [RetentionField] = [.hourly, .daily, .weekly, .monthly, .yearly]
}

extension RetentionRules {
    /// The number that a field holds; nil when these rules don't say, and always for `thin`.
    package func number(_ field: RetentionField) -> Int? {
        switch field {
        case .keepDays: keepDays
        case .deletedDays: deletedDays
        case .keepLast: keepLast
        case .hourly: hourly
        case .daily: daily
        case .weekly: weekly
        case .monthly: monthly
        case .yearly: yearly
        case .thin: nil
        }
    }

    /// Whether these rules say anything about a field.
    package func says(_ field: RetentionField) -> Bool {
        field == .thin ? thin != nil : number(field) != nil
    }

    /// What applies where nobody says otherwise.
    package static let standard = RetentionRules(keepDays: 30, deletedDays: 7, thin: true)
}
