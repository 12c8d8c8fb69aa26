import Model

extension MaintenanceTurn {
    /// Decides the windows that have come due and announces the next ones.
    mutating func plan() {
        guard terms.clockIsTrusted else {
            state.wasInDoubt = true
            return
        }
        let hasChanged = state.rules.map { $0 != terms.planner.rules } ?? false
        for kind in MaintenanceKind.allCases {
            if hasChanged { settle(kind) }
            decide(kind)
            announce(kind)
        }
        state.rules = terms.planner.rules
        state.wasInDoubt = false
    }

    /// After a change of rules only a window counts that the old ones had planned and the new ones plan too.
    private mutating func settle(_ kind: MaintenanceKind) {
        guard let handled = state[kind].handled else { return }
        let justBefore = Duration.microseconds(1)
        guard let window = state[kind].upcoming, window.start <= now, window.start > handled else {
            state[kind].handled = max(handled, now)
            return
        }
        if terms.planner.next(kind, after: window.start - justBefore)?.start == window.start {
            state[kind].handled = window.start - justBefore
        } else {
            state[kind].handled = now
            state[kind].told = nil
            skip(window, .rulesChanged)
        }
    }

    /// Begins or skips what is due.
    private mutating func decide(_ kind: MaintenanceKind) {
        var handled = state[kind].handled ?? now
        if handled > now + .seconds(86_400) { handled = now }
        var late: [MaintenanceWindow] = []
        while let window = terms.planner.next(kind, after: handled), window.start <= now {
            if let weekly = window.weeklyInstead {
                skip(window, .weekly(weekly))
            } else if window.latestStart < now {
                late.append(window)
            } else if isFree(for: window) {
                begin(window)
            } else {
                break
            }
            handled = window.start
        }
        if handled != state[kind].handled { state[kind].told = nil }
        state[kind].handled = handled
        if let last = late.last { skip(last, reasonOfDelay, earlier: late.count - 1) }
    }

    /// Whether nothing is under way; a daily window that still waits makes way for a weekly one.
    private mutating func isFree(for window: MaintenanceWindow) -> Bool {
        guard let run = state.run else { return true }
        guard run.stage == .waiting, window.kind == .weekly else { return false }
        skip(run.window, .weekly(window.start))
        return true
    }

    private var reasonOfDelay: MaintenanceSkip.Reason {
        if state.run != nil { return .occupied }
        return state.wasInDoubt ? .clockInDoubt : .missed
    }

    private mutating func announce(_ kind: MaintenanceKind) {
        var series = state[kind]
        let next = series.handled.flatMap { terms.planner.next(kind, after: $0) }
        if next?.start != series.upcoming?.start || next?.weeklyInstead != nil {
            if let old = series.upcoming, series.told != nil, old.start > now { orders.append(.withdraw(old)) }
            series.told = nil
        }
        series.upcoming = next
        if let next, next.weeklyInstead == nil, next.start > now {
            let left = next.start - now
            let due = next.rule.announceSeconds.map { Duration.seconds($0) }.filter { lead in
                lead >= left && series.told.map { lead < $0 } ?? true
            }
            if let shortest = due.min() {
                series.told = shortest
                orders.append(.announce(next, startsIn: left))
            }
        }
        state[kind] = series
    }
}
