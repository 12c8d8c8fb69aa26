import Model

/// The handling of one event.
struct MaintenanceTurn {
    var state: MaintenanceState
    let terms: MaintenanceTerms
    var orders: [MaintenanceOrder] = []

    init(state: MaintenanceState, terms: MaintenanceTerms) {
        self.state = state
        self.terms = terms
    }

    var reading: ClockReading { terms.reading }
    var now: Instant { terms.reading.wall }

    mutating func take(_ event: MaintenanceEvent) {
        switch event {
        case .tick: break
        case .clients(let clients): see(clients)
        case .ended(let number, let outcome): end(number, outcome)
        case .leftOut(let omission): leaveOut(omission)
        case .aborted(let actor): abort(by: actor)
        case .requested(let kind): beginOnDemand(kind)
        }
    }

    // MARK: Beginning

    /// Makes a window the one that is under way.
    mutating func begin(_ window: MaintenanceWindow) {
        let first = state.carried.compactMap { kind in window.rule.tasks.first { $0.kind == kind } }
        let rest = window.rule.tasks.filter { !state.carried.contains($0.kind) }
        state.run = MaintenanceRun(window: window, began: reading, queue: first + rest)
        if window.kind == .weekly || window.isOnDemand { start(.close) }
    }

    private mutating func beginOnDemand(_ kind: MaintenanceKind) {
        if let run = state.run {
            guard run.stage == .waiting else { return }
            skip(run.window, .onDemand)
        }
        begin(terms.planner.window(kind, onDemandAt: now))
    }

    /// - Precondition: the window has closed nothing.
    mutating func skip(_ window: MaintenanceWindow, _ reason: MaintenanceSkip.Reason, earlier: Int = 0) {
        if state.run?.window == window { state.run = nil }
        orders.append(.skip(MaintenanceSkip(window, reason, earlier: earlier)))
    }

    private mutating func see(_ clients: [MaintenanceClient]) {
        guard var run = state.run else { return }
        switch run.stage {
        case .waiting:
            let active = clients.filter { $0.idle < run.window.rule.quietTime }.map(\.name)
            run.heldUpBy = active.isEmpty ? run.heldUpBy : active
            let isTime = now >= run.window.start && run.remaining(until: run.window.latestStart, at: reading) >= .zero
            let begins = active.isEmpty && isTime && terms.clockIsTrusted
            if begins { run.began = reading }
            state.run = run
            if begins { start(.close) }
        case .countdown where clients.isEmpty:
            // Nobody is left to count down for, and nobody can come.
            state.run?.allowed = .zero
        default: break
        }
    }

    private mutating func leaveOut(_ omission: MaintenanceOmission) {
        guard let run = state.run, run.isClosed, !run.leftOut.contains(where: { $0.name.isSame(as: omission.name) })
        else {
            return
        }
        state.run?.leftOut.append(omission)
    }

    private mutating func abort(by actor: Actor) {
        guard let run = state.run else { return }
        if run.stage == .waiting {
            skip(run.window, .aborted(by: actor))
        } else if run.ending == nil {
            reopen(.aborted(by: actor))
        } else if run.stage == .pausing {
            start(.reopen)
        }
    }

    // MARK: Steps

    /// Orders a step, of which no other is under way.
    mutating func start(_ step: MaintenanceStep) {
        guard var run = state.run else { return }
        let window = run.window
        run.allowed = limit(of: step, in: run)
        run.stageBegan = reading
        if step == .countdown {
            run.stage = .countdown
            orders.append(.message(window, disconnectIn: run.allowed))
        } else {
            state.lastNumber += 1
            run.stage = .performing(step, number: state.lastNumber)
            orders.append(.perform(step, number: state.lastNumber, within: run.allowed))
        }
        state.run = run
    }

    private func limit(of step: MaintenanceStep, in run: MaintenanceRun) -> Duration {
        let rule = run.window.rule
        let limit =
            switch step {
            case .close, .disconnect: rule.handling
            case .countdown: rule.countdown
            case .backup: run.remaining(until: run.window.workEnd, at: reading)
            case .task(let kind): rule.tasks.first { $0.kind == kind }?.deadline ?? .zero
            case .check: rule.checking
            case .reopen: rule.reopening
            }
        let isBounded = step != .reopen && step != .countdown
        return max(.zero, isBounded ? min(limit, run.remaining(until: run.window.end, at: reading)) : limit)
    }

    private mutating func end(_ number: Int, _ outcome: MaintenanceOutcome) {
        guard case .performing(let step, number)? = state.run?.stage else { return }
        advance(from: step, outcome)
    }

    /// Goes on after a step.
    mutating func advance(from step: MaintenanceStep, _ outcome: MaintenanceOutcome) {
        record(outcome)
        switch step {
        case .close: outcome == .done ? start(.countdown) : reopen(.stopped(step))
        case .countdown: start(.disconnect)
        case .disconnect: outcome == .done ? start(.backup) : reopen(.stopped(step))
        case .backup: startTask(after: step, outcome, state.run?.window.rule.onBackupFailure)
        case .task(let kind):
            let task = state.run?.window.rule.tasks.first { $0.kind == kind }
            state.carried.removeAll { $0 == kind }
            startTask(after: step, outcome, task?.onFailure)
        case .check: reopen(.completed)
        case .reopen: outcome == .done ? finish() : pause(after: outcome)
        }
    }

    /// Starts the next task that fits, else the final check.
    private mutating func startTask(
        after step: MaintenanceStep, _ outcome: MaintenanceOutcome, _ policy: MaintenanceTask.FailurePolicy?
    ) {
        if outcome != .done, policy == .stop { return reopen(.stopped(step)) }
        while var run = state.run, !run.queue.isEmpty {
            let task = run.queue.removeFirst()
            let fits = task.deadline <= run.remaining(until: run.window.workEnd, at: reading)
            if !fits { run.undone.append(task.kind) }
            state.run = run
            if fits { return start(.task(task.kind)) }
        }
        start(.check)
    }

    /// Puts down how the step under way, if any, ended.
    mutating func record(_ outcome: MaintenanceOutcome) {
        guard var run = state.run, let step = run.step else { return }
        let began = run.moment(run.stageBegan)
        let latestEnd = step == .reopen ? run.window.end : began + run.allowed
        run.steps.append(
            .init(step: step, latestEnd: latestEnd, began: began, ended: run.moment(reading), outcome: outcome))
        run.stage = .pausing
        state.run = run
    }
}
