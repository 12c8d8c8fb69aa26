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
        var starts: [OccurrenceStart] = []
        var isStale = false
        for (id, step) in changes.steps {
            guard let place = openPlaces[id] else { continue }
            guard let occurrence = take(step, of: id, at: changes.instant, place) else { continue }
            starts.append(OccurrenceStart(occurrence: occurrence, schedule: entries[place].$schedule.value))
        }
        openPlaces.reserveCapacity(openPlaces.count + claimed.count)
        for (claim, id) in zip(changes.claims, claimed) {
            guard let id, let place = places[claim.schedule] else {
                isStale = true
                continue
            }
            let occurrence = take(claim, as: id, at: changes.instant, place)
            guard claim.skipReason == nil else { continue }
            starts.append(OccurrenceStart(occurrence: occurrence, schedule: entries[place].$schedule.value))
        }
        let order = starts.indices.map { (starts[$0].precedence, $0) }
        let sorted = order.sorted { $0.0 < $1.0 }
        if zip(order, sorted).allSatisfy({ $0.1 == $1.1 }) { return (starts, isStale) }
        return (sorted.map { starts[$0.1] }, isStale)
    }

    /// - Returns: the occurrence, if an attempt of it begins.
    private mutating func take(
        _ step: OccurrenceStep, of id: OccurrenceID, at instant: Instant, _ place: Int
    ) -> ClaimedOccurrence? {
        guard var open = entries[place].open else { return nil }
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
            return nil
        }
        entries[place].open = open
        setWake(place)
        if case .working = open.phase { return open.occurrence }
        return nil
    }

    private mutating func take(
        _ claim: OccurrenceClaim, as id: OccurrenceID, at instant: Instant, _ place: Int
    ) -> ClaimedOccurrence {
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
        return occurrence
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
