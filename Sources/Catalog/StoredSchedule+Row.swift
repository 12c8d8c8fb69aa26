import FoundationEssentials
import GRDB
import Model

/// The definition of a schedule as text.
enum ScheduleText {
    static func encode(_ schedule: Schedule) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(schedule), as: UTF8.self)
    }

    static func decode(_ text: String) throws -> Schedule {
        try JSONDecoder().decode(Schedule.self, from: Data(text.utf8))
    }
}

extension StoredSchedule {
    /// Schedules with their marks; `s` is the table of schedules.
    static func fetch(
        _ database: Database, _ condition: String, _ arguments: [(any DatabaseValueConvertible)?] = []
    ) throws -> [StoredSchedule] {
        let sql =
            "SELECT s.*, m.mark, m.reach FROM schedules s JOIN schedule_marks m ON m.schedule = s.id \(condition)"
        var found = try Row.fetchAll(database, sql: sql, arguments: StatementArguments(arguments))
            .map(StoredSchedule.init(row:))
        let ahead = try SchedulePosition.ahead(database, of: found.count == 1 ? found[0].id : nil)
        for index in found.indices { found[index].position.ahead = ahead[found[index].id] ?? [] }
        return found
    }

    private init(row: Row) throws {
        var definition = try ScheduleText.decode(row["definition"])
        definition.name = row["name"]
        definition.enabled = row["enabled"]
        definition.source = try row.required(row.value("source"), "schedules.source")
        self.init(
            id: row["id"], definition: definition,
            position: SchedulePosition(
                mark: Instant(microseconds: row["mark"]), reach: Instant(microseconds: row["reach"])),
            created: Instant(microseconds: row["created_at"]), changed: Instant(microseconds: row["changed_at"]),
            changedBy: row.actor(uid: "changed_uid", name: "changed_name"))
    }
}

extension SchedulePosition {
    /// Planned instants after the mark that were claimed and worked on, of one schedule or of all.
    static func ahead(_ database: Database, of schedule: ScheduleID?) throws -> [ScheduleID: Set<Instant>] {
        let condition = schedule.map { "AND m.schedule = \($0)" } ?? ""
        let sql = ["o.state != 'open'", "o.state = 'open'"].map { state in
            """
            SELECT o.schedule, o.planned FROM schedule_marks m
            CROSS JOIN occurrences o ON o.schedule = m.schedule AND o.planned > m.mark AND \(state)
            WHERE o.origin = 'planned' AND o.attempt > 0 \(condition)
            """
        }
        let rows = try Row.fetchAll(database, sql: sql.joined(separator: " UNION ALL "))
        return rows.reduce(into: [:]) { ahead, row in
            ahead[row["schedule"], default: []].insert(Instant(microseconds: row["planned"]))
        }
    }
}
