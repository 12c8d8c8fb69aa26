package import Model

/// What became of a window that began: the plan against what really happened.
///
/// Times are by the clock of the window's beginning and the time that elapsed, whatever became of the clock meanwhile.
package struct MaintenanceReport: Sendable, Hashable, Codable {
    package struct Step: Sendable, Hashable, Codable {
        package var step: MaintenanceStep
        /// By when it had to be done.
        package var latestEnd: Instant
        package var began: Instant
        package var ended: Instant
        package var outcome: MaintenanceOutcome

        package init(
            step: MaintenanceStep, latestEnd: Instant, began: Instant, ended: Instant, outcome: MaintenanceOutcome
        ) {
            self.step = step
            self.latestEnd = latestEnd
            self.began = began
            self.ended = ended
            self.outcome = outcome
        }
    }

    package var window: MaintenanceWindow
    /// When closing began.
    package var began: Instant
    /// When everything was open again.
    package var ended: Instant
    package var ending: MaintenanceEnding
    /// All that was begun, in order; each failed attempt to reopen is one.
    package var steps: [Step]
    /// What didn't fit or was cut off; comes first next time.
    package var undone: [MaintenanceTask.Kind]
    /// The clients for which a daily window waited last.
    package var heldUpBy: [String]
    /// Absent in what earlier releases stored.
    private var omissions: [MaintenanceOmission]?

    package init(
        window: MaintenanceWindow, began: Instant, ended: Instant, ending: MaintenanceEnding, steps: [Step],
        undone: [MaintenanceTask.Kind], heldUpBy: [String], leftOut: [MaintenanceOmission]
    ) {
        self.window = window
        self.began = began
        self.ended = ended
        self.ending = ending
        self.steps = steps
        self.undone = undone
        self.heldUpBy = heldUpBy
        omissions = leftOut
    }

    /// What the window went on without.
    package var leftOut: [MaintenanceOmission] { omissions ?? [] }

    /// Whether nothing is left to do for anybody.
    package var isFlawless: Bool {
        ending == .completed && undone.isEmpty && leftOut.isEmpty && steps.allSatisfy { $0.outcome == .done }
    }
}

/// A database, or a unit, that a window went on without.
package struct MaintenanceOmission: Sendable, Hashable, Codable {
    /// `crm/sales.db`, `unit crm.service`.
    package var name: String
    package var reason: String
    /// Who has the database, for people.
    package var holders: [String]

    package init(name: String, reason: String, holders: [String] = []) {
        self.name = name
        self.reason = reason
        self.holders = holders
    }
}

/// A window that didn't begin.
package struct MaintenanceSkip: Sendable, Hashable, Codable {
    package enum Reason: Sendable, Hashable, Codable {
        /// The daemon or the machine was off, or asleep, until the latest start was past.
        case missed
        /// Another window was under way until then.
        case occupied
        /// A weekly window, planned at this instant, takes its place.
        case weekly(Instant)
        /// These clients were active.
        case clients([String])
        /// Nobody could tell whether clients are active.
        case clientsUnknown
        case clockInDoubt
        /// The rules that planned it were changed meanwhile.
        case rulesChanged
        case aborted(by: Actor)
        /// An admin asked for a window meanwhile.
        case onDemand
    }

    package var window: MaintenanceWindow
    package var reason: Reason
    /// How many windows of the kind before it were missed for the same reason and are reported by this skip.
    package var earlier: Int

    package init(_ window: MaintenanceWindow, _ reason: Reason, earlier: Int = 0) {
        self.window = window
        self.reason = reason
        self.earlier = earlier
    }
}
