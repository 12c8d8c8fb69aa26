package import Model
package import Policies
import Synchronization

/// Runs the ticks of all servers: the plan decides, the alarm wakes, the work is somebody else's.
package final class TickScheduler: Sendable {
    private let plan: Mutex<TickPlan>
    private let alarm: Mutex<Alarm?> = Mutex(nil)
    private let clock: @Sendable () -> Instant
    private let work: any ScheduledWork

    /// - Parameter last: the marks of ticks claimed before this start.
    package init(
        last: [TickKey: Instant], zone: @escaping ZoneOffset, clock: @escaping @Sendable () -> Instant,
        work: any ScheduledWork
    ) {
        plan = Mutex(TickPlan(last: last, zone: zone))
        self.clock = clock
        self.work = work
    }

    /// Takes the rules and starts; call it again for new rules.
    package func apply(_ rules: [ServerRules]) {
        plan.withLock { $0.setRules(rules, now: clock()) }
        alarm.withLock { alarm in
            let armed = alarm ?? Alarm(clock: clock) { [weak self] now in self?.ring(now) }
            alarm = armed
            armed.rearm()
        }
    }

    /// Starts nothing any more; what runs goes on.
    package func stop() {
        alarm.withLock { alarm in
            defer { alarm = nil }
            return alarm
        }?.cancel()
    }

    /// When something is due next; for people.
    package func nextDue() -> Instant? { plan.withLock { $0.nextDue } }

    private func ring(_ now: Instant) -> Instant? {
        let due = plan.withLock { $0.takeDue(now: now) }
        if !due.isEmpty { work.run(due: due) { [weak self] in self?.finish($0) } }
        return plan.withLock { $0.nextDue }
    }

    private func finish(_ action: DueAction) {
        plan.withLock { $0.finish(server: action.server) }
        alarm.withLock { $0 }?.rearm()
    }
}
