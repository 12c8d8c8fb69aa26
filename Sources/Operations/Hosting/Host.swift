package import Catalog
import Foundation
package import Messages
package import Model
import Platform
package import Policies
package import Settings
import Synchronization

/// The machine this daemon serves: its settings, catalog, repository, message center and the runs at work.
///
/// The verbs are extensions, one a file. They block; `HostService` calls them from threads of their own.
package final class Host: Sendable {
    package let catalog: Catalog
    package let board = RunBoard()
    package let queue: RunQueue
    package let repositories: RepositoryDoor
    package let center: MessageCenter
    package let timing = Timetable()
    let zone = ZoneKeeper()
    let tending = Tending()
    let gate = DiscoveryGate()
    /// Why the settings on disk were not put in force at the last reload.
    let refusedSettings = Mutex<Fault?>(nil)
    /// By server: what would help where one doesn't answer.
    let remedies = Mutex<[String: String]>([:])
    let closed: ClosedDatabases
    /// By server: databases that a restored backup brought back closed, as they were seen last.
    let leftClosed = Mutex<[String: Set<DatabaseName>]>([:])
    let following = Following()
    let damage = DamageMemory()
    let maintenance = MaintenanceRoster()
    let cancellations = Mutex<[Int64: Cancellation]>([:])
    /// When each run at work last moved, by the boot clock.
    let heartbeats = Mutex<[Int64: Duration]>([:])

    /// Tells the service log what neither message center nor catalog can take.
    let report: @Sendable (Fault) -> Void
    private let current: Mutex<Configuration>
    private let passing = Mutex(Passing(read: { Host.read() }))

    package init(
        configuration: Configuration, catalog: Catalog, repositories: RepositoryDoor, center: MessageCenter,
        report: @escaping @Sendable (Fault) -> Void
    ) {
        self.report = report
        self.catalog = catalog
        self.repositories = repositories
        self.center = center
        closed = ClosedDatabases(configuration.settings.closedFolder)
        queue = RunQueue(parallel: configuration.settings.backup.parallel)
        current = Mutex(configuration)
    }

    package var configuration: Configuration { current.withLock { $0 } }
    package var settings: DaemonSettings { configuration.settings }

    /// Puts other settings in force for whatever starts from now on.
    package func use(_ configuration: Configuration) {
        current.withLock { $0 = configuration }
        queue.parallel = configuration.settings.backup.parallel
        repositories.use(configuration.settings.repository)
    }

    /// A closure by itself would be wrapped once more by every look through the lock, until the stack is too short.
    private struct Passing {
        var read: @Sendable () -> ClockReading
    }

    /// Both clocks, now.
    package var clock: ClockReading { Self.read() }

    private static func read() -> ClockReading {
        ClockReading(sinceBoot: BootClock.now(), bootID: BootClock.bootID, wall: WallClock.now())
    }

    /// Both clocks as maintenance goes by them; a test lets its own time pass.
    package var maintenanceClock: @Sendable () -> ClockReading {
        get { passing.withLock { $0.read } }
        set {
            passing.withLock { $0.read = newValue }
            maintenance.look()
        }
    }

    /// Says something in the message center that belongs to no other transition; in the service log when the catalog
    /// can't take it.
    func say(_ drafts: [MessageDraft]) {
        guard !drafts.isEmpty else { return }
        do {
            try catalog.record(drafts, at: WallClock.now())
        } catch {
            report(Fault.wrapping(error))
            for draft in drafts { report(Fault(draft.code, draft.text, hint: draft.hint)) }
        }
    }
}
