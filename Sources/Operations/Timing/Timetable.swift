package import Catalog
import Model
import Platform
import Policies
import Scheduling
import Settings
import Synchronization

/// The scheduler of a host, once it has been started.
package final class Timetable: Sendable {
    private let scheduler = Mutex<Scheduler?>(nil)

    init() {}

    func begin(_ scheduler: Scheduler) throws {
        self.scheduler.withLock { $0 = scheduler }
        try scheduler.start()
    }

    /// Takes in what changed in the catalog.
    func reload(newZone: Bool = false) { scheduler.withLock { $0 }?.reload(newBeats: newZone) }

    /// How every schedule stands, in order of name; empty before the start.
    func status() -> [ScheduleStatus] {
        guard let scheduler = scheduler.withLock({ $0 }) else { return [] }
        // While the catalog can't be read, what was known is shown.
        try? scheduler.refresh()
        return scheduler.status()
    }

    /// - Throws: `not-found`, `busy`.
    func runNow(_ name: String, by actor: Actor) throws -> ClaimedOccurrence {
        guard let scheduler = scheduler.withLock({ $0 }) else {
            throw Fault(.busy, "the daemon is starting", hint: "ask again in a moment")
        }
        return try scheduler.runNow(name, by: actor)
    }

    /// Nothing starts any more.
    package func stop() { scheduler.withLock { $0 }?.stop() }
}

extension Catalog::Catalog: ScheduleLedger {}

extension Host {
    /// Takes the schedules of the settings into the catalog and starts the scheduler.
    package func startTiming() throws {
        try syncSchedules()
        // Before anything is deleted.
        try observeClock()
        try catalog.awaitAnswers(try discoveryTerms())
        try markRemovedServers()
        let scheduler = Scheduler(
            ledger: catalog, work: self, clock: { [self] in clock },
            beats: { [self] schedule in RecurrenceBeat(try .of(schedule, daemonZone: try daemonZone())) },
            rang: { [weak self] in self?.tend() })
        try timing.begin(scheduler)
    }

    /// Makes the schedules that follow the settings as these say now.
    func syncSchedules() throws {
        _ = try catalog.syncSettingsSchedules(settings.defaultSchedules, at: WallClock.now())
        timing.reload()
    }
}
