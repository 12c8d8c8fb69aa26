package import Model
package import Policies

extension ScheduleMachine {
    /// Steps of the clock by less than this don't count: marks are whole seconds.
    private static var tolerance: Duration { .seconds(1) }

    /// Takes the time, and finds out whether the clock was set.
    package mutating func observe(_ reading: ClockReading) {
        let step = (reading.wall - clock.wall) - (reading.sinceBoot - clock.sinceBoot)
        if step > Self.tolerance { jump = (from: min(jump?.from ?? clock.wall, clock.wall), to: reading.wall) }
        if step < .zero - Self.tolerance {
            jump = nil
            mustScan = true
        }
        if mustScan { lowest = min(lowest ?? reading.wall, reading.wall) }
        clock = reading
    }

    /// The schedules whose marks have to go back, because the clock was set back; to be told to the ledger, and its answer
    /// to `rewound`.
    package var rewinds: [ScheduleRewind] {
        guard mustScan else { return [] }
        return entries.compactMap { entry in
            guard entry.isActive, let beat = entry.beat, entry.position.mark > rewindsTo else { return nil }
            guard beat.isInterval else { return ScheduleRewind(schedule: entry.id, restarts: false) }
            let isFar = entry.position.mark - rewindsTo >= beat.period ?? .zero
            return isFar ? ScheduleRewind(schedule: entry.id, restarts: true) : nil
        }
    }

    /// What marks have to go back to: the earliest the clock has shown since it was set back, although the ledger may have
    /// been out of reach since.
    package var rewindsTo: Instant { min(lowest ?? now, now) }

    /// Takes the new marks; empty when `rewinds` was.
    package mutating func rewound(_ positions: [ScheduleID: SchedulePosition]) {
        guard mustScan else { return }
        mustScan = false
        lowest = nil
        for (id, position) in positions {
            guard let place = places[id] else { continue }
            entries[place].position = position
            entries[place].isRewound = true
        }
        for place in entries.indices {
            if let beat = entries[place].beat, beat.isInterval, let period = beat.period {
                entries[place].silentUntil = entries[place].worked + period * 2
            }
            shortenPause(place)
        }
        refreshAll()
        for place in entries.indices where entries[place].isRewound {
            entries[place].isRewound = entries[place].next.map { $0 <= now } ?? false
        }
    }

    /// A retry is no further away than its pause, whatever the clock showed when it was planned.
    private mutating func shortenPause(_ place: Int) {
        guard let open = entries[place].open, case .waiting = open.phase, let next = open.occurrence.nextAttempt else {
            return
        }
        let latest = now + entries[place].pause(after: open.occurrence.attempt - 1)
        entries[place].open?.occurrence.nextAttempt = min(next, latest)
    }

    /// The ledger could not be written; until `ledgerRecovered` that is why things are late.
    package mutating func ledgerFailed() {
        if outage == nil || outage?.to != nil { outage = (from: now, to: nil) }
    }

    package mutating func ledgerRecovered() {
        let now = now
        outage?.to = now
    }

    /// Why an occurrence that was due at `first` is claimed only now.
    func lateness(of first: Instant, _ entry: ScheduleEntry) -> Lateness {
        if entry.isRewound { return .clockStep }
        if let freed = entry.freed, freed >= first { return .busy }
        if let outage, outage.to ?? now >= first { return .ledger }
        if let jump, first > jump.from, first <= jump.to { return .clockStep }
        let start = now - (clock.sinceBoot - began)
        return first <= start ? .downtime : .suspension
    }
}
