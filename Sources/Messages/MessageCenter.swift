package import Catalog
package import Model
import Platform
import Synchronization

/// Where everybody learns what happened: the text log, the journal, and whoever follows live.
///
/// Messages themselves are recorded in the catalog, with the transition that caused them; what happens here follows from
/// that, in the order of their ids. Followers hear of a message right after its commit; log and journal are written by a
/// thread of their own.
package final class MessageCenter: Sendable {
    package let catalog: Catalog
    private let followers = Followers()
    private let running = Mutex<[RunID: RunProgress]>([:])
    private let bell = Bell()
    private let worker: Worker

    /// - Parameters:
    ///   - logPath: of the text log, in a folder that exists; nil writes none.
    ///   - journalPath: of the journal's socket; nil, or nobody listening there, sends nothing.
    ///   - zone: seconds east of UTC for the times in the log.
    ///   - failed: hears why log or catalog could not be used, each time it is tried.
    package init(
        catalog: Catalog, logPath: String?, journalPath: String? = "/run/systemd/journal/socket",
        zone: @escaping @Sendable (Instant) -> Int = { LocalZone.offsetSeconds(at: $0) },
        now: @escaping @Sendable () -> Instant = { WallClock.now() },
        failed: @escaping @Sendable (Fault) -> Void = { _ in }
    ) {
        self.catalog = catalog
        worker = Worker(
            catalog: catalog, logPath: logPath, journalPath: journalPath, zone: zone, now: now, failed: failed)
    }

    /// Takes over the catalog's observer, replays what log and journal have not got yet, and goes on until `stop()`.
    package func start() throws {
        catalog.observe { [followers, bell] messages in
            followers.publish(messages)
            bell.ring()
        }
        followers.begin(at: try catalog.newestMessage())
        worker.start(bell)
    }

    /// Delivers what there is, then ends; live streams end too.
    package func stop() {
        followers.finish()
        bell.close()
    }

    /// Looks at the text log, after it was rotated, and makes a new one if there is none.
    package func reopenLog() { bell.ring(reopening: true) }

    /// Waits until everything recorded before this call was delivered, or could not be for now.
    package func flush() { bell.waitUntilAnswered() }

    /// Follows live; see `Follower` for how to get earlier messages without a gap.
    ///
    /// - Parameter limit: events that may wait for a slow follower before it is dropped with `missed`.
    package func follow(limit: Int = 1024) -> Follower { followers.add(limit: limit) }

    /// The place where a run tells its progress.
    package func reportProgress(
        of run: Run, clock: @escaping @Sendable () -> Duration = { BootClock.now() }
    ) -> ProgressReporter {
        ProgressReporter(
            run, clock: clock,
            publish: { [weak self] progress in self?.publish(progress) },
            end: { [weak self] id in _ = self?.running.withLock { $0.removeValue(forKey: id) } })
    }

    /// How far every run under way is, by run.
    package func progress() -> [RunProgress] {
        running.withLock { $0.values.sorted { $0.run < $1.run } }
    }

    private func publish(_ progress: RunProgress) {
        running.withLock { $0[progress.run] = progress }
        followers.publish(progress)
    }
}
