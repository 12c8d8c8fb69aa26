import Model
import Policies
import Testing

/// Zones that change more wildly than any real one: several times within a day, by up to a day.
@Suite struct MadeUpZoneTests {
    private struct Zone {
        var rules: ZoneRules
        /// Seconds since 1970 and the offset from then on; the first counts from the beginning of time.
        var changes: [(at: Int64, offset: Int64)]

        init(_ random: inout PrintedSeed, around center: Int64) throws {
            var at = center
            var offset = Int64.random(in: -12...14, using: &random) * 3600
            changes = [(.min, offset)]
            for _ in 0..<Int.random(in: 1...6, using: &random) {
                at += Int64.random(in: 1...160, using: &random) * 900
                let jump = Int64.random(in: 1...96, using: &random) * 900 * (Bool.random(using: &random) ? 1 : -1)
                offset = min(max(offset + jump, -43_200), 50_400)
                changes.append((at, offset))
            }
            rules = try ZoneRules(name: "Made/Up", tzif: Self.file(changes))
        }

        /// Source: RFC 8536 §3.1, one block of version 2 after an empty one.
        private static func file(_ changes: [(at: Int64, offset: Int64)]) -> [UInt8] {
            func bytes(_ value: Int64, _ count: Int) -> [UInt8] {
                (0..<count).reversed().map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
            }
            func header(_ times: Int, _ types: Int, _ characters: Int) -> [UInt8] {
                var header = Array("TZif2".utf8) + [UInt8](repeating: 0, count: 15)
                for count in [0, 0, 0, times, types, characters] { header += bytes(Int64(count), 4) }
                return header
            }
            var file = header(0, 1, 1) + [UInt8](repeating: 0, count: 7)
            file += header(changes.count - 1, changes.count, 1)
            for change in changes.dropFirst() { file += bytes(change.at, 8) }
            file += changes.indices.dropFirst().map { UInt8($0) }
            for change in changes { file += bytes(change.offset, 4) + [0, 0] }
            return file + [0] + Array("\n\n".utf8)
        }

        func offset(at instant: Int64) -> Int64 { changes.last { $0.at <= instant }?.offset ?? 0 }
    }

    private struct Rule {
        var text: String
        var coversAllHours: Bool
        /// Of a local time in minutes since 1970.
        var holds: (Int64) -> Bool
    }

    private func rule(_ random: inout PrintedSeed) -> Rule {
        let hour = Int64.random(in: 0..<24, using: &random)
        let minute = Int64.random(in: 0..<60, using: &random)
        switch Int.random(in: 0..<4, using: &random) {
        case 0: return Rule(text: "\(hour):\(minute)", coversAllHours: false) { $0 % 1440 == hour * 60 + minute }
        case 1: return Rule(text: "0/3:\(minute)", coversAllHours: false) { $0 % 180 == minute }
        case 2: return Rule(text: "*:\(minute)", coversAllHours: true) { $0 % 60 == minute }
        default: return Rule(text: "*:0/20", coversAllHours: true) { $0 % 20 == 0 }
        }
    }

    /// Goes through all minutes: a local time belongs to the first at which clocks show it or have passed it.
    private func model(_ rule: Rule, in zone: Zone, _ window: ClosedRange<Int64>) -> [Int64] {
        var found: [Int64] = []
        var shown: Int64?
        for instant in stride(from: window.lowerBound - 10 * 86_400, through: window.upperBound, by: 60) {
            let local = (instant + zone.offset(at: instant)) / 60
            let next = shown ?? local
            let hasPassed = next < local && (next..<local).contains { rule.holds($0) }
            let isNew = local >= next
            if hasPassed || rule.holds(local) && (isNew || rule.coversAllHours), window.contains(instant) {
                found.append(instant)
            }
            shown = max(next, local + 1)
        }
        return found
    }

    @Test func anyNumberOfChangesInARowIsRight() throws {
        var random = PrintedSeed()
        let center = time("2026-06-01T00:00:00Z").seconds
        let window = center - 2 * 86_400...center + 12 * 86_400
        var count = 0
        for _ in 0..<400 {
            let zone = try Zone(&random, around: center)
            let rule = rule(&random)
            let recurrence = try Recurrence(rule.text, zone: zone.rules)
            var forth: [Occurrence] = []
            var instant = Instant(seconds: window.lowerBound - 1)
            while let next = recurrence.next(after: instant), window.contains(next.instant.seconds) {
                forth.append(next)
                instant = next.instant
            }
            var back: [Occurrence] = []
            instant = Instant(seconds: window.upperBound + 1)
            while let previous = recurrence.previous(before: instant), window.contains(previous.instant.seconds) {
                back.append(previous)
                instant = previous.instant
            }
            let changes = zone.changes.map { "\($0.at):\($0.offset)" }.joined(separator: " ")
            #expect(forth.map(\.instant.seconds) == model(rule, in: zone, window), "\(rule.text), \(changes)")
            #expect(back.reversed() == forth, "\(rule.text), \(changes)")
            count += forth.count
        }
        print("made-up zones: \(count) occurrences")
        #expect(count > 10_000)
    }

    @Test func localTimesOfAZoneKnownByItsOffsetsAreTheSame() throws {
        var random = PrintedSeed()
        let center = time("2026-06-01T00:00:00Z").seconds
        for _ in 0..<200 {
            let zone = try Zone(&random, around: center)
            // The closure is looked at once an hour.
            guard zip(zone.changes.dropFirst(), zone.changes.dropFirst(2)).allSatisfy({ $1.at - $0.at > 3600 }) else {
                continue
            }
            for hours in 0..<100 {
                let civil = CivilTime(Instant(seconds: center + Int64(hours) * 5400))
                let exact = LocalTime.instant(of: civil, zone: zone.rules)
                let probed = LocalTime.instant(of: civil) { zone.rules.offsetSeconds(at: $0) }
                #expect(exact?.instant == probed?.instant && exact?.shift == probed?.shift)
            }
        }
    }
}
