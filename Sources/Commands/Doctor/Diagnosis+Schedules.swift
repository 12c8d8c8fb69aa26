internal import Model
internal import Wire

extension Diagnosis {
    mutating func examine(_ schedules: [ScheduleStatus]) {
        for status in schedules {
            let name = status.schedule.name
            if !status.schedule.enabled, [.backup, .drill, .prune].contains(status.schedule.action) {
                add(
                    "schedule \(name)", .warning, "is disabled",
                    hint: "run `holdfast schedules enable \(name)` if it was not meant")
            } else if let warning = status.warning {
                add("schedule \(name)", .warning, warning, hint: "see `holdfast schedules show \(name)`")
            }
            if status.schedule.enabled, let last = status.last, last.state == .failed {
                add(
                    "schedule \(name)", .warning, "failed at last: \(last.reason ?? "no reason is on record")",
                    hint: "see `holdfast schedules show \(name)`")
            }
        }
    }

    /// Windows that are due again and again, and never come to anything.
    mutating func examine(_ maintenance: [MaintenanceStatus]) {
        for server in maintenance {
            for kind in MaintenanceKind.allCases where server[kind].enabled {
                let last = server.history.filter { $0.kind == kind }.prefix(3)
                if last.count == 3, last.allSatisfy({ $0.began == nil }) {
                    add(
                        "maintenance \(server.server)", .warning,
                        "its last three \(kind.rawValue) windows did not run: \(last[0].text)",
                        hint: "see `holdfast maintenance show \(server.server)`, and choose a time at which it can")
                } else if !server.next.contains(where: { $0.kind == kind }), server.underWay?.kind != kind,
                    // So many of the other kind say nothing of this one.
                    server.next.count < MaintenancePreview.limit
                {
                    add(
                        "maintenance \(server.server)", .warning, "no \(kind.rawValue) window comes",
                        hint: "see `holdfast maintenance preview \(server.server)`")
                }
            }
            for warning in server.warnings where server.weekly.enabled || server.daily.enabled {
                add("maintenance \(server.server)", .warning, warning)
            }
        }
    }
}
