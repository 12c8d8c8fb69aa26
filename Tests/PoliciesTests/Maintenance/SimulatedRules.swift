import Model
import Policies

/// Random rules at UTC, whose windows an arithmetic of its own knows.
struct SimulatedRules {
    /// Monday is 0.
    var weekday: Int
    /// Minutes of the day.
    var weeklyMinute: Int
    var dailyMinute: Int
    var rules: MaintenanceRules

    init(_ numbers: inout Numbers) {
        weekday = numbers.below(7)
        weeklyMinute = numbers.below(1440)
        dailyMinute = numbers.once(in: 3) ? (weeklyMinute + numbers.below(240)) % 1440 : numbers.below(1440)
        rules = MaintenanceRules()
        rules.weekly.when = "\(Self.days[weekday]) \(Self.clock(weeklyMinute))"
        rules.daily.when = Self.clock(dailyMinute)
        rules.weekly.lengthSeconds = [3600, 7200, 20_000, 80_000][numbers.below(4)]
        rules.daily.lengthSeconds = [1800, 3600, 7200][numbers.below(3)]
        rules.weekly.countdownSeconds = [0, 30, 120, 300][numbers.below(4)]
        rules.daily.countdownSeconds = [0, 120][numbers.below(2)]
        rules.weekly.latestStartSeconds = numbers.once(in: 3) ? numbers.below(1200) : nil
        rules.weekly.announceSeconds = [[], [86_400, 3600, 600], [7200], [60, 172_800]][numbers.below(4)]
        rules.daily.announceSeconds = numbers.once(in: 2) ? [600] : []
        rules.daily.quietSeconds = [0, 1200][numbers.below(2)]
        rules.weekly.enabled = !numbers.once(in: 10)
        rules.daily.enabled = !numbers.once(in: 10)
        rules.weekly.onBackupFailure = numbers.once(in: 2) ? .goOn : .stop
        rules.weekly.tasks = Self.tasks(&numbers, longest: 1200)
        rules.daily.tasks = Self.tasks(&numbers, longest: 600)
    }

    private static func tasks(_ numbers: inout Numbers, longest: Int) -> [MaintenanceTask] {
        MaintenanceTask.Kind.allCases.shuffled(using: &numbers).prefix(numbers.below(7)).map { kind in
            MaintenanceTask(
                kind, deadlineSeconds: 60 + numbers.below(longest), onFailure: numbers.once(in: 3) ? .stop : .goOn)
        }
    }

    private static let days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]

    private static func clock(_ minute: Int) -> String {
        let (hour, minute) = (minute / 60, minute % 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }

    /// The starts of a kind after one instant and up to another, whether or not a daily one makes way.
    func starts(_ kind: MaintenanceKind, after: Instant, upTo: Instant) -> [Instant] {
        guard rules[kind].enabled, after < upTo else { return [] }
        return (after.seconds / 86_400...upTo.seconds / 86_400).compactMap { day in
            // 1 January 1970 was a Thursday.
            guard kind == .daily || (day + 3) % 7 == Int64(weekday) else { return nil }
            let minute = kind == .daily ? dailyMinute : weeklyMinute
            let start = Instant(seconds: day * 86_400 + Int64(minute) * 60)
            return start > after && start <= upTo ? start : nil
        }
    }
}
