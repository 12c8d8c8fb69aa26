import Catalog
import Model
import Scheduling
import Synchronization
import Wire

/// Schedules that are known to cover no database, by number, with the scope they had when it was told.
final class EmptySchedules: Sendable {
    /// Nil until it has been recalled.
    fileprivate let told = Mutex<[String: [String]]?>(nil)
}

extension Host {
    private static let memory = "schedule-empty"

    /// Says once that a schedule has nothing to do, and again when its scope changed or it had something meanwhile.
    func note(_ start: OccurrenceStart, covers isCovered: Bool) {
        let (schedule, number) = (start.schedule, "\(start.occurrence.schedule)")
        do {
            let isNews = try emptySchedules.told.withLock { told in
                let before = try told ?? catalog.recall(Self.memory, as: [String: [String]].self) ?? [:]
                var now = before
                now[number] = isCovered ? nil : schedule.scope
                if now != before { try catalog.remember(now, as: Self.memory) }
                told = now
                return now != before && !isCovered
            }
            guard isNews else { return }
            let scope = schedule.scope.isEmpty ? "" : " by its scope \(schedule.scope.joined(separator: ", "))"
            say([
                MessageDraft(
                    .warning, .scheduleEmpty, "schedule \(schedule.name) came due, but covers no database\(scope)",
                    hint: "correct its scope with `holdfast schedules edit \(schedule.name) --scope`, or remove it")
            ])
        } catch {
            report(Fault.wrapping(error))
        }
    }

    /// Databases that exist and that a schedule covers; that there is none is told.
    func noteCovered(by start: OccurrenceStart) throws -> [DatabaseRecord] {
        let records = try covered(by: start.schedule)
        note(start, covers: !records.isEmpty)
        return records
    }
}
