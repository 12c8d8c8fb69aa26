import GRDB
package import Model

/// Schedules, their definitions. Every change records its message and who made it in the same transaction.
///
/// A schedule whose times change counts from then on: what was due by the old rule and isn't claimed yet, isn't any more.
/// Likewise one that is enabled again.
extension Catalog {
    /// By name.
    package func schedules() throws -> [StoredSchedule] {
        try read { try StoredSchedule.fetch($0, "ORDER BY s.name") }
    }

    package func schedule(_ name: String) throws -> StoredSchedule? {
        try read { try StoredSchedule.fetch($0, "WHERE s.name = ?", [name]).first }
    }

    /// Adds a schedule; its first occurrence is the first one after `instant`. One of the settings that was removed under this
    /// name stays replaced by it.
    ///
    /// - Throws: `schedule-exists`.
    @discardableResult
    package func addSchedule(_ schedule: Schedule, by actor: Actor, at instant: Instant) throws -> StoredSchedule {
        try transition { try $0.add(schedule, by: actor, at: instant) }
    }

    /// Changes a schedule, and its name if that differs. It is the admin's from then on and follows the settings no more.
    ///
    /// - Throws: `not-found`; `schedule-exists` when another has the new name.
    @discardableResult
    package func replaceSchedule(
        _ name: String, with schedule: Schedule, by actor: Actor, at instant: Instant
    ) throws -> StoredSchedule {
        try transition { try $0.replace(name, with: schedule, by: actor, at: instant) }
    }

    /// Enables or disables a schedule; it goes on following the settings when it did. What is at work goes on.
    ///
    /// - Throws: `not-found`.
    @discardableResult
    package func setSchedule(
        _ name: String, enabled: Bool, by actor: Actor, at instant: Instant
    ) throws -> StoredSchedule {
        try transition { transition in
            let former = try transition.existingSchedule(name)
            guard former.definition.enabled != enabled else { return former }
            var schedule = former.definition
            schedule.enabled = enabled
            try transition.update(former, to: schedule, by: actor, at: instant)
            try transition.record(
                .scheduleChanged, "\(enabled ? "enabled" : "disabled") schedule \(name)", by: actor, at: instant)
            return try transition.existingSchedule(name)
        }
    }

    /// Removes a schedule; what is at work goes on, and its history stays. The settings don't add one of this name until it
    /// is reset.
    ///
    /// - Throws: `not-found`.
    package func removeSchedule(_ name: String, by actor: Actor, at instant: Instant) throws {
        try transition { try $0.remove(name, by: actor, at: instant) }
    }
}

extension Transition {
    func schedules(_ condition: String, _ arguments: [(any DatabaseValueConvertible)?] = []) throws -> [StoredSchedule]
    {
        try StoredSchedule.fetch(database, condition, arguments)
    }

    func add(_ schedule: Schedule, by actor: Actor, at instant: Instant) throws -> StoredSchedule {
        try requireFree(schedule.name)
        try execute("DELETE FROM schedule_tombstones WHERE name = ?", [schedule.name])
        let stored = try insert(schedule, by: actor, at: instant)
        try record(.scheduleAdded, "added schedule \(schedule.name)", by: actor, at: instant)
        return stored
    }

    func replace(
        _ name: String, with schedule: Schedule, by actor: Actor, at instant: Instant
    ) throws -> StoredSchedule {
        let former = try existingSchedule(name)
        if schedule.name != name { try requireFree(schedule.name) }
        var schedule = schedule
        schedule.source = former.definition.source
        schedule.seed = former.definition.seed
        // One that is changed in nothing goes on following the settings.
        guard schedule != former.definition else { return former }
        schedule.source = .admin
        // Under another name it is still late by the same part of its spread.
        if schedule.name != name { schedule.seed = former.definition.seed ?? name }
        // A renamed one of the settings would come again under its former name.
        if former.definition.source == .settings, schedule.name != name { try bury(name, at: instant) }
        try execute("DELETE FROM schedule_tombstones WHERE name = ?", [schedule.name])
        try update(former, to: schedule, by: actor, at: instant)
        let change = schedule.name == name ? "" : ", which was \(name)"
        try record(.scheduleChanged, "changed schedule \(schedule.name)\(change)", by: actor, at: instant)
        return try existingSchedule(schedule.name)
    }

