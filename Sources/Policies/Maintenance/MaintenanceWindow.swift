package import Model

/// One planned window with all that it is going to do; a window under way keeps its own whatever becomes of the rules.
package struct MaintenanceWindow: Sendable, Hashable, Codable {
    package var rule: MaintenanceRule
    package var start: Instant
    /// Why the start isn't at the local time that the rule names, or at which of two.
    package var shift: String?
    /// Start of the weekly window in whose favour this daily one is skipped.
    package var weeklyInstead: Instant?
    /// An admin asked for it: it waits for no quiet moment.
    package var isOnDemand: Bool

    package init(
        rule: MaintenanceRule, start: Instant, shift: String? = nil, weeklyInstead: Instant? = nil,
        isOnDemand: Bool = false
    ) {
        self.rule = rule
        self.start = start
        self.shift = shift
        self.weeklyInstead = weeklyInstead
        self.isOnDemand = isOnDemand
    }

    package var kind: MaintenanceKind { rule.kind }
    /// The hard end, by which everything is open again.
    package var end: Instant { start + rule.length }
    /// The last instant at which it may begin.
    package var latestStart: Instant { start + rule.latestStart }
    /// No task may last beyond it.
    package var workEnd: Instant { end - rule.reserve }
}
