import GRDB
import Model

extension ClaimedOccurrence {
    static func fetch(
        _ database: Database, _ condition: String, _ arguments: [(any DatabaseValueConvertible)?] = []
    ) throws -> [ClaimedOccurrence] {
        try Row.fetchAll(
            database, sql: "SELECT * FROM occurrences \(condition)", arguments: StatementArguments(arguments)
        ).map(ClaimedOccurrence.init(row:))
    }

    private init(row: Row) throws {
        let coalesced = row.instant("missed_first").map {
            CoalescedOccurrences(first: $0, count: row["missed_count"] ?? 0)
        }
        self.init(
            id: row["id"], schedule: row["schedule"], name: row["name"],
            origin: try row.required(row.value("origin"), "occurrences.origin"),
            actor: row.actor(uid: "actor_uid", name: "actor_name"),
            planned: Instant(microseconds: row["planned"]), coalesced: coalesced, lateness: row.value("lateness"),
            claimed: Instant(microseconds: row["claimed_at"]),
            state: try row.required(row.value("state"), "occurrences.state"), attempt: row["attempt"],
            interruptions: row["interruptions"], nextAttempt: row.instant("next_attempt_at"),
            reason: row.text("reason"),
            runs: (row.text("runs") ?? "").split(separator: ",").compactMap { Int64($0) },
            closed: row.instant("closed_at"))
    }
}
