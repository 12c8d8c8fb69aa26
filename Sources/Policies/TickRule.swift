package import Model

/// When a server's ticks are due: by elapsed time, at every full hour, or once a day.
package enum TickRule: Sendable, Hashable {
    case off
    /// So long after the tick before; at least one second.
    case every(Duration)
    /// Whenever local clocks show a full hour.
    case hourly
    /// Once a day at this local time: in a gap at the first instant after it, in an overlap at the first of the two.
    case daily(hour: Int, minute: Int, second: Int)
}

extension TickRule {
    /// The first instant after `instant` at which a tick is due; nil when none ever is.
    ///
    /// For `every`, `instant` is that of the tick before.
    package func next(after instant: Instant, zone: ZoneOffset) -> Instant? {
        switch self {
        case .off: nil
        case .every(let duration): instant + duration
        case .hourly: Self.nextHour(after: instant, zone: zone)
        case .daily(let hour, let minute, let second):
            Self.nextDay(after: instant, hour: hour, minute: minute, second: second, zone: zone)
        }
    }

    /// The usual time between two ticks; nil when there are none.
    package var period: Duration? {
        switch self {
        case .off: nil
        case .every(let duration): duration
        case .hourly: .seconds(3600)
        case .daily: .seconds(86_400)
        }
    }

    private static func nextHour(after instant: Instant, zone: ZoneOffset) -> Instant? {
        let firstMinute = instant.seconds - ((instant.seconds % 60) + 60) % 60 + 60
        for minute in 0..<180 {
            let candidate = Instant(seconds: firstMinute + Int64(minute) * 60)
            let local = LocalTime.civil(at: candidate, zone: zone)
            if local.minute == 0, local.second == 0 { return candidate }
        }
        return instant + .seconds(3600)
    }

    private static func nextDay(
        after instant: Instant, hour: Int, minute: Int, second: Int, zone: ZoneOffset
    ) -> Instant? {
        for days in -2...3 {
            let day = LocalTime.civil(at: instant, zone: zone).adding(days: days)
            let time = CivilTime(
                year: day.year, month: day.month, day: day.day, hour: hour, minute: minute, second: second)
            if let found = LocalTime.instant(of: time, zone: zone)?.instant, found > instant { return found }
        }
        return nil
    }
}

extension CivilTime {
    /// The same time of day so many calendar days later.
    func adding(days: Int) -> CivilTime {
        let midnight = CivilTime(year: year, month: month, day: day)
        guard let seconds = midnight.secondsSince1970 else { return self }
        var moved = CivilTime(Instant(seconds: seconds + Int64(days) * 86_400))
        (moved.hour, moved.minute, moved.second) = (hour, minute, second)
        return moved
    }
}
