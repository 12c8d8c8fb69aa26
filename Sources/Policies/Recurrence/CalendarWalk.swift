import Model

/// The instants that a calendar expression means in a zone.
///
/// Local clocks run through stretches of an even offset. Each stretch brings *new* local times, which no clock has shown
/// or passed before; those that the jump at its start has passed belong to its first instant. An expression that covers
/// all hours goes by elapsed time: it also takes the local times that a stretch shows again.
struct CalendarWalk {
    let expression: CalendarExpression
    let zone: ZoneRules

    /// Where an occurrence is. Microseconds since 1970.
    struct Place {
        var instant: Int64
        /// What the expression names: as if read at UTC. For a gap the first of the times that fell into it.
        var local: Int64
        var span: OffsetSpan
        var isGap = false
    }

    private static let reach = OffsetSpan.reach * 1_000_000
    /// Beyond these there is no local time of an expression, in any zone.
    private static let first: Int64 = -2 * 86_400_000_000
    private static let last: Int64 = 7_258_118_400_000_000 + 2 * 86_400_000_000

    func next(after moment: Int64) -> Place? {
        guard moment < Self.last else { return nil }
        var from = max(moment, Self.first) + 1
        var span = zone.span(at: floorDivide(from, 1_000_000))
        while true {
            let (place, upcoming) = first(in: span, from: from)
            if let place { return place }
            // What a later stretch shows again comes within reach of its start.
            let isNear = span.endMicroseconds - from < Self.reach
            guard span.end < OffsetSpan.distantFuture, upcoming != nil || isNear else { return nil }
            if !isNear, let upcoming, upcoming - Self.reach > span.endMicroseconds {
                from = upcoming - Self.reach
                span = zone.span(at: floorDivide(from, 1_000_000))
            } else {
                from = span.endMicroseconds
                span = zone.span(at: span.end)
            }
        }
    }

    func previous(before moment: Int64) -> Place? {
        guard moment > Self.first else { return nil }
        var upTo = min(moment, Self.last) - 1
        var span = zone.span(at: floorDivide(upTo, 1_000_000))
        while true {
            let (place, upcoming) = last(in: span, upTo: upTo)
            if let place { return place }
            let isNear = upTo - span.startMicroseconds < Self.reach
            guard span.start > OffsetSpan.distantPast, upcoming != nil || isNear else { return nil }
            if !isNear, let upcoming, upcoming + Self.reach < span.startMicroseconds {
                upTo = upcoming + Self.reach
                span = zone.span(at: floorDivide(upTo, 1_000_000))
            } else {
                upTo = span.startMicroseconds - 1
                span = zone.span(at: span.start - 1)
            }
        }
    }

    /// - Returns: the first place of the stretch from the instant `from` on; or else the first local time that the
    ///   expression has after what the stretch shows.
    private func first(in span: OffsetSpan, from: Int64) -> (place: Place?, upcoming: Int64?) {
        let offset = span.offsetMicroseconds
        var least = from + offset
        if from - span.startMicroseconds < Self.reach {
            let shown = shown(before: span)
            if from == span.startMicroseconds, shown < span.localStart, let passed = expression.next(from: shown),
                passed < span.localStart
            {
                return (Place(instant: span.startMicroseconds, local: passed, span: span, isGap: true), nil)
            }
            if !expression.coversAllHours { least = max(least, shown) }
        }
        guard let local = expression.next(from: least) else { return (nil, nil) }
        guard local < span.localEnd else { return (nil, local) }
        return (Place(instant: local - offset, local: local, span: span), nil)
    }

    /// - Returns: the last place of the stretch up to the instant `upTo`; or else the last local time that the expression
    ///   has before what the stretch shows.
    private func last(in span: OffsetSpan, upTo: Int64) -> (place: Place?, upcoming: Int64?) {
        let offset = span.offsetMicroseconds
        let local = expression.previous(upTo: upTo + offset)
        if let local, local > span.localStart + Self.reach {
            return (Place(instant: local - offset, local: local, span: span), nil)
        }
        let shown = shown(before: span)
        let least = expression.coversAllHours ? span.localStart : max(span.localStart, shown)
        // The instant after a gap is told by what fell into it, as `next` does.
        if let local, local >= least, local > span.localStart || shown >= span.localStart {
            return (Place(instant: local - offset, local: local, span: span), nil)
        }
        if shown < span.localStart, let passed = expression.next(from: shown), passed < span.localStart {
            return (Place(instant: span.startMicroseconds, local: passed, span: span, isGap: true), nil)
        }
        guard let local, local >= least else { return (nil, local) }
        return (Place(instant: local - offset, local: local, span: span), nil)
    }

    /// The local time up to which clocks had come before a stretch began, itself not shown.
    private func shown(before span: OffsetSpan) -> Int64 {
        var latest = Int64.min
        var start = span.start
        while start > OffsetSpan.distantPast, span.start - start < OffsetSpan.reach {
            let earlier = zone.span(at: start - 1)
            latest = max(latest, earlier.localEnd)
            start = earlier.start
        }
        // Before the first stretch nothing was shown, and nothing passed.
        return latest == .min ? span.localStart : latest
    }

    // MARK: Shifts

    func shift(of place: Place) -> Occurrence.Shift? {
        if place.isGap {
            let isRegular = expression.contains(place.span.localStart)
            // Every-hour expressions have nothing to say when they are due at this instant anyway.
            guard !(isRegular && expression.coversAllHours) else { return nil }
            let last = expression.previous(upTo: place.span.localStart - 1) ?? place.local
            return ShiftReason(zone: zone).gap(first: place.local, last: last, before: place.span)
        }
        guard !expression.coversAllHours else { return nil }
        var later = place.span
        while later.endMicroseconds - place.instant < Self.reach {
            later = zone.span(at: later.end)
            if later.localStart <= place.local, place.local < later.localEnd {
                return ShiftReason(zone: zone).overlap(place.local, before: later)
            }
        }
        return nil
    }
}
