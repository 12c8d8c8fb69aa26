package import Model

/// How far a database has come from missing to deleted; what has to survive a restart, in the same transaction as the
/// messages of the orders.
package struct GraceState: Sendable, Hashable, Codable {
    /// The message that the grace is about to end.
    package struct Announcement: Sendable, Hashable, Codable {
        package var at: Instant
        /// The end by the rules of that moment.
        package var planned: Instant
    }

    /// The first complete discovery without the database that no other has confirmed yet.
    package var firstMiss: ClockReading?
    /// When the second one confirmed it: the countdown's beginning.
    package var confirmed: Instant?
    package var announcement: Announcement?
    /// When the grace was over and all but preserved backups were released.
    package var ended: Instant?
    /// Whether the last discovery was complete.
    package var serverAnswers: Bool

    package init() { serverAnswers = true }

    /// Nothing is known against the database: such a state needn't be stored.
    package var isQuiet: Bool { self == GraceState() }
}

/// What a discovery, an admin or time has brought.
package enum GraceEvent: Sendable, Hashable {
    /// A discovery saw the unit.
    case found
    /// A complete discovery didn't.
    case missing
    /// No complete discovery: no evidence of anything.
    case unreachable
    case tick
    /// Another database was declared its continuation.
    case adopted(by: DatabaseName)
    case restored
}

/// When and under what rules an event came.
package struct GraceTerms: Sendable, Hashable {
    package var reading: ClockReading
    package var clockIsTrusted: Bool
    /// By the rules of the database as they are now.
    package var deletedDays: Int

    package init(reading: ClockReading, clockIsTrusted: Bool, deletedDays: Int) {
        self.reading = reading
        self.clockIsTrusted = clockIsTrusted
        self.deletedDays = deletedDays
    }
}

/// What follows.
package enum GraceOrder: Sendable, Hashable {
    package enum Return: Sendable, Hashable {
        case found
        case adopted(by: DatabaseName)
        case restored
    }

    /// The deletion is confirmed: `grace-started`.
    case started(end: Instant)
    /// `grace-ending`.
    case ending(end: Instant)
    /// `grace-ended`, and release all backups but preserved ones.
    case ended
    /// `database-returned`.
    case returned(Return, afterEnd: Bool)
}
