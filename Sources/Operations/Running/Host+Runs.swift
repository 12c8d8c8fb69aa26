import Catalog
import Foundation
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
    ///   - alone: runs with the same word go one after the other; by default exclusive runs of one unit do.
    ///   - takesPlace: whether it takes one of the places of those that work at once.
    ///   - started: recorded with the start.
    ///   - work: called on a thread of its own; what it throws ends the run by `failed`.
    ///   - ended: called once, whatever becomes of the run.
    func start(
        _ run: Catalog::Run, priority: QueueMachine.Priority, alone: String? = nil, takesPlace: Bool = true,
        started: [MessageDraft] = [],
        work: @escaping @Sendable (RunContext) throws -> RunEnding,
        failed: @escaping @Sendable (Fault) -> RunEnding, ended: @escaping @Sendable () -> Void = {}
    ) {
        board.add(Wire::Run(run))
        let cancellation = Cancellation()
        cancellations.withLock { $0[run.id] = cancellation }
        let unit = run.request.isExclusive ? run.request.unit?.description : nil
        let isOfWindow = run.request.origin == .maintenance
        let item = QueueMachine.Item(
            run: String(run.id), unit: alone ?? unit, priority: priority, takesPlace: takesPlace,
            server: unit == nil || isOfWindow ? nil : run.request.database?.server)
        let leave: @Sendable () -> Void = { [self] in
            cancellations.withLock { $0[run.id] = nil }
            heartbeats.withLock { $0[run.id] = nil }
            ended()
        }
        queue.submit(item, dropped: leave) { [self] in
            execute(run, started: started, cancellation: cancellation, work: work, failed: failed)
            leave()
            if board.active.isEmpty { Memory.giveBack() }
        }
    }

    private func execute(
        _ queued: Catalog::Run, started: [MessageDraft], cancellation: Cancellation,
        work: (RunContext) throws -> RunEnding, failed: (Fault) -> RunEnding
    ) {
        let id = String(queued.id)
        do {
            guard let run = try claim(queued, started) else { return }
            board.update(id) { $0 = Wire::Run(run) }
            let progress = center.reportProgress(of: run)
            let context = RunContext(run, host: self, progress: progress, cancellation: cancellation)
            let ending: RunEnding
            do { ending = try work(context) } catch { ending = failed(Fault.wrapping(error)) }
            context.finish()
            try finish(run, ending)
            let final = try catalog.run(run.id) ?? run
            board.update(id) { board in
                board = Wire::Run(final)
                board.outcome = ending.messages.last?.text
                ending.show(&board)
            }
        } catch {
            // Told in the service log by then. The run's own result is safe in the repository and is taken in at the next
            // start; who waits for the run must not wait for ever.
            close(id, .failed, Fault.wrapping(error))
        }
    }

    /// - Returns: nil when the run can't start; it has been closed then.
    private func claim(_ queued: Catalog::Run, _ started: [MessageDraft]) throws -> Catalog::Run? {
        let id = String(queued.id)
        switch try catalog.claimRun(queued.id, at: WallClock.now(), messages: started) {
        case .claimed(let run): return run
        case .notQueued:
            let run = try catalog.run(queued.id) ?? queued
            board.update(id) { $0 = Wire::Run(run) }
        case .waits(let other):
            let fault = Fault(.busy, "run \(other) works on the same database", hint: "ask again when it has ended")
            try catalog.finishRun(
                queued.id, .skipped(fault), at: clock, messages: [MessageDraft(.warning, fault)])
            close(id, .skipped, fault)
        }
        return nil
    }

    /// Records the end of a run. While the catalog can't take it, as on a full disk, it is tried again until the daemon
    /// stops: a run left open there would keep its database busy.
    private func finish(_ run: Catalog::Run, _ ending: RunEnding) throws {
        var pause = 1.0
        while true {
            do {
                try catalog.finishRun(
                    run.id, ending.outcome, at: clock, findings: ending.findings, messages: ending.messages)
                return
            } catch {
                report(Fault.wrapping(error))
                heartbeats.withLock { $0[run.id] = BootClock.now() }
                if queue.hasStopped { throw error }
                Thread.sleep(forTimeInterval: pause)
                pause = min(30, pause * 2)
            }
        }
    }

    private func close(_ id: String, _ state: Wire::RunState, _ fault: Fault) {
        board.update(id) { board in
            board.state = state
            board.finished = WallClock.now()
            board.fault = ProblemObject(fault)
        }
    }
}
