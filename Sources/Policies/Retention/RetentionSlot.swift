import Model

/// A stretch of local time of which the newest backup stands for all.
enum RetentionSlot: Sendable, Hashable {
    case hour
    case day
    /// From Monday on.
    case week
    case month
    case year

    /// Nil for a field that counts no slots.
    init?(_ field: RetentionField) {
        switch field {
        case .hourly: self = .hour
        case .daily: self = .day
        case .weekly: self = .week
        case .monthly: self = .month
        case .yearly: self = .year
        default: return nil
        }
    }

    /// Tells slots apart: equal for two instants of one slot.
    ///
    /// An hour that local clocks show twice is two hours.
    func key(local: LocalMoment) -> Int64 {
        switch self {
        case .hour: floorDivide(local.seconds, 3600) * 3600 - Int64(local.offset)
        case .day: local.day
        case .week: floorDivide(local.day + 3, 7)
        case .month: Int64(local.civil.year) * 12 + Int64(local.civil.month)
        case .year: Int64(local.civil.year)
        }
    }

    /// About how many days so many slots last; slots without a backup are not counted, so that it may be more.
    func days(_ count: Int) -> Int {
        let count = min(count, 100_000)
        return switch self {
        case .hour: (count + 23) / 24
        case .day: count
        case .week: count * 7
        case .month: count * 30
        case .year: count * 365
        }
    }

    var noun: String {
        switch self {
        case .hour: "hour"
        case .day: "day"
        case .week: "week"
        case .month: "month"
        case .year: "year"
        }
    }

    /// `2026-11-20 14:00`, `2026-11-20`, `week of 2026-11-16`, `2026-11`, `2026`.
    func name(local: LocalMoment) -> String {
        let civil = local.civil
        let month = "\(digits(civil.year, 4))-\(digits(civil.month, 2))"
        switch self {
        case .hour: return "\(month)-\(digits(civil.day, 2)) \(digits(civil.hour, 2)):00"
        case .day: return "\(month)-\(digits(civil.day, 2))"
        case .week:
            let monday = local.day - (local.day + 3 - floorDivide(local.day + 3, 7) * 7)
            return "week of \(RetentionSlot.day.name(local: LocalMoment(seconds: monday * 86_400, offset: 0)))"
        case .month: return month
        case .year: return digits(civil.year, 4)
        }
    }
}

/// The slot of one backup, such as the day 2026-11-20.
package struct RetainedSlot: Sendable, Hashable, CustomStringConvertible {
    let slot: RetentionSlot
    let local: LocalMoment

    package var description: String { slot.name(local: local) }
}

/// What local clocks show at an instant, as seconds since 1970 read at UTC, and their offset from it.
struct LocalMoment: Sendable, Hashable {
    var seconds: Int64
    var offset: Int

    init(seconds: Int64, offset: Int) {
        self.seconds = seconds
        self.offset = offset
    }

    init(_ instant: Instant, zone: ZoneOffset) {
        offset = zone(instant)
        seconds = instant.seconds + Int64(offset)
    }

    /// Days since 1970.
    var day: Int64 { floorDivide(seconds, 86_400) }
    var civil: CivilTime { CivilTime(Instant(seconds: seconds)) }
}

func digits(_ value: Int, _ width: Int) -> String {
    let text = String(value)
    return String(repeating: "0", count: max(0, width - text.count)) + text
}
