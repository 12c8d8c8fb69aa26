import Model
import Scheduling

/// Every so many seconds of the epoch, an offset later: intervals, and calendar rules of fixed length in UTC.
struct Grid: Beat {
    var seconds: Int64
    var offset: Int64 = 0
    var isInterval = false

    var period: Duration? { .seconds(seconds) }

    func next(after instant: Instant) -> Instant? { Instant(seconds: (index(instant.seconds) + 1) * seconds + offset) }

    func previous(before instant: Instant) -> Instant? {
        let last = Instant(microseconds: instant.microseconds - 1)
        return Instant(seconds: index(last.seconds) * seconds + offset)
    }

    private func index(_ second: Int64) -> Int64 {
        let shifted = second - offset
        return shifted >= 0 ? shifted / seconds : -((-shifted + seconds - 1) / seconds)
    }
}

/// At midnight UTC of the first of each so many months.
struct FirstOfMonth: Beat {
    var months: Int

    var period: Duration? { .seconds(86_400 * 30 * months) }
    var isInterval: Bool { false }

    func next(after instant: Instant) -> Instant? { Self.start(index(instant) + 1, months) }

    func previous(before instant: Instant) -> Instant? {
        Self.start(index(Instant(microseconds: instant.microseconds - 1)), months)
    }

    private func index(_ instant: Instant) -> Int {
        let civil = CivilTime(instant)
        return (civil.year * 12 + civil.month - 1) / months
    }

    private static func start(_ index: Int, _ months: Int) -> Instant? {
        let month = index * months
        return CivilTime(year: month / 12, month: month % 12 + 1, day: 1).secondsSince1970.map { Instant(seconds: $0) }
    }
}

struct Once: Beat {
    var instant: Instant

    var period: Duration? { nil }
    var isInterval: Bool { false }

    func next(after other: Instant) -> Instant? { other < instant ? instant : nil }
    func previous(before other: Instant) -> Instant? { instant < other ? instant : nil }
}

/// Beats for tests, named by the schedule's `when`: `every 300`, `daily 7200`, `weekly 0`, `hourly 420`, `months 1`, `once 5`.
func beat(of schedule: Schedule) throws -> any Beat {
    let words = schedule.when.split(separator: " ")
    guard words.count == 2, let number = Int64(words[1]) else { throw Fault(.badSchedule, "no beat \(schedule.when)") }
    switch words[0] {
    case "every": return Grid(seconds: number, isInterval: true)
    case "hourly": return Grid(seconds: 3600, offset: number)
    case "daily": return Grid(seconds: 86_400, offset: number)
    case "weekly": return Grid(seconds: 604_800, offset: number)
    case "months": return FirstOfMonth(months: Int(number))
    case "once": return Once(instant: Instant(seconds: number))
    default: throw Fault(.badSchedule, "no beat \(schedule.when)")
    }
}
