package import Model
import Policies

extension ScheduleMachine {
    /// From when on being late is worth a message.
    private static var punctuality: Duration { .seconds(60) }

    /// What has to be written now: the endings of attempts, the begin of others, and claims of what is due.
    package mutating func plan() -> LedgerChanges {
        var changes = LedgerChanges(instant: now)
        for place in alarm.places(through: now) {
            if let open = entries[place].open {
                changes.steps[open.occurrence.id] = step(entries[place], open)
            } else if let claim = claim(entries[place]) {
                changes.claims.append(claim)
            } else {
                // Too early to be overdue, or outside of its start and end: known anew after the next step of the clock.
                let isOver = entries[place].silentUntil.map { clock.sinceBoot >= $0 } ?? false
                if isOver { entries[place].silentUntil = nil }
                refresh(place)
            }
        }
        return changes
    }

    /// An occurrence outside the beat.
    ///
    /// - Throws: `busy` while another is open, `not-found`.
    package func claimNow(_ name: String, by actor: Actor) throws -> OccurrenceClaim {
        guard let entry = entries.first(where: { $0.schedule.name == name && !$0.isRemoved }) else {
            throw Fault(.notFound, "there is no schedule \(name)", hint: "`holdfast schedules` lists them")
        }
        if entry.open != nil {
            throw Fault(.busy, "schedule \(name) is running already", hint: "`holdfast runs` shows what it does")
        }
        return OccurrenceClaim(
            schedule: entry.id, name: name, origin: .onDemand, actor: actor, planned: now, expectedMark: nil)
    }

    private func claim(_ entry: ScheduleEntry) -> OccurrenceClaim? {
        guard entry.isActive, let beat = entry.beat else { return nil }
        let lower = entry.position.lower(at: now)
        let first = lower == entry.position.mark ? entry.next : entry.firstDue(after: lower)
        guard let first, first <= now else { return overdue(entry) }
        var latest = first
        if let following = beat.next(after: first), following <= now { latest = entry.lastDue(through: now) ?? first }
        latest = max(latest, first)
        let coalesced = entry.coalesced(from: first, until: latest)
        let late = now - latest
        let isLate = late > Self.punctuality || coalesced != nil
        var claim = OccurrenceClaim(
            schedule: entry.id, name: entry.schedule.name, planned: latest, expectedMark: entry.position.mark,
            coalesced: coalesced, lateness: isLate ? lateness(of: first, entry) : nil)
        if let deadline = entry.schedule.deadlineSeconds.map({ Duration.seconds($0) }), late > deadline {
            let lateness = claim.lateness ?? lateness(of: first, entry)
            claim.lateness = lateness
            let limit = DurationText.text(deadline)
            claim.skipReason = "missed while \(lateness.clause); later than its deadline of \(limit)"
        }
        return claim
    }

    /// An interval that a clock set back kept silent for two periods of elapsed time.
    private func overdue(_ entry: ScheduleEntry) -> OccurrenceClaim? {
        guard let latest = entry.silentUntil, clock.sinceBoot >= latest, let beat = entry.beat,
            let period = beat.period,
            let former = beat.previous(before: now), now - former <= period, beat.next(after: now) != nil
        else { return nil }
        return OccurrenceClaim(
            schedule: entry.id, name: entry.schedule.name, planned: now, expectedMark: entry.position.mark,
            lateness: .clockStep)
    }

    private func step(_ entry: ScheduleEntry, _ open: ScheduleEntry.Open) -> OccurrenceStep {
        let occurrence = open.occurrence
        switch open.phase {
        case .ended(.succeeded(let runs)): return .close(.succeeded, reason: nil, runs: runs)
        case .ended(.skipped(let reason, let runs)): return .close(.skipped, reason: reason, runs: runs)
        case .ended(.failed(let reason, let retryable, let runs)):
            guard retryable else { return .close(.failed, reason: reason, runs: runs) }
            return afterFailure(entry, occurrence, reason: reason, runs: runs)
        case .waiting:
            if entry.isRemoved { return closeFailed(occurrence, "the schedule was removed") }
            guard isInTime(entry, occurrence, now) else {
                return closeFailed(occurrence, "it is too late for another attempt")
            }
            return .begin(attempt: occurrence.attempt, interruptions: occurrence.interruptions)
        case .interrupted, .working: return afterInterruption(entry, occurrence)
        }
    }

    private func afterFailure(
        _ entry: ScheduleEntry, _ occurrence: ClaimedOccurrence, reason: String, runs: [Int64]
    ) -> OccurrenceStep {
        let next = now + entry.pause(after: occurrence.attempt)
        guard !entry.isRemoved, occurrence.attempt < entry.schedule.attempts, isInTime(entry, occurrence, next) else {
            return .close(.failed, reason: reason, runs: runs)
        }
        return .retry(
            attempt: occurrence.attempt + 1, attempts: entry.schedule.attempts, at: next, reason: reason, runs: runs)
    }

    /// The first interruption gives the attempt back; each further one uses it up, so that a daemon that dies of the work
    /// itself comes to an end.
    private func afterInterruption(_ entry: ScheduleEntry, _ occurrence: ClaimedOccurrence) -> OccurrenceStep {
        let attempt = occurrence.interruptions == 0 ? occurrence.attempt : occurrence.attempt + 1
        guard !entry.isRemoved, attempt <= max(1, entry.schedule.attempts), isInTime(entry, occurrence, now) else {
            return .close(.failed, reason: "interrupted", runs: [])
        }
        return .begin(attempt: attempt, interruptions: occurrence.interruptions + 1)
    }

    private func isInTime(_ entry: ScheduleEntry, _ occurrence: ClaimedOccurrence, _ instant: Instant) -> Bool {
        entry.limit(of: occurrence).map { instant < $0 } ?? true
    }

    private func closeFailed(_ occurrence: ClaimedOccurrence, _ why: String) -> OccurrenceStep {
        .close(.failed, reason: occurrence.reason.map { "\($0); \(why)" } ?? why, runs: [])
    }
}
