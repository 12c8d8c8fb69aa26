package import Model

/// Seconds that local clocks are east of UTC at an instant.
package typealias ZoneOffset = @Sendable (Instant) -> Int

/// Translation between instants and what local clocks show.
package enum LocalTime {
    /// How a local time came to its instant.
    package enum Shift: Sendable, Hashable {
        case none
        /// No local clock ever showed this time: the first instant after the gap stands for it.
        case gap
        /// Local clocks showed this time twice: the first one counts.
        case overlap
    }

    /// What local clocks show at `instant`.
    package static func civil(at instant: Instant, zone: ZoneOffset) -> CivilTime {
        CivilTime(instant + .seconds(zone(instant)))
    }

    /// The instant of a local time; nil for one that no calendar has.
    ///
    /// Looks one day to either side for a change of the offset, which covers every zone; expects at most one change
    /// within these two days.
    package static func instant(of civil: CivilTime, zone: ZoneOffset) -> (instant: Instant, shift: Shift)? {
        guard let seconds = civil.secondsSince1970 else { return nil }
        let naive = Instant(seconds: seconds)
        let early = naive - .seconds(86_400)
        let late = naive + .seconds(86_400)
        let fits = Set([zone(early), zone(late)])
            .map { (offset: $0, instant: naive - .seconds($0)) }
            .filter { zone($0.instant) == $0.offset }
            .map(\.instant)
            .sorted()
        guard let first = fits.first else { return (change(after: early, upTo: late, zone: zone), .gap) }
        return (first, fits.count > 1 ? .overlap : .none)
    }

    /// The second at which the offset changes from that of `early` to that of `late`.
    private static func change(after early: Instant, upTo late: Instant, zone: ZoneOffset) -> Instant {
        let offset = zone(early)
        var low = early.seconds
        var high = late.seconds
        while high - low > 1 {
            let middle = low + (high - low) / 2
            if zone(Instant(seconds: middle)) == offset { low = middle } else { high = middle }
        }
        return Instant(seconds: high)
    }
}
