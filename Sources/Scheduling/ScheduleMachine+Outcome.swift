package import Model
import Policies

extension ScheduleMachine {
    /// The work of an occurrence has ended; told again, it changes nothing.
    package mutating func ended(_ id: OccurrenceID, _ ending: OccurrenceEnding) {
        guard let place = openPlaces[id], case .working = entries[place].open?.phase else { return }
        entries[place].open?.phase = .ended(ending)
        setWake(place)
    }

    /// Takes over changes that the ledger has made durable.
    ///
    /// - Returns: what to start now, in this order; and whether the ledger knows schedules better than this machine, so that
    ///   it has to be loaded again.
    package mutating func committed(
        _ changes: LedgerChanges, _ claimed: [OccurrenceID?]
    ) -> (starts: [OccurrenceStart], isStale: Bool) {
        var started: [Int] = []
        var isStale = false
        for (id, step) in changes.steps {
            guard let place = openPlaces[id] else { continue }
            if take(step, of: id, at: changes.instant, place) { started.append(place) }
        }
        for (claim, id) in zip(changes.claims, claimed) {
            guard let id, let place = places[claim.schedule] else {
                isStale = true
                continue
            }
            take(claim, as: id, at: changes.instant, place)
            if claim.skipReason == nil { started.append(place) }
        }
        let starts = started.compactMap { place -> OccurrenceStart? in
            guard let occurrence = entries[place].open?.occurrence else { return nil }
            return OccurrenceStart(occurrence: occurrence, schedule: entries[place].schedule)
        }
        return (starts.sorted { $0.precedence < $1.precedence }, isStale)
    }

    /// - Returns: whether an attempt begins.
    private mutating func take(_ step: OccurrenceStep, of id: OccurrenceID, at instant: Instant, _ place: Int) -> Bool {
        guard var open = entries[place].open else { return false }
        switch step {
        case .begin(let attempt, let interruptions):
            open.occurrence.attempt = attempt
            open.occurrence.interruptions = interruptions
            open.occurrence.nextAttempt = nil
            open.phase = .working
        case .retry(let attempt, _, let next, let reason, let runs):
            open.occurrence.attempt = attempt
            open.occurrence.nextAttempt = next
            open.occurrence.reason = reason
            open.occurrence.runs += runs
            open.phase = .waiting
        case .close(let state, let reason, let runs):
            open.occurrence.state = state
            open.occurrence.reason = reason
            open.occurrence.nextAttempt = nil
            open.occurrence.runs += runs
            open.occurrence.closed = instant
            entries[place].last = open.occurrence
            entries[place].open = nil
            entries[place].freed = instant
            openPlaces[id] = nil
            refresh(place)
            return false
        }
        entries[place].open = open
        setWake(place)
        if case .working = open.phase { return true }
        return false
    }

    private mutating func take(_ claim: OccurrenceClaim, as id: OccurrenceID, at instant: Instant, _ place: Int) {
        let isSkipped = claim.skipReason != nil
        let occurrence = ClaimedOccurrence(
            id: id, schedule: claim.schedule, name: claim.name, origin: claim.origin, actor: claim.actor,
            planned: claim.planned, coalesced: claim.coalesced, lateness: claim.lateness, claimed: instant,
            state: isSkipped ? .skipped : .open, attempt: isSkipped ? 0 : 1, reason: claim.skipReason,
            closed: isSkipped ? instant : nil)
        if claim.origin == .planned {
            entries[place].position.claim(claim.planned, isSkipped: isSkipped)
            entries[place].isRewound = false
        }
        if isSkipped {
            entries[place].last = occurrence
        } else {
            entries[place].open = ScheduleEntry.Open(occurrence: occurrence, phase: .working)
            entries[place].worked = clock.sinceBoot
            entries[place].silentUntil = nil
            openPlaces[id] = place
        }
        refresh(place)
    }
}

extension SchedulePosition {
    /// A skip doesn't move `reach`: should the clock come by again, the occurrence is due then.
    mutating func claim(_ planned: Instant, isSkipped: Bool) {
        mark = max(mark, planned)
        if !isSkipped { reach = max(reach, planned) }
        if !ahead.isEmpty { ahead = ahead.filter { $0 > mark } }
    }
}

extension OccurrenceStart {
    /// On demand, then fulls, progressives, others; in the order of time.
    fileprivate var precedence: (Int, Instant, OccurrenceID) {
        let rank =
            switch (occurrence.origin, schedule.action, schedule.kind) {
            case (.onDemand, _, _): 0
            case (_, .backup, .full): 1
            case (_, .backup, _): 2
            default: 3
            }
        return (rank, occurrence.planned, occurrence.id)
    }
}
