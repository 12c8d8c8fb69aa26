import GRDB
import Model

extension Transition {
    /// Claims occurrences; ten thousand take a few statements.
    func claim(_ claims: [OccurrenceClaim], at instant: Instant) throws -> [OccurrenceID?] {
        var result: [OccurrenceID?] = Array(repeating: nil, count: claims.count)
        let (plain, special) = claims.indices.split { claims[$0].isPlain }
        for (index, id) in zip(plain, try claimPlain(plain.map { claims[$0] }, at: instant)) { result[index] = id }
        for index in special { result[index] = try claimSpecial(claims[index], at: instant) }
        return result
    }

    /// The planned ones that are to be worked on, as a set.
    ///
    /// What is due at once is mostly alike in all but its schedule: each claim goes in as one number, of its schedule and of
    /// its shape, because SQLite takes far longer over nested JSON.
    private func claimPlain(_ claims: [OccurrenceClaim], at instant: Instant) throws -> [OccurrenceID?] {
        guard !claims.isEmpty else { return [] }
        var shapes: [ClaimShape: Int64] = [:]
        let numbers = claims.map { claim in
            (claim.schedule, shapes.number(of: ClaimShape(claim)))
        }
        let base = try row("SELECT seq FROM sqlite_sequence WHERE name = 'occurrences'", [])?.number("seq") ?? 0
        let inserted = try execute(
            """
            WITH shapes AS MATERIALIZED (
                SELECT key AS id, value ->> 0 AS mark, value ->> 1 AS planned, value ->> 2 AS missed_first,
                    value ->> 3 AS missed_count, value ->> 4 AS lateness FROM json_each(?3))
            INSERT OR IGNORE INTO occurrences (id, schedule, name, origin, planned, missed_first, missed_count, lateness,
                claimed_at, state, attempt)
            SELECT ?1 + 1 + i.key, s.id, s.name, 'planned', x.planned, x.missed_first, x.missed_count, x.lateness,
                ?2, 'open', 1
            FROM json_each(?4) i
            CROSS JOIN shapes x ON x.id = i.value % ?5
            CROSS JOIN schedule_marks m ON m.schedule = i.value / ?5 AND m.mark = x.mark
            CROSS JOIN schedules s ON s.id = m.schedule
            """,
            [
                base, instant.microseconds, Self.json(shapes),
                Self.json(numbers.map { $0 * Int64(shapes.count) + $1 }), shapes.count,
            ])
        try execute(
            """
            UPDATE schedule_marks SET mark = max(mark, o.planned), reach = max(reach, o.planned)
            FROM (SELECT schedule, planned FROM occurrences WHERE id > ?1) o WHERE o.schedule = schedule_marks.schedule
            """, [base])
        let ids = claims.indices.map { base + 1 + Int64($0) }
        if inserted == claims.count { return ids }
        let present = Set(
            try OccurrenceID.fetchAll(database, sql: "SELECT id FROM occurrences WHERE id > ?", arguments: [base]))
        return ids.map { present.contains($0) ? $0 : nil }
    }

    private static func json(_ numbers: [Int64]) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(numbers.count * 12)
        for number in numbers {
            text.append(text.isEmpty ? UInt8(ascii: "[") : UInt8(ascii: ","))
            append(number, to: &text)
        }
        text.append(UInt8(ascii: "]"))
        return String(decoding: text, as: UTF8.self)
    }

    /// Numbers and words of ours, nothing that needs escaping.
    private static func json(_ shapes: [ClaimShape: Int64]) -> String {
        let rows = shapes.sorted { $0.value < $1.value }.map { shape, _ in
            let numbers = [
                shape.mark?.microseconds, shape.planned.microseconds, shape.coalesced?.first.microseconds,
                shape.coalesced.map { Int64($0.count) },
            ].map { $0.map(String.init) ?? "null" }
            return "[\(numbers.joined(separator: ",")),\(shape.lateness.map { "\"\($0.rawValue)\"" } ?? "null")]"
        }
        return "[\(rows.joined(separator: ","))]"
    }

    /// Digits without the detour over strings, of which there would be tens of thousands.
    private static func append(_ number: Int64, to text: inout [UInt8]) {
        if number < 0 { text.append(UInt8(ascii: "-")) }
        let start = text.count
        var rest = number.magnitude
        repeat {
            text.append(UInt8(ascii: "0") + UInt8(rest % 10))
            rest /= 10
        } while rest > 0
        text[start...].reverse()
    }

    /// One on demand, or one that is skipped.
    private func claimSpecial(_ claim: OccurrenceClaim, at instant: Instant) throws -> OccurrenceID? {
        if let expected = claim.expectedMark {
            // A skip leaves `reach`: should the clock come by again, the occurrence is due then.
            let moved = try execute(
                "UPDATE schedule_marks SET mark = max(mark, ?) WHERE schedule = ? AND mark = ?",
                [claim.planned.microseconds, claim.schedule, expected.microseconds])
            guard moved == 1 else { return nil }
        }
        let isSkipped = claim.skipReason != nil
        let inserted = try execute(
            """
            INSERT OR IGNORE INTO occurrences (schedule, name, origin, actor_uid, actor_name, planned, missed_first,
                missed_count, lateness, claimed_at, state, attempt, reason, closed_at)
            SELECT id, name, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM schedules WHERE id = ?
            """,
            [
                claim.origin.rawValue, claim.actor.uid, claim.actor.name, claim.planned.microseconds,
                claim.coalesced?.first.microseconds, claim.coalesced?.count, claim.lateness?.rawValue,
                instant.microseconds, isSkipped ? "skipped" : "open", isSkipped ? 0 : 1, claim.skipReason,
                isSkipped ? instant.microseconds : nil, claim.schedule,
            ])
        return inserted == 1 ? database.lastInsertedRowID : nil
    }
}

/// What a claim is but for its schedule.
private struct ClaimShape: Hashable {
    var mark: Instant?
    var planned: Instant
    var coalesced: CoalescedOccurrences?
    var lateness: Lateness?

    init(_ claim: OccurrenceClaim) {
        mark = claim.expectedMark
        planned = claim.planned
        coalesced = claim.coalesced
        lateness = claim.lateness
    }
}

extension [ClaimShape: Int64] {
    /// In the order of asking, from 0.
    fileprivate mutating func number(of shape: ClaimShape) -> Int64 {
        if let number = self[shape] { return number }
        let number = Int64(count)
        self[shape] = number
        return number
    }
}

extension OccurrenceClaim {
    fileprivate var isPlain: Bool { origin == .planned && skipReason == nil }
}

extension Sequence {
    fileprivate func split(_ condition: (Element) -> Bool) -> (yes: [Element], no: [Element]) {
        reduce(into: ([], [])) { parts, element in
            if condition(element) { parts.0.append(element) } else { parts.1.append(element) }
        }
    }
}
