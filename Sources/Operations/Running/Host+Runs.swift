import Catalog
import Messages
import Model
import Platform
import Synchronization
import Wire

/// How a run's work ended: for the catalog, for the message center and for whoever watches the run.
struct RunEnding {
    var outcome: RunOutcome
    var findings = RunFindings()
    var messages: [MessageDraft] = []
    /// Fills in the result on the board.
    var show: (inout Wire::Run) -> Void = { _ in }

    /// A fault as an ending, told by the message `code`.
    static func failure(_ fault: Fault, _ code: Code, _ text: String) -> RunEnding {
        let isCancelled = fault.code == .interrupted
        let message = MessageDraft(
            isCancelled ? .warning : .error, code, "\(text): \(fault.message)", cause: fault.cause, hint: fault.hint)
        return RunEnding(outcome: isCancelled ? .cancelled(fault) : .failed(fault), messages: [message])
    }
}

extension Host {
    /// Runs that have been recorded start when the queue lets them.
    ///
    /// - Parameters:
    ///   - started: recorded with the start.
    ///   - work: called on a thread of its own; what it throws ends the run by `failed`.
    ///   - ended: called once, whatever becomes of the run, unless the daemon stops before.
    func start(
        _ run: Catalog::Run, priority: QueueMachine.Priority, started: [MessageDraft] = [],
        work: @escaping @Sendable (RunContext) throws -> RunEnding,
        failed: @escaping @Sendable (Fault) -> RunEnding, ended: @escaping @Sendable () -> Void = {}
    ) {
        board.add(Wire::Run(run))
        let cancellation = Cancellation()
        cancellations.withLock { $0[run.id] = cancellation }
        let unit = run.request.isExclusive ? run.request.unit?.description : nil
        let item = QueueMachine.Item(run: String(run.id), unit: unit, priority: priority)
        let isQueued = queue.submit(item) { [self] in
            defer {
                cancellations.withLock { $0[run.id] = nil }
                heartbeats.withLock { $0[run.id] = nil }
                if board.active.isEmpty { Memory.giveBack() }
                ended()
            }
            execute(run, started: started, cancellation: cancellation, work: work, failed: failed)
        }
        if !isQueued { ended() }
    }

    private func execute(
        _ queued: Catalog::Run, started: [MessageDraft], cancellation: Cancellation,
        work: (RunContext) throws -> RunEnding, failed: (Fault) -> RunEnding
    ) {
        let id = String(queued.id)
        do {
            guard case .claimed(let run) = try catalog.claimRun(queued.id, at: WallClock.now(), messages: started)
            else {
                return
            }
            board.update(id) { $0 = Wire::Run(run) }
            let progress = center.reportProgress(of: run)
            let context = RunContext(run, host: self, progress: progress, cancellation: cancellation)
            let ending: RunEnding
            do { ending = try work(context) } catch { ending = failed(Fault.wrapping(error)) }
            context.finish()
            try catalog.finishRun(
                run.id, ending.outcome, at: clock, findings: ending.findings, messages: ending.messages)
            let final = try catalog.run(run.id) ?? run
            board.update(id) { board in
                board = Wire::Run(final)
                board.outcome = ending.messages.last?.text
                ending.show(&board)
            }
        } catch {
            // The catalog can't be written: the run's own result is safe in the repository and is taken in at the next
            // start; who waits for the run must not wait for ever.
            let fault = Fault.wrapping(error)
            board.update(id) { board in
                board.state = .failed
                board.finished = WallClock.now()
                board.fault = ProblemObject(fault)
            }
        }
    }
}
