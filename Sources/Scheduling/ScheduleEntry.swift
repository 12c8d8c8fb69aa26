import Model
import Policies

/// A schedule as the machine knows it.
struct ScheduleEntry: Sendable {
    /// An open occurrence.
    struct Open: Sendable {
        var occurrence: ClaimedOccurrence
        var phase: Phase
    }

    enum Phase: Sendable {
        case working
        /// For its next attempt.
        case waiting
        /// Its work told how it ended, but the ledger doesn't know yet.
        case ended(OccurrenceEnding)
        /// A daemon that is no more worked on it.
        case interrupted
    }

    let id: ScheduleID
    @Boxed var schedule: Schedule
    var beat: (any Beat)?
    @Boxed var fault: Fault? = nil
    var position: SchedulePosition
    /// The first occurrence that isn't claimed.
    var next: Instant?
    var open: Open?
    var last: ClaimedOccurrence?
    /// Time since boot of the newest claim that was worked on, or of the load.
    var worked: Duration
    /// Time since boot at which an interval is due at the latest, whatever the clock says; known after it was set back.
    var silentUntil: Duration?
    /// When the occurrence before was closed by this daemon.
    var freed: Instant?
    var isRewound = false
    /// No longer in the ledger; stays as long as an occurrence is open.
    var isRemoved = false

    init(id: ScheduleID, schedule: Schedule, position: SchedulePosition, worked: Duration) {
        self.id = id
        _schedule = Boxed(wrappedValue: schedule)
        self.position = position
        self.worked = worked
    }

    var isActive: Bool { schedule.enabled && !isRemoved && beat != nil }

    /// Intervals count elapsed time: for them it doesn't matter what the clock has shown before.
    private func isAhead(_ instant: Instant) -> Bool {
        !position.ahead.isEmpty && beat?.isInterval == false && position.ahead.contains(instant)
    }

    /// When to look again.
    func wake(at clock: ClockReading) -> Instant? {
        let atOnce = Instant(microseconds: .min)
        switch open?.phase {
        case .working: return nil
        case .waiting: return isRemoved ? atOnce : open?.occurrence.nextAttempt
        case .ended, .interrupted: return atOnce
        case nil: break
        }
        guard isActive else { return nil }
        let atLatest = silentUntil.map { clock.wall + ($0 - clock.sinceBoot) }
        return [next, atLatest].compactMap(\.self).min()
    }

    /// Finds out anew what is due next, which nobody knows while one is open.
    mutating func refresh(at now: Instant) {
        if open == nil { next = isActive ? firstDue(after: position.lower(at: now)) : nil }
    }

    /// The first instant after `lower` that wasn't claimed ahead.
    func firstDue(after lower: Instant) -> Instant? {
        var candidate = beat?.next(after: lower)
        while let instant = candidate, isAhead(instant) { candidate = beat?.next(after: instant) }
        return candidate
    }

    /// The last instant up to `now` that wasn't claimed ahead.
    func lastDue(through now: Instant) -> Instant? {
        var candidate = beat?.previous(before: now + .microseconds(1))
        while let instant = candidate, isAhead(instant) { candidate = beat?.previous(before: instant) }
        return candidate
    }

    /// The occurrences from `first` until `latest`, without it.
    func coalesced(from first: Instant, until latest: Instant) -> CoalescedOccurrences? {
        guard let beat, first < latest else { return nil }
        if beat.isInterval, let period = beat.period {
            let count = ((latest - first).inSeconds / period.inSeconds).rounded()
            return CoalescedOccurrences(first: first, count: max(1, Int(count)))
        }
        var count = 0
        var instant: Instant? = first
        while let current = instant, current < latest, count < CoalescedOccurrences.countLimit {
            if !isAhead(current) { count += 1 }
            instant = beat.next(after: current)
        }
        return CoalescedOccurrences(first: first, count: count)
    }

    /// From when on an occurrence isn't tried any more: its deadline or the next one, whichever comes first.
    func limit(of occurrence: ClaimedOccurrence) -> Instant? {
        let deadline = schedule.deadlineSeconds.map { occurrence.planned + .seconds($0) }
        return [deadline, beat?.next(after: occurrence.planned)].compactMap(\.self).min()
    }

    /// How long to wait before the attempt that follows `attempt`: doubles each time, up to an hour.
    func pause(after attempt: Int) -> Duration {
        .seconds(min(3600, max(1, schedule.retrySeconds) << min(max(0, attempt - 1), 12)))
    }
}
