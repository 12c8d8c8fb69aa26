import GRDB
package import Model

/// The ledger of occurrences, as `Scheduling` asks for it.
extension Catalog {
    /// All schedules, what is open, and the last outcome of each.
    package func ledgerContent() throws -> LedgerContent {
        try read { database in
            let schedules = try StoredSchedule.fetch(database, "ORDER BY s.id")
            let last = try ClaimedOccurrence.fetch(
                database,
                """
                WHERE id IN (SELECT (SELECT o.id FROM occurrences o WHERE o.schedule = s.id AND o.state != 'open'
                    ORDER BY o.planned DESC LIMIT 1) FROM schedules s)
                """)
            return LedgerContent(
                schedules: schedules, open: try ClaimedOccurrence.fetch(database, "WHERE state = 'open' ORDER BY id"),
                last: Dictionary(last.map { ($0.schedule, $0) }, uniquingKeysWith: { _, last in last }))
        }
    }

    /// What is claimed and not closed; after a kill, what the dead daemon left.
    package func openOccurrences() throws -> [ClaimedOccurrence] {
        try read { try ClaimedOccurrence.fetch($0, "WHERE state = 'open' ORDER BY id") }
    }

    /// The history of a schedule, also of a removed one: the last occurrences with their reasons, newest first.
    package func occurrences(of name: String, limit: Int = 100) throws -> [ClaimedOccurrence] {
        try read { database in
            let schedules = try ScheduleID.fetchAll(
                database,
                sql: "SELECT id FROM schedules WHERE name = ?1 UNION SELECT id FROM removed_schedules WHERE name = ?1",
                arguments: [name])
            let numbers = schedules.map(String.init).joined(separator: ", ")
            return try ClaimedOccurrence.fetch(
                database,
                """
                WHERE (state = 'open' AND schedule IN (\(numbers))) OR (state != 'open' AND schedule IN (\(numbers)))
                ORDER BY id DESC LIMIT ?
                """, [limit])
        }
    }

    /// Makes changes of the ledger in one transaction with their messages: steps first, then claims. A claim counts only if
    /// the schedule's mark is the expected one, which it moves; a step only if the occurrence is open.
    ///
    /// - Returns: for each claim the number of its occurrence, or nil when it didn't count.
    package func commit(_ changes: LedgerChanges) throws -> [OccurrenceID?] {
        // What is due waits for its claim; the endings come soon after, and can wait for the file.
        try transition(isUrgent: !changes.claims.isEmpty) { transition in
            for (id, step) in changes.steps.sorted(by: { $0.key < $1.key }) {
                try transition.take(step, of: id, at: changes.instant)
            }
            let claimed = try transition.claim(changes.claims, at: changes.instant)
            let late = changes.claims.indices.filter { changes.claims[$0].lateness != nil && claimed[$0] != nil }
            for draft in MessageDraft.drafts(of: late.map { changes.claims[$0] }) {
                try transition.record(draft, at: changes.instant)
            }
            return claimed
        }
    }

    /// Takes the marks of schedules back, because the clock was set back to `now`.
    ///
    /// One that restarts has its mark at `now`. Others have it at the last occurrence until `now` that was claimed by itself;
    /// when the ledger doesn't reach that far back, at `now`.
    package func rewind(_ schedules: [ScheduleRewind], to now: Instant) throws -> [ScheduleID: SchedulePosition] {
        try transition { transition in
            var positions: [ScheduleID: SchedulePosition] = [:]
            for rewind in schedules { positions[rewind.schedule] = try transition.rewind(rewind, to: now) }
            return positions
        }
    }
}

extension Transition {
    fileprivate func take(_ step: OccurrenceStep, of id: OccurrenceID, at instant: Instant) throws {
        guard let row = try row("SELECT name, attempt FROM occurrences WHERE id = ? AND state = 'open'", [id]) else {
            return
        }
        let name: String = row["name"]
        switch step {
        case .begin(let attempt, let interruptions):
            try execute(
                "UPDATE occurrences SET attempt = ?, interruptions = ?, next_attempt_at = NULL WHERE id = ?",
                [attempt, interruptions, id])
        case .retry(let attempt, _, let next, let reason, let runs):
            try execute(
                "UPDATE occurrences SET attempt = ?, next_attempt_at = ?, reason = ? WHERE id = ?",
                [attempt, next.microseconds, reason, id])
            try add(runs, to: id)
        case .close(let state, let reason, let runs):
            try execute(
                "UPDATE occurrences SET state = ?, reason = ?, next_attempt_at = NULL, closed_at = ? WHERE id = ?",
                [state.rawValue, reason, instant.microseconds, id])
            try add(runs, to: id)
        }
        if try isRepeatedSkip(step, of: id) { return }
        if let draft = MessageDraft(step, of: name, attempt: row["attempt"]) { try record(draft, at: instant) }
    }

    /// Whether the schedule did nothing for the same reason the time before: it has been said then.
    private func isRepeatedSkip(_ step: OccurrenceStep, of id: OccurrenceID) throws -> Bool {
        guard case .close(.skipped, let reason?, _) = step else { return false }
        let before = try row(
            """
            SELECT state, reason FROM occurrences
            WHERE schedule = (SELECT schedule FROM occurrences WHERE id = ?1) AND state != 'open' AND id < ?1
            ORDER BY planned DESC LIMIT 1
            """, [id])
        return before?.text("state") == "skipped" && before?.text("reason") == reason
    }

    private func add(_ runs: [Int64], to id: OccurrenceID) throws {
        guard !runs.isEmpty else { return }
        let text = runs.map(String.init).joined(separator: ",")
        try execute("UPDATE occurrences SET runs = coalesce(runs || ',', '') || ? WHERE id = ?", [text, id])
    }

    fileprivate func rewind(_ rewind: ScheduleRewind, to now: Instant) throws -> SchedulePosition? {
        let id = rewind.schedule
        guard let marks = try row("SELECT * FROM schedule_marks WHERE schedule = ?", [id]) else { return nil }
        let reach = Instant(microseconds: marks["reach"])
        let floor = Instant(microseconds: marks["floor"])
        let mark = rewind.restarts ? now : try formerMark(of: id, floor: floor, now: now)
        try execute("UPDATE schedule_marks SET mark = ? WHERE schedule = ?", [mark.microseconds, id])
        return SchedulePosition(
            mark: mark, reach: reach, ahead: try SchedulePosition.ahead(database, of: id)[id] ?? [])
    }

    /// A skip that was decided when the clock was ahead is no claim: it may be in time now.
    private func formerMark(of id: ScheduleID, floor: Instant, now: Instant) throws -> Instant {
        guard floor <= now else { return now }
        let former = try ["state != 'open'", "state = 'open'"].compactMap { state in
            try row(
                """
                SELECT planned FROM occurrences WHERE schedule = ?1 AND planned <= ?2 AND origin = 'planned'
                    AND (attempt > 0 OR claimed_at <= ?2) AND \(state)
                ORDER BY planned DESC LIMIT 1
                """, [id, now.microseconds])?.instant("planned")
        }
        return max(floor, former.max() ?? floor)
    }
}
