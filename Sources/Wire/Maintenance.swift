package import Model

/// The maintenance of one server.
package struct MaintenanceStatus: Sendable, Codable, Equatable {
    package var server: String
    /// The zone its times are read in, where a rule names none.
    package var zone: String
    package var weekly: MaintenanceRule
    package var daily: MaintenanceRule
    /// The windows that come next.
    package var next: [PlannedWindow]
    package var underWay: WindowUnderWay?
    /// Tasks that come first next time, because they didn't fit or were cut off.
    package var carried: [MaintenanceTask.Kind]
    /// What an admin should know, such as that a task can't be done.
    package var warnings: [String]
    /// What became of the last windows, newest first.
    package var history: [WindowRecord]

    package init(
        server: String, zone: String, weekly: MaintenanceRule, daily: MaintenanceRule, next: [PlannedWindow] = [],
        underWay: WindowUnderWay? = nil, carried: [MaintenanceTask.Kind] = [], warnings: [String] = [],
        history: [WindowRecord] = []
    ) {
        self.server = server
        self.zone = zone
        self.weekly = weekly
        self.daily = daily
        self.next = next
        self.underWay = underWay
        self.carried = carried
        self.warnings = warnings
        self.history = history
    }

    package subscript(kind: MaintenanceKind) -> MaintenanceRule {
        switch kind {
        case .weekly: weekly
        case .daily: daily
        }
    }
}

/// A window that comes.
package struct PlannedWindow: Sendable, Codable, Equatable {
    package var kind: MaintenanceKind
    package var start: Instant
    /// The last instant at which it may begin.
    package var latestStart: Instant
    /// By which everything is open again.
    package var end: Instant
    /// The zone that its rule is read in.
    package var zone: String
    /// What clocks show there at its start, its latest start and its end, with offset.
    package var local: LocalTimes
    /// Why it isn't at the time that the rule names, or doesn't come.
    package var note: String?

    package struct LocalTimes: Sendable, Codable, Equatable {
        package var start: String
        package var latestStart: String
        package var end: String

        package init(start: String, latestStart: String, end: String) {
            self.start = start
            self.latestStart = latestStart
            self.end = end
        }
    }

    package init(
        kind: MaintenanceKind, start: Instant, latestStart: Instant, end: Instant, zone: String, local: LocalTimes,
        note: String? = nil
    ) {
        self.kind = kind
        self.start = start
        self.latestStart = latestStart
        self.end = end
        self.zone = zone
        self.local = local
        self.note = note
    }
}

/// A window that waits for a quiet moment or has begun.
package struct WindowUnderWay: Sendable, Codable, Equatable {
    package var kind: MaintenanceKind
    /// Planned.
    package var start: Instant
    package var end: Instant
    /// `waiting`, or the step under way.
    package var stage: String
    package var since: Instant
    /// When the stage is ended if it isn't over by then.
    package var until: Instant
    /// Whether new clients are refused.
    package var closed: Bool
    /// Those that are over.
    package var steps: [WindowStepRecord]
    /// The clients for which it waits.
    package var heldUpBy: [String]

    package init(
        kind: MaintenanceKind, start: Instant, end: Instant, stage: String, since: Instant, until: Instant,
        closed: Bool, steps: [WindowStepRecord] = [], heldUpBy: [String] = []
    ) {
        self.kind = kind
        self.start = start
        self.end = end
        self.stage = stage
        self.since = since
        self.until = until
        self.closed = closed
        self.steps = steps
        self.heldUpBy = heldUpBy
    }
}

/// A step that is over, planned against actual.
package struct WindowStepRecord: Sendable, Codable, Equatable {
    package enum Outcome: String, Sendable, Codable, CaseIterable {
        case done
        case failed
        /// Nothing was left that it could be done with.
        case skipped
        case timedOut = "timed-out"
        case cutOff = "cut-off"
    }

    package var step: String
    /// By when it had to be done.
    package var latestEnd: Instant
    package var began: Instant
    package var ended: Instant
    package var outcome: Outcome
    package var reason: String?

    package init(
        step: String, latestEnd: Instant, began: Instant, ended: Instant, outcome: Outcome, reason: String? = nil
    ) {
        self.step = step
        self.latestEnd = latestEnd
        self.began = began
        self.ended = ended
        self.outcome = outcome
        self.reason = reason
    }
}

/// What became of a window.
package struct WindowRecord: Sendable, Codable, Equatable {
    package var id: String
    package var kind: MaintenanceKind
    /// Planned.
    package var start: Instant
    package var end: Instant
    /// Absent for one that was skipped.
    package var began: Instant?
    package var ended: Instant?
    /// Whether it left nothing to do for anybody.
    package var flawless: Bool
    /// One line for people.
    package var text: String
    package var steps: [WindowStepRecord]
    package var undone: [MaintenanceTask.Kind]
    package var heldUpBy: [String]
    /// What it went on without.
    package var leftOut: [WindowOmission]

    package init(
        id: String, kind: MaintenanceKind, start: Instant, end: Instant, began: Instant? = nil, ended: Instant? = nil,
        flawless: Bool, text: String, steps: [WindowStepRecord] = [], undone: [MaintenanceTask.Kind] = [],
        heldUpBy: [String] = [], leftOut: [WindowOmission] = []
    ) {
        self.id = id
        self.kind = kind
        self.start = start
        self.end = end
        self.began = began
        self.ended = ended
        self.flawless = flawless
        self.text = text
        self.steps = steps
        self.undone = undone
        self.heldUpBy = heldUpBy
        self.leftOut = leftOut
    }
}

/// A database, or a unit, that a window went on without.
package struct WindowOmission: Sendable, Codable, Equatable {
    package var name: String
    package var reason: String
    package var holders: [String]

    package init(name: String, reason: String, holders: [String] = []) {
        self.name = name
        self.reason = reason
        self.holders = holders
    }
}

/// Which of a server's windows is meant.
package struct MaintenanceChoice: Sendable, Codable, Equatable {
    /// Nil: both, or where only one can be meant the weekly one.
    package var kind: MaintenanceKind?

    package init(kind: MaintenanceKind? = nil) { self.kind = kind }
}
