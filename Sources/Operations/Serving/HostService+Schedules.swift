import Catalog
package import Model
import Platform
import Policies
import Scheduling
import Settings
package import Wire

extension HostService {
    package func schedules(for actor: Actor) async throws -> [Wire::ScheduleStatus] {
        try await ask { host in
            let names = try host.catalog.databases().map(\.name)
            return try host.timing.status().map { try host.described($0, names: names) }
        }
    }

    package func schedule(_ name: String, for actor: Actor) async throws -> Wire::ScheduleStatus {
        try await ask { host in try host.schedule(name) }
    }

    package func addSchedule(_ schedule: Schedule, by actor: Actor) async throws -> Wire::ScheduleStatus {
        try await ask { host in
            var schedule = try host.scheduleCheck().checked(schedule)
            schedule.source = .admin
            _ = try host.catalog.addSchedule(schedule, by: actor, at: WallClock.now())
            host.timing.reload()
            return try host.schedule(schedule.name)
        }
    }

    package func changeSchedule(
        _ name: String, to schedule: Schedule, by actor: Actor
    ) async throws -> Wire::ScheduleStatus {
        try await ask { host in
            var schedule = try host.scheduleCheck().checked(schedule)
            schedule.source = .admin
            _ = try host.catalog.replaceSchedule(name, with: schedule, by: actor, at: WallClock.now())
            host.timing.reload()
            return try host.schedule(schedule.name)
        }
    }

    package func removeSchedule(_ name: String, by actor: Actor) async throws -> Wire::ScheduleStatus {
        try await ask { host in
            let status = try host.schedule(name)
            try host.catalog.removeSchedule(name, by: actor, at: WallClock.now())
            host.timing.reload()
            return status
        }
    }

    package func enableSchedule(
        _ name: String, _ enabled: Bool, by actor: Actor
    ) async throws -> Wire::ScheduleStatus {
        try await ask { host in
            _ = try host.catalog.setSchedule(name, enabled: enabled, by: actor, at: WallClock.now())
            host.timing.reload()
            return try host.schedule(name)
        }
    }

    package func resetSchedule(_ name: String, by actor: Actor) async throws -> Wire::ScheduleStatus {
        try await ask { host in
            guard host.settings.defaultSchedules.contains(where: { $0.name == name }) else {
                throw Fault(
                    .notFound, "the settings name no schedule \(name)",
                    hint: "they name \(host.settings.defaultSchedules.map(\.name).joined(separator: ", "))")
            }
            _ = try host.catalog.resetSchedules([name], by: actor, at: WallClock.now())
            try host.syncSchedules()
            return try host.schedule(name)
        }
    }

    package func runSchedule(_ name: String, by actor: Actor) async throws -> Wire::ScheduleStatus {
        try await ask { host in
            _ = try host.timing.runNow(name, by: actor)
            host.say([MessageDraft(.info, .scheduleStarted, "schedule \(name) was started by hand", actor: actor)])
            return try host.schedule(name)
        }
    }

    package func occurrences(_ query: OccurrenceQuery, for actor: Actor) async throws -> [PlannedOccurrence] {
        try await ask { host in
            let zone = try host.daemonZone()
            let recurrence: Recurrence
            switch (query.schedule, query.when) {
            case (let name?, nil):
                guard let stored = try host.catalog.schedule(name) else { throw Host.noSchedule(name) }
                recurrence = try .of(stored.definition, daemonZone: zone)
            case (nil, let when?):
                let schedule = Schedule(name: "preview", action: .message, when: when, timeZone: query.zone)
                recurrence = try .of(schedule, daemonZone: zone)
            default: throw Fault(.wrongUsage, "a preview is of a schedule or of an expression")
            }
            return recurrence.occurrences(after: query.from ?? WallClock.now(), count: query.count).map {
                PlannedOccurrence($0, zone: recurrence.zone)
            }
        }
    }
}

extension Host {
    static func noSchedule(_ name: String) -> Fault {
        Fault(.notFound, "there is no schedule \(name)", hint: "list them with `holdfast schedules`")
    }

    /// With its history.
    fileprivate func schedule(_ name: String) throws -> Wire::ScheduleStatus {
        guard let status = timing.status().first(where: { $0.schedule.name == name }) else {
            throw Self.noSchedule(name)
        }
        var described = try described(status, names: try catalog.databases().map(\.name))
        described.history = try catalog.occurrences(of: name, limit: 20).map { OccurrenceRecord($0) }
        return described
    }

    fileprivate func described(
        _ status: Scheduling::ScheduleStatus, names: [DatabaseName]
    ) throws -> Wire::ScheduleStatus {
        let schedule = status.schedule
        let zone = try daemonZone()
        let recurrence = try? Recurrence.of(schedule, daemonZone: zone)
        let next = status.next.flatMap { recurrence?.next(after: $0 - .microseconds(1)) }
        var warnings = scheduleCheck(names: names, zone: zone).warnings(schedule)
        if let fault = status.fault { warnings.insert(fault.message, at: 0) }
        if let waiting = status.waiting { warnings.append(waiting) }
        return Wire::ScheduleStatus(
            schedule: schedule, zone: recurrence?.zone.name ?? schedule.timeZone ?? zone.name, next: status.next,
            nextNote: next?.shift?.reason,
            databases: names.count { NameSelection.covers(schedule.scope, $0) },
            warning: warnings.isEmpty ? nil : warnings.joined(separator: "; "),
            last: (status.open ?? status.last).map { OccurrenceRecord($0) })
    }

    func scheduleCheck() throws -> ScheduleCheck {
        scheduleCheck(names: try catalog.databases().map(\.name), zone: try daemonZone())
    }

    private func scheduleCheck(names: [DatabaseName], zone: ZoneRules) -> ScheduleCheck {
        ScheduleCheck(limits: retentionLimits, names: names, zone: zone)
    }
}

extension OccurrenceRecord {
    init(_ occurrence: ClaimedOccurrence) {
        self.init(
            id: String(occurrence.id), planned: occurrence.planned, coalesced: occurrence.coalesced?.count ?? 0,
            claimed: occurrence.claimed, state: occurrence.state, attempt: occurrence.attempt,
            nextAttempt: occurrence.nextAttempt, closed: occurrence.closed,
            reason: occurrence.reason ?? occurrence.lateness.map { "late: \($0.clause)" },
            origin: occurrence.origin, actor: Principal(occurrence.actor), runs: occurrence.runs.map { String($0) })
    }
}

extension PlannedOccurrence {
    init(_ occurrence: Occurrence, zone: ZoneRules) {
        var notes = [occurrence.shift?.reason].compactMap { $0 }
        if occurrence.instant != occurrence.planned {
            notes.append("spread: planned for \(Self.local(occurrence.planned, zone))")
        }
        self.init(
            instant: occurrence.instant, local: Self.local(occurrence.instant, zone),
            note: notes.isEmpty ? nil : notes.joined(separator: "; "))
    }

    private static func local(_ instant: Instant, _ zone: ZoneRules) -> String {
        instant.rfc3339(offsetSeconds: zone.offsetSeconds(at: instant)).replacing(".000", with: "")
    }
}