    func remove(_ name: String, by actor: Actor, at instant: Instant) throws {
        let former = try existingSchedule(name)
        try bury(name, at: instant)
        try delete(former, by: actor, at: instant)
    }

    func existingSchedule(_ name: String) throws -> StoredSchedule {
        guard let schedule = try schedules("WHERE s.name = ?", [name]).first else {
            throw Fault(.notFound, "there is no schedule \(name)", hint: "`holdfast schedules` lists them")
        }
        return schedule
    }

    func requireFree(_ name: String) throws {
        guard try row("SELECT 1 FROM schedules WHERE name = ?", [name]) != nil else { return }
        throw Fault(
            .scheduleExists, "there is a schedule \(name) already",
            hint: "choose another name, or change it with `holdfast schedules edit \(name)`")
    }

    func insert(_ schedule: Schedule, by actor: Actor, at instant: Instant) throws -> StoredSchedule {
        try execute(
            """
            INSERT INTO schedules (name, definition, enabled, source, created_at, changed_at, changed_uid, changed_name)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                schedule.name, try ScheduleText.encode(schedule), schedule.enabled, schedule.source.rawValue,
                instant.microseconds, instant.microseconds, actor.uid, actor.name,
            ])
        try restart(database.lastInsertedRowID, at: instant)
        return try existingSchedule(schedule.name)
    }

    func update(_ former: StoredSchedule, to schedule: Schedule, by actor: Actor, at instant: Instant) throws {
        try execute(
            """
            UPDATE schedules SET name = ?, definition = ?, enabled = ?, source = ?, changed_at = ?, changed_uid = ?,
                changed_name = ?
            WHERE id = ?
            """,
            [
                schedule.name, try ScheduleText.encode(schedule), schedule.enabled, schedule.source.rawValue,
                instant.microseconds, actor.uid, actor.name, former.id,
            ])
        let isEnabledAgain = schedule.enabled && !former.definition.enabled
        if isEnabledAgain || !schedule.hasSameTimes(as: former.definition) { try restart(former.id, at: instant) }
    }

    func delete(_ schedule: StoredSchedule, by actor: Actor, at instant: Instant) throws {
        try execute("DELETE FROM schedules WHERE id = ?", [schedule.id])
        try execute("DELETE FROM schedule_marks WHERE schedule = ?", [schedule.id])
        let name = schedule.definition.name
        try execute("INSERT INTO removed_schedules (id, name) VALUES (?, ?)", [schedule.id, name])
        try record(.scheduleRemoved, "removed schedule \(name)", by: actor, at: instant)
    }

    /// Remembers that the settings are not to add a schedule of this name.
    func bury(_ name: String, at instant: Instant) throws {
        try execute(
            "INSERT OR REPLACE INTO schedule_tombstones (name, removed_at) VALUES (?, ?)",
            [name, instant.microseconds])
    }

    func record(_ code: Code, _ text: String, by actor: Actor, at instant: Instant) throws {
        try record(MessageDraft(.info, code, text, actor: actor), at: instant)
    }

    private func restart(_ id: ScheduleID, at instant: Instant) throws {
        let mark = instant.microseconds
        try execute(
            "INSERT OR REPLACE INTO schedule_marks (schedule, mark, reach, floor) VALUES (?, ?, ?, ?)",
            [id, mark, mark, mark])
    }
}

extension Schedule {
    /// Whether it is due at the same instants as another.
    fileprivate func hasSameTimes(as other: Schedule) -> Bool {
        when == other.when && timeZone == other.timeZone && starts == other.starts && ends == other.ends
            && spreadSeconds == other.spreadSeconds
    }
}
