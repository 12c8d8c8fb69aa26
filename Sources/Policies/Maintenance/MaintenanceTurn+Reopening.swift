import Model

extension MaintenanceTurn {
    /// The process that had carried the last orders out has ended.
    mutating func recover() {
        guard let run = state.run, run.isClosed else { return }
        guard run.ending != nil else { return reopen(.killed(run.step ?? .reopen), orphaned: true) }
        record(.cutOff)
        start(.reopen)
    }

    /// Ends the window early or late: what is under way is cancelled, what is left is put down, everything reopens.
    ///
    /// - Parameter orphaned: nobody is left who could cancel.
    mutating func reopen(_ ending: MaintenanceEnding, orphaned: Bool = false) {
        guard var run = state.run, run.ending == nil else { return }
        if case .performing(let step, let number) = run.stage {
            if !orphaned { orders.append(.cancel(number: number)) }
            if case .task(let kind) = step { run.undone.insert(kind, at: 0) }
        }
        run.undone += run.queue.map(\.kind)
        run.queue = []
        run.ending = ending
        state.run = run
        record(.cutOff)
        start(.reopen)
    }

    /// The watchdog: past the hard end nothing but reopening goes on.
    mutating func watchEnd() {
        guard let run = state.run, run.isClosed, run.ending == nil else { return }
        if run.remaining(until: run.window.end, at: reading) <= .zero {
            reopen(.hardEnd)
        } else if clockWasSet(before: run) {
            reopen(.clockSet)
        }
    }

    /// Goes on where the time of a stage is up.
    mutating func watchDeadlines() {
        guard let run = state.run else { return }
        if run.stage == .waiting { return watchWaiting(run) }
        guard reading.elapsed(since: run.stageBegan) >= run.allowed else { return }
        switch run.stage {
        case .waiting: break
        case .countdown: if now >= run.window.start { advance(from: .countdown, .done) }
        case .performing(let step, let number):
            orders.append(.cancel(number: number))
            advance(from: step, .timedOut)
        case .pausing: start(.reopen)
        }
    }

    private mutating func watchWaiting(_ run: MaintenanceRun) {
        guard run.remaining(until: run.window.latestStart, at: reading) < .zero else { return }
        let reason: MaintenanceSkip.Reason =
            if !terms.clockIsTrusted || state.wasInDoubt {
                .clockInDoubt
            } else {
                run.heldUpBy.isEmpty ? .clientsUnknown : .clients(run.heldUpBy)
            }
        skip(run.window, reason)
    }

    /// Whether it may be another time than that of the window, before anybody was disconnected.
    private func clockWasSet(before run: MaintenanceRun) -> Bool {
        guard run.isBeforeDisconnect, !run.window.isOnDemand else { return false }
        // Time synchronisation corrects by fractions of a second: then the countdown just lasts until the start.
        return !terms.clockIsTrusted || now < run.window.start - .seconds(60)
    }

    /// Waits for the next attempt to reopen.
    mutating func pause(after outcome: MaintenanceOutcome) {
        guard var run = state.run else { return }
        run.failedReopenings += 1
        run.stage = .pausing
        run.stageBegan = reading
        run.allowed = .seconds(min(60, 5 << min(run.failedReopenings - 1, 4)))
        state.run = run
        if run.failedReopenings == 1 { orders.append(.reopenFailed(run.window, outcome)) }
    }

    /// Everything is open: the window is over.
    mutating func finish() {
        guard let run = state.run, let ending = run.ending else { return }
        state.run = nil
        state.carried = run.undone + state.carried.filter { !run.undone.contains($0) }
        orders.append(
            .report(
                MaintenanceReport(
                    window: run.window, began: run.began.wall, ended: run.moment(reading), ending: ending,
                    steps: run.steps, undone: run.undone, heldUpBy: run.heldUpBy, leftOut: run.leftOut)))
    }
}
