import GRDB
package import Model

extension Catalog {
    /// The history that is kept of each schedule: closed occurrences of 90 days, at most 1,000, at least the last 10.
    private static var keptDays: Int { 90 }
    private static var keptMost: Int { 1000 }
    private static var keptLeast: Int { 10 }

    /// Deletes old closed occurrences, in transactions of a bounded size.
    ///
    /// Not to be called while the clock is in doubt: ages are taken from it. What is ahead of its schedule's mark stays: it keeps an occurrence from being repeated. How far back deletions went
    /// is remembered as the schedule's floor, before which nothing is ever due again.
    ///
    /// - Returns: how many were deleted.
    @discardableResult
    package func pruneOccurrences(at now: Instant, batch: Int = 1000) throws -> Int {
        var total = 0
        var schedule: ScheduleID? = Int64.min
        while let current = schedule {
            let (next, deleted) = try transition { transition in
                try transition.pruneOccurrences(from: current, before: now - .seconds(86_400 * Self.keptDays), batch)
            }
            schedule = next
            total += deleted
        }
        try transition { transition in
            _ = try transition.execute(
                """
                DELETE FROM removed_schedules WHERE id NOT IN (SELECT schedule FROM occurrences WHERE state = 'open')
                    AND NOT EXISTS (SELECT 1 FROM occurrences o WHERE o.schedule = removed_schedules.id
                        AND o.state != 'open')
                """, [])
        }
        return total
    }

    fileprivate static func deletable(
        _ database: Database, _ schedule: ScheduleID, before: Instant, _ limit: Int
    ) throws -> [Row] {
        func planned(_ offset: Int) throws -> Int64? {
            try Int64.fetchOne(
                database,
                sql: """
                    SELECT planned FROM occurrences WHERE schedule = ? AND state != 'open'
                    ORDER BY planned DESC LIMIT 1 OFFSET ?
                    """,
                arguments: [schedule, offset])
        }
        guard let least = try planned(keptLeast - 1) else { return [] }
        return try Row.fetchAll(
            database,
            sql: """
                SELECT o.id, o.planned FROM occurrences o LEFT JOIN schedule_marks m ON m.schedule = o.schedule
                WHERE o.schedule = ? AND o.planned < ? AND o.state != 'open' AND o.planned <= coalesce(m.mark, o.planned)
                    AND (o.planned < ? OR o.closed_at < ?)
                ORDER BY o.planned LIMIT ?
                """,
            arguments: [schedule, least, try planned(keptMost - 1) ?? .min, before.microseconds, limit])
    }
}

extension Transition {
    /// Goes through schedules from `first` on until so many occurrences are deleted or schedules looked at.
    /// - Returns: where to go on; nil at the end.
    fileprivate func pruneOccurrences(
        from first: ScheduleID, before: Instant, _ batch: Int
    ) throws -> (next: ScheduleID?, deleted: Int) {
        var deleted = 0
        var schedule = try ScheduleID.fetchOne(
            database, sql: "SELECT min(schedule) FROM occurrences WHERE state != 'open' AND schedule >= ?",
            arguments: [first])
        for _ in 0..<max(1, batch) {
            guard let current = schedule else { return (nil, deleted) }
            let rows = try Catalog.deletable(database, current, before: before, batch - deleted)
            for row in rows { try execute("DELETE FROM occurrences WHERE id = ?", [row["id"] as Int64]) }
            if let newest = rows.last?["planned"] as Int64? {
                try execute(
                    "UPDATE schedule_marks SET floor = max(floor, ?) WHERE schedule = ?", [newest, current])
            }
            deleted += rows.count
            if deleted >= batch { return (current, deleted) }
            schedule = try ScheduleID.fetchOne(
                database, sql: "SELECT min(schedule) FROM occurrences WHERE state != 'open' AND schedule > ?",
                arguments: [current])
        }
        return (schedule, deleted)
    }
}
