import Model
import Scheduling
import Synchronization

/// A ledger and the changes that admins make in it.
protocol AdminLedger: ScheduleLedger {
    func add(_ schedule: Schedule, at instant: Instant) throws
    func set(_ name: String, enabled: Bool, at instant: Instant) throws
    func set(_ name: String, when: String, at instant: Instant) throws
    /// The next transaction may be cut.
    func prepareForKill() throws
}

extension AdminLedger {
    func prepareForKill() {}
}

/// A ledger without a disk, for simulations of many years. Keeps the promises of the catalog by simpler means.
final class MemoryLedger: AdminLedger {
    fileprivate struct Claimed {
        var planned: Instant
        var claimed: Instant
    }

    fileprivate struct Line {
        var stored: StoredSchedule
        var floor: Instant
        /// Planned ones that were worked on.
        var worked: [Claimed] = []
        var skipped: [Claimed] = []
        var open: ClaimedOccurrence?
    }

    private struct State {
        var lines: [ScheduleID: Line] = [:]
        var newest: OccurrenceID = 0
    }

    private let state = Mutex(State())

    func add(_ schedule: Schedule, at instant: Instant) throws {
        state.withLock { state in
            let id = ScheduleID(state.lines.count + 1)
            let stored = StoredSchedule(
                id: id, definition: schedule, position: SchedulePosition(mark: instant), created: instant,
                changed: instant, changedBy: .daemon)
            state.lines[id] = Line(stored: stored, floor: instant)
        }
    }

    func set(_ name: String, enabled: Bool, at instant: Instant) throws {
        change(name, at: instant) { definition in
            defer { definition.enabled = enabled }
            return enabled && !definition.enabled
        }
    }

    func set(_ name: String, when: String, at instant: Instant) throws {
        change(name, at: instant) { definition in
            definition.when = when
            return true
        }
    }

    private func change(_ name: String, at instant: Instant, _ body: (inout Schedule) -> Bool) {
        state.withLock { state in
            for (id, var line) in state.lines where line.stored.definition.name == name {
                if body(&line.stored.definition) {
                    line.stored.position = SchedulePosition(mark: instant)
                    line.floor = instant
                }
                state.lines[id] = line
            }
        }
    }

    func ledgerContent() -> LedgerContent {
        state.withLock { state in
            let lines = state.lines.sorted { $0.key < $1.key }.map(\.value)
            let schedules = lines.map { line in
                var stored = line.stored
                stored.position.ahead = line.ahead
                return stored
            }
            return LedgerContent(schedules: schedules, open: lines.compactMap(\.open))
        }
    }

    func commit(_ changes: LedgerChanges) throws -> [OccurrenceID?] {
        state.withLock { state in
            for (id, step) in changes.steps {
                for schedule in state.lines.keys where state.lines[schedule]?.open?.id == id {
                    state.lines[schedule]?.take(step)
                }
            }
            return changes.claims.map { claim in
                guard state.lines[claim.schedule]?.take(claim, as: state.newest + 1, at: changes.instant) == true else {
                    return nil
                }
                state.newest += 1
                return state.newest
            }
        }
    }

    func rewind(_ schedules: [ScheduleRewind], to now: Instant) -> [ScheduleID: SchedulePosition] {
        state.withLock { state in
            schedules.reduce(into: [:]) { positions, rewind in
                guard var line = state.lines[rewind.schedule] else { return }
                if rewind.restarts || line.floor > now {
                    line.stored.position.mark = now
                } else {
                    let former =
                        line.worked.map(\.planned).filter { $0 <= now }
                        + line.skipped.filter { $0.claimed <= now }.map(\.planned)
                    line.stored.position.mark = max(line.floor, former.max() ?? line.floor)
                }
                state.lines[rewind.schedule] = line
                var position = line.stored.position
                position.ahead = line.ahead
                positions[rewind.schedule] = position
            }
        }
    }
}

extension MemoryLedger.Line {
    fileprivate var ahead: Set<Instant> {
        // Intervals don't ask for it, and have the most.
        if stored.definition.when.hasPrefix("every") { return [] }
        return Set(worked.map(\.planned).filter { $0 > stored.position.mark })
    }

    fileprivate mutating func take(_ step: OccurrenceStep) {
        switch step {
        case .begin(let attempt, let interruptions):
            open?.attempt = attempt
            open?.interruptions = interruptions
            open?.nextAttempt = nil
        case .retry(let attempt, _, let instant, let reason, _):
            open?.attempt = attempt
            open?.nextAttempt = instant
            open?.reason = reason
        case .close: open = nil
        }
    }

    fileprivate mutating func take(_ claim: OccurrenceClaim, as id: OccurrenceID, at instant: Instant) -> Bool {
        if let expected = claim.expectedMark {
            guard stored.position.mark == expected, claim.skipReason != nil || open == nil else { return false }
            let claimed = MemoryLedger.Claimed(planned: claim.planned, claimed: instant)
            stored.position.mark = max(stored.position.mark, claim.planned)
            if claim.skipReason == nil {
                stored.position.reach = max(stored.position.reach, claim.planned)
                worked.append(claimed)
            } else {
                skipped.append(claimed)
            }
        }
        guard claim.skipReason == nil else { return true }
        guard open == nil else { return false }
        open = ClaimedOccurrence(
            id: id, schedule: claim.schedule, name: claim.name, origin: claim.origin, planned: claim.planned,
            claimed: instant)
        return true
    }
}
