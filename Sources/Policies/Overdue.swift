package import Model

/// Whether a database's backups are late.
///
/// A schedule is overdue when an instant that it had planned is past by more than a tolerance, and no backup, nor a tick
/// that found the database unchanged, has come at or after it: a state of its own, whatever the runs in between ended
/// as. A database with several schedules is as late as the latest of them.
package enum Overdue: Sendable, Hashable {
    case onTime
    /// `planned` is the first instant that was missed, `since` the end of its tolerance.
    case since(Instant, planned: Instant, schedule: String)

    /// What one backup schedule had planned for a database, and what came of it.
    package struct Plan: Sendable {
        package var schedule: String
        /// The first instant after another at which a backup is due; nil when none ever is. For intervals, counted from
        /// the last success.
        package var next: @Sendable (Instant) -> Instant?
        /// The last success of this schedule, or the last tick that found the database unchanged; a full counts for a
        /// progressive schedule too.
        package var lastGood: Instant?
        /// Since when the schedule is as it is now, if it was added, changed or enabled after the database was seen: what
        /// it would have planned before isn't awaited.
        package var inForceSince: Instant?

        package init(
            schedule: String, lastGood: Instant?, inForceSince: Instant? = nil,
            next: @escaping @Sendable (Instant) -> Instant?
        ) {
            self.schedule = schedule
            self.lastGood = lastGood
            self.inForceSince = inForceSince
            self.next = next
        }
    }

    /// How late a backup may be: a quarter of the period, at least a minute, at most an hour.
    package static func tolerance(period: Duration) -> Duration {
        min(max(period / 4, .seconds(60)), .seconds(3600))
    }

    /// - Parameters:
    ///   - plans: those of enabled schedules that have the database in their scope.
    ///   - firstSeen: when the database was first discovered, from which on its first backup is awaited.
    package static func state(of plans: [Plan], firstSeen: Instant, now: Instant) -> Overdue {
        let late = plans.compactMap { plan -> (since: Instant, planned: Instant, schedule: String)? in
            guard let (planned, since) = deadline(of: plan, firstSeen: firstSeen, now: now), since <= now else {
                return nil
            }
            return (since, planned, plan.schedule)
        }
        return late.min { ($0.since, $0.schedule) < ($1.since, $1.schedule) }
            .map { .since($0.since, planned: $0.planned, schedule: $0.schedule) } ?? .onTime
    }

    /// When a database that is on time becomes overdue if nothing comes; nil when no schedule awaits anything.
    package static func nextDue(of plans: [Plan], firstSeen: Instant, now: Instant) -> Instant? {
        plans.compactMap { deadline(of: $0, firstSeen: firstSeen, now: now)?.since }.filter { $0 > now }.min()
    }

    private static func deadline(
        of plan: Plan, firstSeen: Instant, now: Instant
    ) -> (planned: Instant, since: Instant)? {
        // A success that a wrong clock dated after now is none: better a false alarm than a silent one.
        let good = plan.lastGood.flatMap { $0 <= now + .seconds(60) ? $0 : nil }
        let begun = [good ?? min(firstSeen, now), plan.inForceSince.map { min($0, now) }].compactMap { $0 }
        guard let base = begun.max(), let planned = plan.next(base) else { return nil }
        let period = plan.next(planned).map { $0 - planned } ?? .seconds(86_400)
        return (planned, planned + tolerance(period: period))
    }
}
