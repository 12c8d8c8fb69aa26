package import Model
package import Policies

/// Decides what is due: schedules, what the ledger holds and the time in, changes of the ledger and starts out.
///
/// It has no clock and does no I/O; all that must outlive it is in the ledger, from which `load` makes it again. A turn is
/// `observe`, then a rewind when `rewinds` asks for one, then `plan`, whose changes are committed to the ledger, then
/// `committed`, which tells what to start; again until the plan is empty.
///
/// - **Due** is every occurrence after the mark up to now. The latest is claimed, the earlier ones are coalesced into it. One
///   that is later than the schedule's deadline is closed as skipped instead.
/// - **While one is open**, the next ones of its schedule wait and coalesce.
/// - **A failed attempt** is tried again after a pause that doubles, but not past the deadline nor the next occurrence.
/// - **An attempt that a dead daemon left** starts again at once, within the same bounds; the first interruption of an
///   occurrence doesn't use up an attempt, so that there are `attempts` + 1 starts at most.
/// - **A clock set forward** is like downtime.
/// - **A clock set back** leaves marks in the future. Intervals start again from now when that is by a period or more, else
///   wait; whatever the clock does, they are due two periods of elapsed time after the last. Other beats go back to what was
///   claimed last before now; what was claimed by itself isn't repeated when the clock comes by again, what was only
///   coalesced is.
package struct ScheduleMachine: Sendable {
    package typealias Beats = @Sendable (Schedule) throws -> any Beat

    var entries: [ScheduleEntry] = []
    var places: [ScheduleID: Int] = [:]
    var openPlaces: [OccurrenceID: Int] = [:]
    var alarm = EarliestFirst(count: 0)
    var clock: ClockReading
    let began: Duration
    /// What the clock jumped over.
    var jump: (from: Instant, to: Instant)?
    /// When the ledger could not be written.
    var outage: (from: Instant, to: Instant?)?
    var mustScan = false
    /// The earliest the clock has shown since it must be looked for marks in the future.
    var lowest: Instant?
    private let beats: Beats

    /// - Parameter beats: pure; what it throws is shown with the schedule, which then isn't due.
    package init(at clock: ClockReading, beats: @escaping Beats) {
        self.clock = clock
        self.beats = beats
        began = clock.sinceBoot
    }

    var now: Instant { clock.wall }

    /// When to look again; past when something is due, nil when nothing ever is.
    package var wake: Instant? { alarm.earliest }

    /// Takes what the ledger holds, at start and after schedules have changed. What this machine knows to be at work stays
    /// so.
    ///
    /// - Parameter newBeats: makes all beats again, for a changed zone; else only those of changed schedules.
    package mutating func load(_ content: LedgerContent, newBeats: Bool = false) {
        let former = entries
        let formerPlaces = places
        let open = openByPhase(content.open)
        entries = content.schedules.map { stored in
            let old = formerPlaces[stored.id].map { former[$0] }
            var entry = entry(stored, keeping: old, newBeats: newBeats)
            entry.last = content.last[stored.id]
            entry.open = open[stored.id]
            return entry
        }
        let present = Set(entries.map(\.id))
        for (id, open) in open.sorted(by: { $0.key < $1.key }) where !present.contains(id) {
            entries.append(orphan(id, open, keeping: formerPlaces[id].map { former[$0] }))
        }
        places = Dictionary(uniqueKeysWithValues: entries.indices.map { (entries[$0].id, $0) })
        openPlaces = [:]
        for (place, entry) in entries.enumerated() {
            if let open = entry.open { openPlaces[open.occurrence.id] = place }
        }
        mustScan = true
        refreshAll()
    }

    private func openByPhase(_ open: [ClaimedOccurrence]) -> [ScheduleID: ScheduleEntry.Open] {
        open.reduce(into: [:]) { result, occurrence in
            if let place = openPlaces[occurrence.id], let known = entries[place].open {
                result[occurrence.schedule] = known
            } else {
                let phase = occurrence.nextAttempt == nil ? ScheduleEntry.Phase.interrupted : .waiting
                result[occurrence.schedule] = ScheduleEntry.Open(occurrence: occurrence, phase: phase)
            }
        }
    }

    private func entry(_ stored: StoredSchedule, keeping old: ScheduleEntry?, newBeats: Bool) -> ScheduleEntry {
        var entry =
            old
            ?? ScheduleEntry(
                id: stored.id, schedule: stored.definition, position: stored.position, worked: clock.sinceBoot)
        if entry.position.mark != stored.position.mark {
            entry.worked = clock.sinceBoot
            entry.silentUntil = nil
            entry.freed = nil
        }
        if entry.beat == nil || newBeats || entry.schedule != stored.definition {
            do {
                entry.beat = try beats(stored.definition)
                entry.fault = nil
            } catch {
                entry.beat = nil
                entry.fault = Fault.wrapping(error)
            }
        }
        entry.schedule = stored.definition
        entry.position = stored.position
        return entry
    }

    /// A schedule that was removed while an occurrence of it is open.
    private func orphan(_ id: ScheduleID, _ open: ScheduleEntry.Open, keeping old: ScheduleEntry?) -> ScheduleEntry {
        let occurrence = open.occurrence
        var entry =
            old
            ?? ScheduleEntry(
                id: id, schedule: Schedule(name: occurrence.name, action: .message, when: "", enabled: false),
                position: SchedulePosition(mark: occurrence.planned), worked: clock.sinceBoot)
        entry.isRemoved = true
        entry.open = open
        return entry
    }
}

extension ScheduleMachine {
    mutating func refreshAll() {
        alarm = EarliestFirst(count: entries.count)
        for place in entries.indices { refresh(place) }
    }

    /// Finds out anew when an entry is due.
    mutating func refresh(_ place: Int) {
        entries[place].refresh(at: now)
        setWake(place)
    }

    mutating func setWake(_ place: Int) { alarm.set(entries[place].wake(at: clock), for: place) }
}
