import GRDB
package import Model
package import Policies

/// What came of the attempt to claim a queued run.
package enum Claim: Sendable, Equatable {
    case claimed(Run)
    /// Somebody else has it, or it has ended.
    case notQueued
    /// An exclusive run of the same unit is under way; the run stays queued.
    case waits(for: RunID)
}

extension Catalog {
    /// Queues runs, all in one transaction. Each succeeds or is refused on its own.
    ///
    /// - Parameter cooldown: applies to on-demand backups.
    /// - Returns: in the order of `requests`: the run, or `in-cooldown` (with `retry_after_seconds`), or `busy` when an
    ///   on-demand backup of the same unit is under way already (with `run`).
    package func enqueue(
        _ requests: [RunRequest], at clock: ClockReading, cooldown: Cooldown? = nil
    ) throws -> [Result<Run, Fault>] {
        try transition { transition in
            try requests.map { request in
                if let refusal = try transition.refusal(of: request, at: clock, cooldown: cooldown) {
                    return .failure(refusal)
                }
                return .success(try transition.queue(request, at: clock.wall))
            }
        }
    }

    /// Starts a queued run.
    ///
    /// - Parameter messages: recorded only when it was claimed; what they leave open is taken from the run.
    package func claimRun(_ id: RunID, at instant: Instant, messages: [MessageDraft] = []) throws -> Claim {
        try transition { try $0.claim(id, at: instant, messages: messages) }
    }

    /// Queues and starts a run at once.
    ///
    /// - Throws: `in-cooldown`, or `busy` when another exclusive run of the unit is under way; then nothing is recorded.
    package func beginRun(
        _ request: RunRequest, at clock: ClockReading, cooldown: Cooldown? = nil, messages: [MessageDraft] = []
    ) throws -> Run {
        try transition { transition in
            if let refusal = try transition.refusal(of: request, at: clock, cooldown: cooldown) { throw refusal }
            let queued = try transition.queue(request, at: clock.wall)
            switch try transition.claim(queued.id, at: clock.wall, messages: messages) {
            case .claimed(let run): return run
            case .waits(let other): throw RunRefusal.busy(request, other)
            case .notQueued: throw Fault(.internalError, "run \(queued.id) vanished")
            }
        }
    }

    /// Ends a run that is queued or running; outcome, findings, cooldown and messages are one transaction.
    ///
    /// A successful backup clears the database's fault, a failed one sets it; a successful on-demand backup starts the
    /// cooldown.
    ///
    /// - Returns: false when it had ended before; then nothing is recorded.
    @discardableResult
    package func finishRun(
        _ id: RunID, _ outcome: RunOutcome, at clock: ClockReading, findings: RunFindings = RunFindings(),
        messages: [MessageDraft]
    ) throws -> Bool {
        try transition {
            try $0.finish(id, outcome, at: clock, findings: findings, messages: messages)
        }
    }

    /// Cancels a run that has not started.
    ///
    /// - Returns: false when it is not queued any more.
    package func cancelQueuedRun(
        _ id: RunID, _ fault: Fault, at clock: ClockReading, messages: [MessageDraft]
    ) throws -> Bool {
        try transition { transition in
            guard try transition.run(id)?.state == .queued else { return false }
            return try transition.finish(
                id, .cancelled(fault), at: clock, findings: RunFindings(), messages: messages)
        }
    }

    /// Ends what a daemon that is no more left open: call it at start, before any run is queued.
    ///
    /// - Parameter verdict: what became of a run that was under way, when that can be told, for example from the
    ///   repository; nil closes it as failed with `interrupted`. Runs that had not started are skipped.
    /// - Returns: the runs, as they were found.
    @discardableResult
    package func closeInterruptedRuns(
        at clock: ClockReading, verdict: (Run) throws -> (outcome: RunOutcome, findings: RunFindings)? = { _ in nil }
    ) throws -> [Run] {
        let open = try runs(RunQuery(states: [.queued, .running], limit: .max))
        let endings = try open.map { run in
            (run: run, ending: run.state == .running ? try verdict(run) : nil)
        }
        return try transition { transition in
            for (run, ending) in endings {
                let outcome = ending?.outcome ?? RunRefusal.interrupted(run)
                try transition.finish(
                    run.id, outcome, at: clock, findings: ending?.findings ?? RunFindings(),
                    messages: [RunRefusal.message(run, outcome)])
            }
            return open
        }
    }
}

/// The words for runs that are refused or were cut off.
private enum RunRefusal {
    static func busy(_ request: RunRequest, _ other: RunID) -> Fault {
        Fault(
            .busy, "\(request.database?.text ?? "the database") is busy with run \(other)",
            hint: "`holdfast runs wait \(other)` waits for its end", context: ["run": "\(other)"])
    }

    static func interrupted(_ run: Run) -> RunOutcome {
        let about = run.request.database.map { " of \($0)" } ?? ""
        let what = "\(run.request.kind.rawValue)\(about)"
        return run.state == .running
            ? .failed(
                Fault(
                    .interrupted, "\(what) was interrupted by the end of the daemon",
                    hint: "nothing to mend; ask for it again, or wait for the next scheduled one"))
            : .skipped(
                Fault(
                    .interrupted, "\(what) did not start before the daemon ended",
                    hint: "ask for it again, or wait for the next scheduled one"))
    }

    static func message(_ run: Run, _ outcome: RunOutcome) -> MessageDraft {
        if let fault = outcome.fault { return MessageDraft(run.state == .running ? .error : .warning, fault) }
        let about = run.request.database.map { " of \($0)" } ?? ""
        return MessageDraft(
            .success, run.request.kind.successCode,
            "\(run.request.kind.rawValue)\(about) had succeeded before the daemon ended")
    }
}

extension RunKind {
    fileprivate var successCode: Code {
        switch self {
        case .backup: .backupSucceeded
        case .restore: .restoreSucceeded
        case .verify: .verifySucceeded
        case .download: .backupDownloaded
        case .drill: .drillSucceeded
        case .prune: .pruneSucceeded
        case .command: .commandSucceeded
        case .message: .scheduledMessage
        }
    }
}

extension Transition {
    func refusal(of request: RunRequest, at clock: ClockReading, cooldown: Cooldown?) throws -> Fault? {
        guard request.isOnDemandBackup, let unit = request.unit else { return nil }
        let other = try row(
            """
            SELECT id FROM runs INDEXED BY runs_open
            WHERE state IN ('queued', 'running') AND unit = ? AND kind = 'backup' AND origin = 'on-demand'
            """, [unit.description])
        if let other { return RunRefusal.busy(request, other["id"]) }
        guard let remaining = try cooldown?.remaining(since: cooldownStart(of: unit), now: clock) else { return nil }
        let seconds = Int64(remaining.inSeconds.rounded(.up))
        return Fault(
            .inCooldown,
            "\(request.database?.text ?? "the database") is in cooldown for another \(DurationText.text(.seconds(seconds)))",
            hint: "the next on-demand backup is possible then; scheduled backups go on meanwhile",
            context: [
                "retry_after_seconds": "\(seconds)", "cooldown_ends": (clock.wall + .seconds(seconds)).rfc3339(),
            ])
    }
}
