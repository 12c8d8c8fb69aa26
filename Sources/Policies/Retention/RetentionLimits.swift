package import Model

/// Between which numbers retention rules may choose.
package struct RetentionLimits: Sendable, Hashable {
    /// The most days that `keep_days` may say; raised by the setting `max_keep_days`.
    package var maxKeepDays: Int
    package var maxDeletedDays: Int

    package init(maxKeepDays: Int = 30, maxDeletedDays: Int = 15) {
        self.maxKeepDays = maxKeepDays
        self.maxDeletedDays = maxDeletedDays
    }
}

extension RetentionRules {
    /// Whether these rules, complete or not, stay within the limits.
    ///
    /// - Throws: `bad-retention` that names every value that doesn't, and what is allowed.
    package func check(_ limits: RetentionLimits) throws(Fault) {
        var wrong: [String] = []
        var allowed: [String] = []
        func require(_ field: RetentionField, _ range: ClosedRange<Int>, _ text: String) {
            guard let number = number(field), !range.contains(number) else { return }
            wrong.append("\(field.rawValue) \(number)")
            allowed.append("\(field.rawValue) may be \(text)")
        }
        let longest = max(1, limits.maxKeepDays)
        require(.keepDays, 1...longest, "1 to \(longest) (`max_keep_days` in the settings raises it)")
        let grace = max(1, limits.maxDeletedDays)
        require(.deletedDays, 1...grace, "1 to \(grace)")
        require(.keepLast, 1...10_000, "1 to 10000; leave it out to keep none for its number")
        for field in RetentionField.counts { require(field, 0...10_000, "0 to 10000") }
        guard wrong.isEmpty else {
            throw Fault(
                .badRetention, "retention doesn't allow \(wrong.joined(separator: ", "))",
                hint: allowed.joined(separator: "; "))
        }
    }
}
