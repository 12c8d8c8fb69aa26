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
    private func claimPlain(_ claims: [OccurrenceClaim], at instant: Instant) throws -> [OccurrenceID?] {
        guard !claims.isEmpty else { return [] }
        let base = try row("SELECT seq FROM sqlite_sequence WHERE name = 'occurrences'", [])?.number("seq") ?? 0
        let inserted = try execute(
            """
            INSERT OR IGNORE INTO occurrences (id, schedule, name, origin, planned, missed_first, missed_count, lateness,
                claimed_at, state, attempt)
            SELECT ?1 + 1 + i.key, s.id, s.name, 'planned', i.value ->> 2, i.value ->> 3, i.value ->> 4, i.value ->> 5,
                ?2, 'open', 1
            FROM json_each(?3) i
            CROSS JOIN schedule_marks m ON m.schedule = i.value ->> 0 AND m.mark = i.value ->> 1
            CROSS JOIN schedules s ON s.id = m.schedule
            """, [base, instant.microseconds, Self.json(claims)])
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

    /// Numbers and words of ours, nothing that needs escaping.
    private static func json(_ claims: [OccurrenceClaim]) -> String {
        var text: [UInt8] = [UInt8(ascii: "[")]
        text.reserveCapacity(claims.count * 80)
        for claim in claims {
            if text.count > 1 { text.append(UInt8(ascii: ",")) }
            text.append(UInt8(ascii: "["))
            append(claim.schedule, to: &text)
            for number in [
                claim.expectedMark?.microseconds, claim.planned.microseconds, claim.coalesced?.first.microseconds,
                claim.coalesced.map { Int64($0.count) },
            ] {
                text.append(UInt8(ascii: ","))
                append(number, to: &text)
            }
            text.append(contentsOf: claim.lateness.map { ",\"\($0.rawValue)\"]".utf8 } ?? ",null]".utf8)
        }
        text.append(UInt8(ascii: "]"))
        return String(decoding: text, as: UTF8.self)
    }

    /// Digits without the detour over strings, of which there would be tens of thousands.
    private static func append(_ number: Int64?, to text: inout [UInt8]) {
        guard let number else { return text.append(contentsOf: "null".utf8) }
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
