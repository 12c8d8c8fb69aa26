import GRDB
package import Model

/// What following the settings changed; names.
package struct ScheduleSync: Sendable, Equatable {
    package var added: [String] = []
    package var changed: [String] = []
    package var removed: [String] = []

    package init() {}
}

/// The schedules that servers get from the settings.
///
/// They are ordinary schedules. One that an admin changed is the admin's and stays as it is, also when the settings don't
/// name it any more; one that an admin removed stays removed, until it is added again or reset. Disabling isn't a change in
/// this sense: a disabled one goes on following the settings and stays disabled.
extension Catalog {
    /// Makes the schedules that follow the settings the same as `wanted`, in one transaction with its messages.
    @discardableResult
    package func syncSettingsSchedules(_ wanted: [Schedule], at instant: Instant) throws -> ScheduleSync {
        try transition { transition in
            var sync = ScheduleSync()
            let present = Dictionary(
                try transition.schedules("").map { ($0.definition.name, $0) }, uniquingKeysWith: { first, _ in first })
            let buried = try transition.buriedNames()
            for var schedule in wanted {
                schedule.source = .settings
                if let stored = present[schedule.name] {
                    schedule.enabled = stored.definition.enabled
                    guard stored.definition.source == .settings, stored.definition != schedule else { continue }
                    try transition.update(stored, to: schedule, by: .daemon, at: instant)
                    sync.changed.append(schedule.name)
                } else if !buried.contains(schedule.name) {
                    _ = try transition.insert(schedule, by: .daemon, at: instant)
                    sync.added.append(schedule.name)
                }
            }
            let names = Set(wanted.map(\.name))
            for (name, stored) in present.sorted(by: { $0.key < $1.key })
            where stored.definition.source == .settings && !names.contains(name) {
                try transition.delete(stored, by: .daemon, at: instant)
                sync.removed.append(name)
            }
            try transition.record(sync, at: instant)
            return sync
        }
    }

    /// Has schedules follow the settings again, once `syncSettingsSchedules` is called next: what an admin removed comes
    /// back, what an admin changed is made as the settings say.
    ///
    /// - Parameter names: of schedules that the settings name.
    /// - Returns: those that didn't follow them.
    @discardableResult
    package func resetSchedules(_ names: Set<String>, by actor: Actor, at instant: Instant) throws -> Set<String> {
        try transition { transition in
            let reset = try names.sorted().filter { name in
                let dug = try transition.execute("DELETE FROM schedule_tombstones WHERE name = ?", [name])
                let given = try transition.execute(
                    """
                    UPDATE schedules SET source = 'settings', changed_at = ?, changed_uid = ?, changed_name = ?
                    WHERE name = ? AND source = 'admin'
                    """, [instant.microseconds, actor.uid, actor.name, name])
                guard dug + given > 0 else { return false }
                try transition.record(
                    .scheduleChanged, "schedule \(name) follows the settings again", by: actor, at: instant)
                return true
            }
            return Set(reset)
        }
    }
}

extension Transition {
    fileprivate func buriedNames() throws -> Set<String> {
        Set(try String.fetchAll(database, sql: "SELECT name FROM schedule_tombstones"))
    }

    fileprivate func record(_ sync: ScheduleSync, at instant: Instant) throws {
        for name in sync.added {
            try record(.scheduleAdded, "added schedule \(name) by the settings", by: .daemon, at: instant)
        }
        for name in sync.changed {
            try record(.scheduleChanged, "changed schedule \(name) by the settings", by: .daemon, at: instant)
        }
    }
}
