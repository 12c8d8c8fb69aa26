import Catalog
import Messages
import Model
import Platform
import Synchronization
import Wire

/// What a run's work has at hand: where it tells how far it is, and where it learns that it is to stop.
final class RunContext: Sendable {
    let host: Host
    let run: Catalog::Run
    private let progress: ProgressReporter
    private let cancellation: Cancellation
    private let shown = Mutex(Duration.zero)

    init(_ run: Catalog::Run, host: Host, progress: ProgressReporter, cancellation: Cancellation) {
        self.run = run
        self.host = host
        self.progress = progress
        self.cancellation = cancellation
    }

    /// A part of the work begins, from nothing done.
    func begin(_ phase: String, total: ByteCount?) {
        progress.begin(phase, total: total)
        show()
    }

    /// - Throws: `interrupted` once the run has been asked to stop.
    func advance(by bytes: Int) throws {
        try cancellation.check()
        progress.advance(by: ByteCount(bytes))
        let now = BootClock.now()
        let isDue = shown.withLock { shown in
            guard now - shown >= .milliseconds(200) else { return false }
            shown = now
            return true
        }
        if isDue { show() }
    }

    /// For work that can't tell how far it is.
    /// - Returns: false once the run has been asked to stop.
    func goesOn() -> Bool {
        host.heartbeats.withLock { $0[run.id] = BootClock.now() }
        return (try? cancellation.check()) != nil
    }

    func finish() { progress.finish() }

    private func show() {
        host.heartbeats.withLock { $0[run.id] = BootClock.now() }
        guard let progress = host.center.progress().first(where: { $0.run == run.id }) else { return }
        host.board.update(String(run.id)) { $0.progress = Wire::Progress(progress) }
    }
}
