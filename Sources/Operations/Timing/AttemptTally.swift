import Catalog
import Model
import Scheduling
import Synchronization
import Wire

/// Gathers how the parts of an attempt end, and tells the ending once, when all have.
final class AttemptTally: Sendable {
    private struct State {
        var parts: Int
        var runs: [Int64] = []
        var problems: [String] = []
        var isRetryable = true
        var isCutOff = false
        var isEmpty = true
    }

    let start: OccurrenceStart
    private let state: Mutex<State>
    private let covered: @Sendable (Bool) -> Void
    private let finished: @Sendable (OccurrenceID, OccurrenceEnding) -> Void

    /// - Parameters:
    ///   - parts: that will end by `end`, the beginning being one; runs add themselves while it lasts.
    ///   - covered: hears before the ending whether there was anything to do, as far as parts told by `cover`.
    init(
        _ start: OccurrenceStart, parts: Int, covered: @escaping @Sendable (Bool) -> Void = { _ in },
        finished: @escaping @Sendable (OccurrenceID, OccurrenceEnding) -> Void
    ) {
        self.start = start
        self.covered = covered
        self.finished = finished
        state = Mutex(State(parts: parts))
    }

    /// The schedule covers a database, or may cover one that can't be seen now.
    func cover() { state.withLock { $0.isEmpty = false } }

    /// A run belongs to the attempt; it ends by `end(_:isStopping:)`.
    func add(_ run: RunID) {
        state.withLock { state in
            state.parts += 1
            state.runs.append(run)
        }
    }

    /// Begins a run that may have ended before `request` returns.
    func add(_ request: () throws -> Wire::Run) throws {
        state.withLock { $0.parts += 1 }
        do {
            let run = try request()
            state.withLock { state in if let id = Int64(run.id) { state.runs.append(id) } }
        } catch {
            state.withLock { $0.parts -= 1 }
            throw error
        }
    }

    /// A part that is no run has ended.
    func end(problem: Fault? = nil) {
        close { state in
            guard let problem else { return }
            state.problems.append(problem.message)
        }
    }

    /// A run of the attempt has ended.
    ///
    /// - Parameter isStopping: the daemon ends: what it cut off stays open, and is done by the next start.
    func end(_ run: Wire::Run?, isStopping: Bool) {
        close { state in
            switch run?.state {
            case .succeeded: break
            case .skipped where !isStopping:
                // Another run of the same unit stands for it.
                break
            case .cancelled where !isStopping:
                state.problems.append(run?.fault?.message ?? "a run was cancelled")
                state.isRetryable = false
            case .failed where !isStopping:
                state.problems.append(run?.fault?.message ?? "a run failed")
            default: state.isCutOff = true
            }
        }
    }

    private func close(_ note: (inout State) -> Void) {
        let ended: (ending: OccurrenceEnding, isEmpty: Bool)? = state.withLock { state in
            note(&state)
            state.parts -= 1
            guard state.parts == 0, !state.isCutOff else { return nil }
            return (Self.ending(of: state), state.isEmpty)
        }
        guard let ended else { return }
        covered(!ended.isEmpty)
        finished(start.occurrence.id, ended.ending)
    }

    private static func ending(of state: State) -> OccurrenceEnding {
        guard let first = state.problems.first else { return .succeeded(runs: state.runs) }
        let others = state.problems.count - 1
        let reason = others == 0 ? first : "\(first), and \(others) more"
        return .failed(reason: reason, retryable: state.isRetryable, runs: state.runs)
    }
}
