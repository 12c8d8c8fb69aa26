package import Model

/// When a schedule is due: by local time (`Mon..Fri 23:00`), by elapsed time (`every 5m`) or once.
///
/// In a gap, every local time of a calendar expression becomes one occurrence at the first instant after the gap; several
/// coalesce, also with one that is due there anyway. In an overlap an expression with fixed hours runs once, at the first
/// of the two instants; one that covers all 24 hours goes by elapsed time and runs at both. `every` never looks at local
/// time.
package struct Recurrence: Sendable, Hashable {
    enum Rule: Sendable, Hashable {
        case calendar(CalendarExpression)
        /// Microseconds.
        case every(Int64)
        case once(CivilTime, Instant, LocalTime.Shift)
    }

    /// Looks a zone up by its IANA name; throws when there is none.
    package typealias ZoneSource = (String) throws(Fault) -> ZoneRules

    /// The rule in normal form.
    package let description: String
    /// Whose local time counts: that of the text, else the one given.
    package let zone: ZoneRules
    let rule: Rule
    private let starts: Instant?
    private let ends: Instant?
    /// Microseconds by which each occurrence is late.
    private let spread: Int64

    /// - Parameters:
    ///   - text: a calendar expression, `every 5m` (1s or longer) or `once 2026-11-22T10:00`.
    ///   - zone: where the text names none.
    ///   - starts: nothing is planned before it, and `every` counts from it; without it from 1970-01-01T00:00Z.
    ///   - ends: nothing is planned after it.
    ///   - spread: occurrences are late by a part of it that only `seed` decides.
    ///   - zoneNamed: asked for the zone that the text names; without it such a text is refused.
    /// - Throws: `bad-schedule`, with `column` (1-based) and `length` of what can't be read in its context; what
    ///   `zoneNamed` throws, with the same.
    package init(
        _ text: String, zone: ZoneRules, starts: Instant? = nil, ends: Instant? = nil, spread: Duration = .zero,
        seed: String = "", zoneNamed: @escaping ZoneSource = Recurrence.noZones
    ) throws(Fault) {
        let reader = RecurrenceReader(text: text, zone: zone, zoneNamed: zoneNamed)
        (rule, self.zone, description) = try reader.read()
        self.starts = starts
        self.ends = ends
        self.spread = Spread.offset(seed: seed, width: spread.microseconds)
    }

    /// Knows UTC and no other zone.
    package static func noZones(_ name: String) throws(Fault) -> ZoneRules {
        guard name == "UTC" else {
            throw Fault(.badSchedule, "unknown time zone \"\(name)\"", hint: "only UTC is known here")
        }
        return .utc
    }

    /// Whether it goes by elapsed time alone: `every 5m`.
    package var isInterval: Bool {
        if case .every = rule { return true }
        return false
    }

    /// The first occurrence that runs after an instant; nil when there is none up to the year 2199.
    package func next(after instant: Instant) -> Occurrence? {
        var moment = Self.clamped(instant) - spread
        if let starts { moment = max(moment, Self.clamped(starts) - 1) }
        return plannedNext(after: moment).flatMap { isBeforeEnd($0.planned) ? $0 : nil }
    }

    /// The last occurrence that runs before an instant; nil when there is none from the year 1970 on.
    package func previous(before instant: Instant) -> Occurrence? {
        var moment = Self.clamped(instant) - spread
        if let ends { moment = min(moment, Self.clamped(ends) + 1) }
        return plannedPrevious(before: moment).flatMap { isAfterStart($0.planned) ? $0 : nil }
    }

    /// Up to `count` occurrences in order.
    package func occurrences(after instant: Instant, count: Int) -> [Occurrence] {
        var found: [Occurrence] = []
        var last = instant
        while found.count < count, let next = next(after: last) {
            found.append(next)
            last = next.instant
        }
        return found
    }

    private func isBeforeEnd(_ planned: Instant) -> Bool { ends.map { planned <= $0 } ?? true }
    private func isAfterStart(_ planned: Instant) -> Bool { starts.map { planned >= $0 } ?? true }

    /// Instants far from all calendars would overflow sums.
    private static func clamped(_ instant: Instant) -> Int64 {
        min(max(instant.microseconds, -farthest), farthest)
    }

    private static let farthest: Int64 = 1 << 60
}

// MARK: Without spread, microseconds since 1970

extension Recurrence {
    private func plannedNext(after moment: Int64) -> Occurrence? {
        switch rule {
        case .calendar(let expression):
            let walk = CalendarWalk(expression: expression, zone: zone)
            return walk.next(after: moment).map { occurrence($0.instant, walk.shift(of: $0)) }
        case .every(let step):
            let count = max(0, floorDivide(moment - anchor, step) + 1)
            let planned = anchor + count * step
            return planned < Self.endOfYears ? occurrence(planned, nil) : nil
        case .once(let civil, let instant, let shift):
            guard instant.microseconds > moment else { return nil }
            return occurrence(instant.microseconds, onceShift(civil, instant, shift))
        }
    }

    private func plannedPrevious(before moment: Int64) -> Occurrence? {
        switch rule {
        case .calendar(let expression):
            let walk = CalendarWalk(expression: expression, zone: zone)
            return walk.previous(before: moment).map { occurrence($0.instant, walk.shift(of: $0)) }
        case .every(let step):
            let count = floorDivide(min(moment, Self.endOfYears) - 1 - anchor, step)
            return count < 0 ? nil : occurrence(anchor + count * step, nil)
        case .once(let civil, let instant, let shift):
            guard instant.microseconds < moment else { return nil }
            return occurrence(instant.microseconds, onceShift(civil, instant, shift))
        }
    }

    /// Where the grid of `every` begins.
    private var anchor: Int64 { starts.map { Self.clamped($0) } ?? 0 }

    /// 2200-01-01T00:00Z.
    private static let endOfYears: Int64 = 7_258_118_400_000_000

    private func occurrence(_ planned: Int64, _ shift: Occurrence.Shift?) -> Occurrence {
        Occurrence(
            instant: Instant(microseconds: planned + spread), planned: Instant(microseconds: planned), shift: shift)
    }

    private func onceShift(_ civil: CivilTime, _ instant: Instant, _ shift: LocalTime.Shift) -> Occurrence.Shift? {
        let local = (civil.secondsSince1970 ?? 0) * 1_000_000
        switch shift {
        case .none: return nil
        case .gap: return ShiftReason(zone: zone).gap(first: local, last: local, before: zone.span(at: instant.seconds))
        case .overlap:
            let span = zone.span(at: instant.seconds)
            return ShiftReason(zone: zone).overlap(local, before: zone.span(at: span.end))
        }
    }
}
