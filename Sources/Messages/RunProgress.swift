package import Catalog
package import Model
import Synchronization

/// How far a run is right now; never stored.
package struct RunProgress: Sendable, Equatable {
    package var run: RunID
    package var kind: RunKind
    package var database: DatabaseName?
    /// What it is doing, in a word or two, such as `reading`.
    package var phase: String
    package var done: ByteCount
    package var total: ByteCount?
    /// From 0 to 1.
    package var fraction: Double?
    package var bytesPerSecond: Double
    package var remaining: Duration?
}

/// Where a run tells how far it is; may be called from several threads and as often as one likes.
///
/// Followers hear of it four times a second at most.
package final class ProgressReporter: Sendable {
    private struct State {
        var meter: ProgressMeter
        var phase = ""
        var published: Duration?
    }

    private let run: Run
    private let clock: @Sendable () -> Duration
    private let publish: @Sendable (RunProgress) -> Void
    private let end: @Sendable (RunID) -> Void
    private let state: Mutex<State>

    init(
        _ run: Run, clock: @escaping @Sendable () -> Duration, publish: @escaping @Sendable (RunProgress) -> Void,
        end: @escaping @Sendable (RunID) -> Void
    ) {
        self.run = run
        self.clock = clock
        self.publish = publish
        self.end = end
        state = Mutex(State(meter: ProgressMeter(startedAt: clock())))
    }

    deinit { end(run.id) }

    /// Begins a part of the work, from nothing done.
    package func begin(_ phase: String, total: ByteCount?) {
        update(always: true) { state, now in
            state.phase = phase
            state.meter = ProgressMeter(total: total, startedAt: now)
        }
    }

    package func advance(by bytes: ByteCount) {
        update(always: false) { state, now in state.meter.advance(to: state.meter.done + bytes, at: now) }
    }

    /// The run is over; it has no progress any more.
    package func finish() { end(run.id) }

    /// Publishes under the lock, so that what followers see never goes back.
    private func update(always: Bool, _ change: (inout State, Duration) -> Void) {
        state.withLock { state in
            let now = clock()
            change(&state, now)
            let isDue = state.published.map { now - $0 >= .milliseconds(250) } ?? true
            guard always || isDue else { return }
            state.published = now
            publish(progress(state))
        }
    }

    private func progress(_ state: State) -> RunProgress {
        let meter = state.meter
        return RunProgress(
            run: run.id, kind: run.request.kind, database: run.request.database, phase: state.phase, done: meter.done,
            total: meter.total, fraction: meter.fraction, bytesPerSecond: meter.rate, remaining: meter.remaining)
    }
}
