package import Model

/// What has happened to a server's maintenance.
package enum MaintenanceEvent: Sendable, Hashable {
    case tick
    /// All clients of the server, as read just now; while it is closed, read after closing was done.
    case clients([MaintenanceClient])
    /// The order of that number has ended. One that isn't awaited any more is ignored.
    case ended(number: Int, MaintenanceOutcome)
    /// A step goes on without something.
    case leftOut(MaintenanceOmission)
    /// Nothing follows while nothing is under way.
    case aborted(by: Actor)
    /// An admin wants a window now. Nothing follows while one is under way that doesn't just wait.
    case requested(MaintenanceKind)
}

/// When and under what rules an event came.
package struct MaintenanceTerms: Sendable, Hashable {
    package var reading: ClockReading
    /// While it isn't, nothing is announced and nothing begins by itself.
    package var clockIsTrusted: Bool
    /// By the rules as they are now.
    package var planner: MaintenancePlanner

    package init(reading: ClockReading, clockIsTrusted: Bool, planner: MaintenancePlanner) {
        self.reading = reading
        self.clockIsTrusted = clockIsTrusted
        self.planner = planner
    }
}

/// What follows. The state must be durable, with the messages of its orders, before any order is carried out.
package enum MaintenanceOrder: Sendable, Hashable {
    /// Tell clients and admins that the window comes; due announcements that were missed coalesce into one.
    case announce(MaintenanceWindow, startsIn: Duration)
    /// An announced window won't come, or not then.
    case withdraw(MaintenanceWindow)
    /// Tell connected clients that they will be disconnected.
    case message(MaintenanceWindow, disconnectIn: Duration)
    /// Carry a step out and say `ended` with its number. It is cancelled `within` that time.
    case perform(MaintenanceStep, number: Int, within: Duration)
    /// End what goes by that number; nobody waits for its result. No further step but `reopen` may begin before it is gone.
    case cancel(number: Int)
    /// An attempt to reopen has failed; comes once a window, more attempts follow.
    case reopenFailed(MaintenanceWindow, MaintenanceOutcome)
    case report(MaintenanceReport)
    case skip(MaintenanceSkip)
}
