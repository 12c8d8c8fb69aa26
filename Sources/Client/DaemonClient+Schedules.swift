package import Model
internal import NIOHTTP1
package import Wire

extension DaemonClient {
    package func schedules() async throws -> [ScheduleStatus] {
        try await items(ScheduleStatus.self, ClientRequest(.GET, "schedules"))
    }

    package func schedule(_ name: String) async throws -> ScheduleStatus {
        try await value(ScheduleStatus.self, ClientRequest(.GET, "schedules", name))
    }

    package func addSchedule(_ schedule: Schedule) async throws -> ScheduleStatus {
        try await value(ScheduleStatus.self, post(schedule, "schedules"))
    }

    package func changeSchedule(_ name: String, to schedule: Schedule) async throws -> ScheduleStatus {
        try await value(ScheduleStatus.self, post(schedule, "schedules", name))
    }

    package func removeSchedule(_ name: String) async throws -> ScheduleStatus {
        try await value(ScheduleStatus.self, ClientRequest(.DELETE, "schedules", name))
    }

    package func enableSchedule(_ name: String, _ enabled: Bool) async throws -> ScheduleStatus {
        try await value(
            ScheduleStatus.self, ClientRequest(.POST, "schedules", name, enabled ? "enable" : "disable"))
    }

    package func runSchedule(_ name: String) async throws -> ScheduleStatus {
        try await value(ScheduleStatus.self, ClientRequest(.POST, "schedules", name, "run"))
    }

    package func resetSchedule(_ name: String) async throws -> ScheduleStatus {
        try await value(ScheduleStatus.self, ClientRequest(.POST, "schedules", name, "reset"))
    }

    package func occurrences(_ query: OccurrenceQuery) async throws -> [PlannedOccurrence] {
        var request = ClientRequest(.GET, "occurrences")
        let fields = [
            ("schedule", query.schedule), ("when", query.when), ("zone", query.zone),
            ("from", query.from?.rfc3339()), ("count", String(query.count)),
        ]
        request.query = fields.compactMap { name, value in value.map { (name, $0) } }
        return try await items(PlannedOccurrence.self, request)
    }

    package func declaration() async throws -> Declaration {
        try await value(Declaration.self, ClientRequest(.GET, "declaration"))
    }

    package func apply(_ apply: ApplyRequest) async throws -> ApplyReply {
        try await value(ApplyReply.self, post(apply, "declaration"))
    }
}

// MARK: - Retention

extension DaemonClient {
    package func retention() async throws -> [RetentionEntry] {
        try await items(RetentionEntry.self, ClientRequest(.GET, "retention"))
    }

    package func setRetention(_ change: RetentionChange) async throws -> [RetentionEntry] {
        try await items(RetentionEntry.self, post(change, "retention"))
    }

    package func previewRetention(_ prune: PruneRequest) async throws -> [RetentionPreview] {
        var request = ClientRequest(.GET, "retention", "preview")
        request.query = prune.databases.map { ("database", $0) }
        if prune.now { request.query.append(("now", "1")) }
        if prune.confirmed { request.query.append(("confirmed", "1")) }
        return try await items(RetentionPreview.self, request)
    }

    package func prune(_ prune: PruneRequest) async throws -> Run {
        try await value(Run.self, post(prune, "prune"))
    }

    package func confirmClock() async throws -> Status {
        try await value(Status.self, ClientRequest(.POST, "clock", "confirm"))
    }

    package func adopt(_ adopt: AdoptRequest) async throws -> Database {
        try await value(Database.self, post(adopt, "adoptions"))
    }
}
