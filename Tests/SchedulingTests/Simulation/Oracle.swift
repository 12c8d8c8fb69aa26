import Model
import Scheduling

/// Watches a ledger from outside and says which promise is broken. Knows beats and the clock, nothing of the machine.
struct Oracle {
    private struct Line {
        var schedule: Schedule
        var beat: any Beat
        /// What is due after this has to be claimed at the next opportunity.
        var settled: Instant
        /// What is due until this is nobody's business, once the clock shows more.
        var began: Instant
        /// Planned instants that were claimed to be worked on, with the count of backward steps then.
        var worked: [Instant: Int] = [:]
        var open: OccurrenceID?
        /// Elapsed time when an interval last had reason to be silent.
        var active: Duration
        var claimedNow: OccurrenceClaim?
    }

    private var lines: [ScheduleID: Line] = [:]
    private var names: [OccurrenceID: ScheduleID] = [:]
    private(set) var violations: [String] = []
    private(set) var counts: [String: Int] = [:]

    mutating func add(_ id: ScheduleID, _ schedule: Schedule, at wall: Instant, elapsed: Duration) throws {
        lines[id] = Line(schedule: schedule, beat: try beat(of: schedule), settled: wall, began: wall, active: elapsed)
    }

    /// An admin's change that lets the schedule begin anew; nil leaves times as they are.
    mutating func change(
        _ id: ScheduleID, _ schedule: Schedule, restarts: Bool, at wall: Instant, elapsed: Duration
    ) throws {
        lines[id]?.schedule = schedule
        lines[id]?.beat = try beat(of: schedule)
        guard restarts else { return }
        lines[id]?.settled = wall
        lines[id]?.began = wall
        lines[id]?.active = elapsed
    }

    mutating func daemonStarts(_ elapsed: Duration) {
        for id in lines.keys { lines[id]?.active = elapsed }
    }

    /// The ledger could not be written for a while, or was not asked.
    mutating func excuseSilence(_ elapsed: Duration) { daemonStarts(elapsed) }

    mutating func clockWasSetBack(to wall: Instant) {
        lines = lines.mapValues { line in
            var line = line
            line.settled = min(line.settled, wall)
            return line
        }
    }

    /// A transaction that is in the ledger.
    mutating func saw(_ changes: LedgerChanges, _ claimed: [OccurrenceID?], steps: Int, elapsed: Duration) {
        for (id, step) in changes.steps {
            guard let schedule = names[id], case .close(let state, let reason, _) = step else { continue }
            counts[state.rawValue, default: 0] += 1
            if state != .succeeded, reason?.isEmpty ?? true { fault(schedule, "closed as \(state) without a reason") }
            if lines[schedule]?.open != id { fault(schedule, "closed what was not open") }
            lines[schedule]?.open = nil
            lines[schedule]?.active = elapsed
            names[id] = nil
        }
        for (claim, id) in zip(changes.claims, claimed) {
            guard let id else { continue }
            see(claim, id, steps: steps)
        }
    }

    private mutating func see(_ claim: OccurrenceClaim, _ id: OccurrenceID, steps: Int) {
        guard var line = lines[claim.schedule] else { return }
        counts["claimed", default: 0] += 1
        if let coalesced = claim.coalesced { counts["coalesced", default: 0] += coalesced.count }
        if claim.origin == .planned { line.claimedNow = claim }
        if claim.skipReason != nil {
            counts["skipped when claimed", default: 0] += 1
            if line.schedule.deadlineSeconds == nil { fault(claim.schedule, "skipped without a deadline") }
        } else {
            if line.open != nil { fault(claim.schedule, "two open at once") }
            line.open = id
            names[id] = claim.schedule
            if claim.origin == .planned {
                if let before = line.worked[claim.planned], !line.beat.isInterval || before == steps {
                    fault(claim.schedule, "worked twice on \(claim.planned.rfc3339())")
                }
                line.worked[claim.planned] = steps
                if line.beat.isInterval { line.worked = [claim.planned: steps] }
            }
        }
        lines[claim.schedule] = line
    }

    /// The daemon died in its turn: what it has claimed counts, what it has not wasn't to be expected.
    mutating func turnBroke(at wall: Instant) {
        for (id, line) in lines where line.claimedNow != nil {
            if !line.beat.isInterval { check(id, line, at: wall) }
            lines[id]?.settled = wall
            lines[id]?.claimedNow = nil
        }
    }

    /// The daemon has had its turn with a ledger that works.
    mutating func turnEnded(at wall: Instant, elapsed: Duration) {
        for id in lines.keys.sorted() {
            guard var line = lines[id] else { continue }
            let hadOpportunity = line.open == nil || line.claimedNow != nil
            if line.schedule.enabled, hadOpportunity {
                if !line.beat.isInterval { check(id, line, at: wall) }
                line.settled = wall
            }
            if let period = line.beat.period, line.beat.isInterval, line.schedule.enabled, line.open == nil,
                elapsed - line.active > period * 2 + .seconds(1)
            {
                fault(id, "silent for \(elapsed - line.active)")
                line.active = elapsed
            }
            line.claimedNow = nil
            lines[id] = line
        }
    }

    private mutating func check(_ id: ScheduleID, _ line: Line, at wall: Instant) {
        guard let latest = line.beat.previous(before: wall + .microseconds(1)), latest > line.settled,
            latest > line.began || wall < line.began
        else { return }
        let new = line.claimedNow
        guard line.worked[latest] != nil || new?.planned == latest else {
            return fault(id, "lost \(latest.rfc3339()) at \(wall.rfc3339())")
        }
        guard let new, new.planned == latest else { return }
        var first: Instant?
        var instant = line.beat.next(after: line.began <= wall ? max(line.settled, line.began) : line.settled)
        while let current = instant, current < latest {
            // What is older than one that was worked on was coalesced into that.
            first = line.worked[current] == nil ? first ?? current : nil
            instant = line.beat.next(after: current)
        }
        guard let first else { return }
        if new.coalesced.map({ $0.first > first }) ?? true { fault(id, "did not count \(first.rfc3339())") }
    }

    /// Nothing may be left over.
    mutating func end() {
        for (id, line) in lines where line.open != nil { fault(id, "left open") }
    }

    private mutating func fault(_ id: ScheduleID, _ what: String) {
        if violations.count < 20 { violations.append("\(lines[id]?.schedule.name ?? "\(id)"): \(what)") }
    }
}
