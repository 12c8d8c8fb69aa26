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
        /// Why there was nothing to do, as far as the parts say so.
        var skips: [String] = []
        var hadWork = false
        var ended: Set<String> = []
    }

    let start: OccurrenceStart
    private let state: Mutex<State>
    private let finished: @Sendable (OccurrenceID, OccurrenceEnding) -> Void

    /// - Parameter parts: that will end by `end`, the beginning being one; runs add themselves while it lasts.
    init(
        _ start: OccurrenceStart, parts: Int,
        finished: @escaping @Sendable (OccurrenceID, OccurrenceEnding) -> Void
    ) {
        self.start = start
        self.finished = finished
        state = Mutex(State(parts: parts))
    }

    /// A run belongs to the attempt; it ends by `end(_:isStopping:)`.
    func add(_ run: RunID) {
        state.withLock { state in
            state.parts += 1
            state.runs.append(run)
        }
    }

    /// A run that belongs to the attempt, which doesn't wait for it.
    func note(_ run: RunID) { state.withLock { $0.runs.append(run) } }

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

    /// A part that is no run has ended; `skip` says why it did nothing.
    func end(problem: Fault? = nil, skip: String? = nil) {
        close { state in
            if let problem { state.problems.append(problem.message) }
            if let skip { state.skips.append(skip) } else { state.hadWork = true }
        }
    }

    /// The part of a server has ended; only the first call counts.
    func end(server: String, problem: Fault? = nil, skip: String? = nil) {
        guard state.withLock({ $0.ended.insert(server).inserted }) else { return }
        end(problem: problem, skip: skip)
    }

    /// Whether the part of a server has ended, perhaps because it took too long.
    func hasEnded(server: String) -> Bool { state.withLock { $0.ended.contains(server) } }

    /// A run of the attempt has ended.
    ///
    /// - Parameter isStopping: the daemon ends: what it cut off stays open, and is done by the next start.
    func end(_ run: Wire::Run?, isStopping: Bool) {
        close { state in
            switch run?.state {
            case .succeeded: break
            case _ where isStopping: state.isCutOff = true
            case .skipped:
                // Another run of the same unit stands for it.
                break
            case .cancelled:
                state.problems.append(run?.fault?.message ?? "a run was cancelled")
                state.isRetryable = false
            default: state.problems.append(run.map(Self.problem) ?? "a run did not end well")
            }
        }
    }

    /// What a command printed is in the message of its run.
    private static func problem(_ run: Wire::Run) -> String {
        let outcome = run.kind == .command ? run.outcome : nil
        return outcome ?? run.fault?.message ?? "a run did not end well"
    }

    private func close(_ note: (inout State) -> Void) {
        let ending: OccurrenceEnding? = state.withLock { state in
            note(&state)
            state.parts -= 1
            guard state.parts == 0, !state.isCutOff else { return nil }
            guard let first = state.problems.first else {
                if !state.hadWork, state.runs.isEmpty, let skip = state.skips.first { return .skipped(reason: skip) }
                return .succeeded(runs: state.runs)
            }
            let others = state.problems.count - 1
            let reason = others == 0 ? first : "\(first), and \(others) more"
            return .failed(reason: reason, retryable: state.isRetryable, runs: state.runs)
        }
        if let ending { finished(start.occurrence.id, ending) }
    }
}
