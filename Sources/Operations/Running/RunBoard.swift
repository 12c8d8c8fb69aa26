import Foundation
import Synchronization
package import Wire

/// The runs that wait or work and the last ones that ended, with live progress and those who watch them.
///
/// Memory only: the catalog has every run's transitions for good.
package final class RunBoard: Sendable {
    private struct State {
        var runs: [String: Run] = [:]
        var order: [String] = []
        /// How many of the runs have ended.
        var ended = 0
        var watchers: [String: [UUID: AsyncStream<Run>.Continuation]] = [:]
        var listeners: [AsyncStream<Void>.Continuation] = []
    }

    /// Ended runs kept at least; up to twice as many, so that forgetting costs each new run next to nothing.
    private static let endedKept = 200
    private let state = Mutex(State())

    package init() {}

    package func add(_ run: Run) {
        state.withLock { state in
            if let old = state.runs.updateValue(run, forKey: run.id) {
                if old.state.isFinal { state.ended -= 1 }
            } else {
                state.order.append(run.id)
            }
            if run.state.isFinal { state.ended += 1 }
            Self.forgetOld(&state)
            for listener in state.listeners { listener.yield() }
        }
    }

    /// Changes a run and tells its watchers; they see the final state always, steps in between when they keep up.
    @discardableResult
    package func update(_ id: String, _ change: (inout Run) -> Void) -> Run? {
        state.withLock { state in
            guard var run = state.runs[id] else { return nil }
            let wasFinal = run.state.isFinal
            change(&run)
            state.runs[id] = run
            state.ended += (run.state.isFinal ? 1 : 0) - (wasFinal ? 1 : 0)
            let watchers = state.watchers[id] ?? [:]
            for watcher in watchers.values { watcher.yield(run) }
            for listener in state.listeners { listener.yield() }
            if run.state.isFinal {
                state.watchers[id] = nil
                for watcher in watchers.values { watcher.finish() }
            }
            return run
        }
    }

    package func run(_ id: String) -> Run? { state.withLock { $0.runs[id] } }

    /// Runs that wait or work, oldest first.
    package var active: [Run] {
        state.withLock { state in state.order.compactMap { state.runs[$0] }.filter { !$0.state.isFinal } }
    }

    /// Identifiers of the runs at work.
    package var working: [String] {
        state.withLock { state in state.order.filter { state.runs[$0]?.state == .running } }
    }

    /// The run now and after each step, up to its end; nil when it isn't on the board.
    package func follow(_ id: String) -> AsyncStream<Run>? {
        let (stream, continuation) = AsyncStream.makeStream(of: Run.self, bufferingPolicy: .bufferingNewest(1))
        return state.withLock { state in
            guard let run = state.runs[id] else { return nil }
            continuation.yield(run)
            guard !run.state.isFinal else {
                continuation.finish()
                return stream
            }
            let watcher = UUID()
            state.watchers[id, default: [:]][watcher] = continuation
            // A finished stream has left the list already, and its end is told under the lock.
            continuation.onTermination = { [weak self] reason in
                if case .cancelled = reason { self?.unwatch(id, watcher) }
            }
            return stream
        }
    }

    /// Something about the runs has changed since the last look; for as long as the board lives.
    package func changes() -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        state.withLock { $0.listeners.append(continuation) }
        return stream
    }

    private func unwatch(_ id: String, _ watcher: UUID) {
        state.withLock { state in
            state.watchers[id]?[watcher] = nil
            if state.watchers[id]?.isEmpty == true { state.watchers[id] = nil }
        }
    }

    private static func forgetOld(_ state: inout State) {
        guard state.ended > 2 * endedKept else { return }
        let ended = state.order.filter { state.runs[$0]?.state.isFinal ?? true }
        let old = Set(ended.prefix(ended.count - endedKept))
        state.order.removeAll { old.contains($0) }
        for id in old { state.runs[id] = nil }
        state.ended = ended.count - old.count
    }
}
