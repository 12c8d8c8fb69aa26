package import Model

extension ScheduleMachine {
    /// How each schedule stands, by name.
    package var statuses: [ScheduleStatus] {
        entries.filter { !$0.isRemoved }.map(status).sorted { $0.schedule.name < $1.schedule.name }
    }

    /// When a schedule is due next; nil for an unknown or disabled one too.
    package func next(_ name: String) -> Instant? {
        entries.first { $0.schedule.name == name && !$0.isRemoved }.flatMap(next)
    }

    private func next(_ entry: ScheduleEntry) -> Instant? {
        guard entry.isActive else { return nil }
        return entry.open == nil ? entry.next : entry.firstDue(after: entry.position.lower(at: now))
    }

    private func status(_ entry: ScheduleEntry) -> ScheduleStatus {
        ScheduleStatus(
            id: entry.id, schedule: entry.schedule, next: next(entry), open: entry.open?.occurrence,
            waiting: waiting(entry), last: entry.last, fault: entry.fault)
    }

    private func waiting(_ entry: ScheduleEntry) -> String? {
        if let outage, outage.to == nil { return "the catalog can't be written" }
        if case .waiting = entry.open?.phase, let open = entry.open?.occurrence {
            return "attempt \(open.attempt) of \(entry.schedule.attempts) is yet to come"
        }
        guard entry.open != nil, let next = next(entry), next <= now else { return nil }
        return "the run before is still at work"
    }
}
