import Foundation
import Model
import Platform
import Policies
import Testing

/// A rule as the model knows it: no text, no parser.
private struct ModelRule {
    enum Days {
        case all
        /// 0 is Sunday.
        case weekday(Int32)
        case dayOfMonth(Int32)
    }

    var text: String
    var days: Days
    /// Seconds.
    var times: [Int64]
    var coversAllHours = false

    /// All local times of the rule in a range of local seconds; the calendar is that of glibc.
    func locals(_ range: ClosedRange<Int64>) -> [Int64] {
        var found: [Int64] = []
        var day = range.lowerBound / 86_400 * 86_400
        while day <= range.upperBound {
            defer { day += 86_400 }
            var seconds = time_t(day)
            var date = tm()
            gmtime_r(&seconds, &date)
            switch days {
            case .all: break
            case .weekday(let weekday) where date.tm_wday != weekday: continue
            case .dayOfMonth(let number) where date.tm_mday != number: continue
            default: break
            }
            for time in times where range.contains(day + time) { found.append(day + time) }
        }
        return found
    }

    /// The instants of the rule in a window: a local time that clocks never show belongs to the instant that passes it,
    /// one that they show twice to the first, or to both when the rule covers all hours.
    func instants(_ window: ClosedRange<Int64>, in zone: ArraySlice<GlibcZone.Stretch>) -> [Int64] {
        let offsets = zone.filter { $0.end > window.lowerBound && $0.start <= window.upperBound }.map(\.offset)
        guard let least = offsets.min(), let most = offsets.max() else { return [] }
        var found: Set<Int64> = []
        for local in locals(window.lowerBound + least...window.upperBound + most) {
            let shown = zone.filter { $0.start <= local - $0.offset && local - $0.offset < $0.end }
                .map { local - $0.offset }.sorted()
            if coversAllHours { found.formUnion(shown) } else if let first = shown.first { found.insert(first) }
            guard shown.isEmpty else { continue }
            for (before, after) in zip(zone, zone.dropFirst())
            where before.end + before.offset <= local && local < after.start + after.offset {
                found.insert(after.start)
                break
            }
        }
        return found.filter { window.contains($0) }.sorted()
    }
}

@Suite(.enabled(if: Program.path(of: "zdump") != nil, "needs zdump of libc-bin")) struct ZoneTransitionTests {
    /// Rules that hit the gap or the overlap at a change, in its middle and at both its ends.
    private func rules(at change: Int64, from before: Int64, to after: Int64) -> [ModelRule] {
        let edges = [min(change + before, change + after), max(change + before, change + after)]
        let middle = (edges[0] + edges[1]) / 2 / 60 * 60
        var seconds = time_t(middle)
        var date = tm()
        gmtime_r(&seconds, &date)
        func clock(_ local: Int64) -> String {
            let (hour, minute) = (local % 86_400 / 3600, local % 3600 / 60)
            return "\(hour):\(minute < 10 ? "0" : "")\(minute)"
        }
        let weekday = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"][Int(date.tm_wday)]
        let time = middle % 86_400
        var rules = [
            ModelRule(text: "*-*-* \(clock(middle))", days: .all, times: [time]),
            ModelRule(text: "\(weekday) \(clock(middle))", days: .weekday(date.tm_wday), times: [time]),
            ModelRule(text: "*-*-\(date.tm_mday) \(clock(middle))", days: .dayOfMonth(date.tm_mday), times: [time]),
            ModelRule(
                text: "*:\(middle % 3600 / 60)", days: .all, times: (0..<24).map { $0 * 3600 + middle % 3600 },
                coversAllHours: true),
            ModelRule(text: "*:0/5", days: .all, times: (0..<288).map { $0 * 300 }, coversAllHours: true),
            ModelRule(
                text: "\(date.tm_hour):0/5", days: .all, times: (0..<12).map { Int64(date.tm_hour) * 3600 + $0 * 300 }),
        ]
        for edge in edges { rules.append(ModelRule(text: "*-*-* \(clock(edge))", days: .all, times: [edge % 86_400])) }
        return rules
    }

    @Test func noZoneLosesOrDoublesAnOccurrence() throws {
        let zones = try SystemZones.glibc.get()
        let years = time("2000-01-01T00:00:00Z").seconds..<time("2051-01-01T00:00:00Z").seconds
        var wrong: [String] = []
        var (changes, occurrences, gaps, overlaps) = (0, 0, 0, 0)
        for zone in zones {
            let zoneRules = try SystemZones.rules(zone.name)
            for index in zone.stretches.indices.dropFirst() where years.contains(zone.stretches[index].start) {
                let (before, after) = (zone.stretches[index - 1], zone.stretches[index])
                // Changes that follow within days are in sight as well.
                let near = zone.stretches[max(0, index - 6)...min(index + 6, zone.stretches.count - 1)]
                changes += 1
                for rule in rules(at: after.start, from: before.offset, to: after.offset) {
                    let reach = rule.times.count > 24 ? abs(after.offset - before.offset) + 7200 : 200_000
                    let window = after.start - reach...after.start + reach
                    let expected = rule.instants(window, in: near)
                    let recurrence = try Recurrence(rule.text, zone: zoneRules)
                    let forth = forth(recurrence, window)
                    let back = back(recurrence, window)
                    if forth.map(\.instant.seconds) != expected || back.reversed() != forth {
                        wrong.append("\(rule.text) in \(zone.name) around \(Instant(seconds: after.start).rfc3339())")
                    }
                    occurrences += forth.count
                    gaps += forth.count { $0.shift?.kind == .gap }
                    overlaps += forth.count { $0.shift?.kind == .overlap }
                }
            }
        }
        print(
            "zones: \(SystemZones.names.all) names, \(zones.count) distinct, \(changes) changes from 2000 to 2050, "
                + "\(occurrences) occurrences checked forth and back, \(gaps) in gaps, \(overlaps) in overlaps")
        #expect(wrong.isEmpty, "\(wrong.count): \(wrong.prefix(10))")
        #expect(changes > 5000 && gaps > changes && overlaps > changes)
    }

    private func forth(_ recurrence: Recurrence, _ window: ClosedRange<Int64>) -> [Occurrence] {
        var found: [Occurrence] = []
        var instant = Instant(seconds: window.lowerBound) - .microseconds(1)
        while let next = recurrence.next(after: instant), next.instant.seconds <= window.upperBound {
            found.append(next)
            instant = next.instant
        }
        return found
    }

    private func back(_ recurrence: Recurrence, _ window: ClosedRange<Int64>) -> [Occurrence] {
        var found: [Occurrence] = []
        var instant = Instant(seconds: window.upperBound) + .microseconds(1)
        while let previous = recurrence.previous(before: instant), previous.instant.seconds >= window.lowerBound {
            found.append(previous)
            instant = previous.instant
        }
        return found
    }
}
