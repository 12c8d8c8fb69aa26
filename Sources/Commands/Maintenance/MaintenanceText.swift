internal import Model
internal import Settings
internal import Wire

/// Maintenance as people read it.
enum MaintenanceText {
    static func table(_ all: [MaintenanceStatus]) -> Table {
        var table = Table("SERVER", "WINDOW", "STATE", "WHEN", "LENGTH", "TASKS")
        for status in all {
            for kind in MaintenanceKind.allCases {
                let rule = status[kind]
                table.add(
                    status.server, kind.rawValue, state(status, kind), Text.rule(rule.when, zone: rule.timeZone),
                    span(rule.lengthSeconds), tasks(rule)
                )
            }
        }
        return table
    }

    private static func state(_ status: MaintenanceStatus, _ kind: MaintenanceKind) -> String {
        if let window = status.underWay, window.kind == kind { return window.stage }
        return status[kind].enabled ? "on" : "off"
    }

    static func whole(_ status: MaintenanceStatus, _ color: Bool) -> String {
        var parts = MaintenanceKind.allCases.map { rule(status[$0]) }
        if !status.carried.isEmpty {
            parts.append("first next time: \(status.carried.map(\.rawValue).joined(separator: ", "))")
        }
        if let window = status.underWay {
            parts.append(
                "under way: \(window.kind.rawValue), \(window.stage) since \(Text.time(window.since)), ended by "
                    + "\(Text.time(window.until)); all is open by \(Text.time(window.end))")
            parts += window.heldUpBy.map { "  waits for \($0)" }
            if !window.steps.isEmpty { parts.append(steps(window.steps).text(color: color)) }
        }
        if !status.next.isEmpty { parts.append(windows(status.next).text(color: color)) }
        parts += status.history.prefix(5).map { record($0, color) }
        return parts.joined(separator: "\n")
    }

    static func rule(_ rule: MaintenanceRule) -> String {
        var words = [
            "\(rule.kind.rawValue): \(rule.enabled ? "on" : "off"), \(Text.rule(rule.when, zone: rule.timeZone)) for \(span(rule.lengthSeconds))"
        ]
        words.append("begins up to \(span(rule.latestStartSeconds ?? rule.lengthSeconds / 2)) late")
        if rule.quietSeconds > 0 { words.append("after \(span(rule.quietSeconds)) without activity") }
        if !rule.announceSeconds.isEmpty {
            words.append("announced \(rule.announceSeconds.map(span).joined(separator: ", ")) ahead")
        }
        words.append("countdown \(span(rule.countdownSeconds))")
        return words.joined(separator: "; ") + "\n  tasks: \(tasks(rule))"
    }

    private static func tasks(_ rule: MaintenanceRule) -> String {
        rule.tasks.isEmpty ? "none" : rule.tasks.map(MaintenanceTaskText.text).joined(separator: ",")
    }

    /// In the zone of each window.
    static func windows(_ windows: [PlannedWindow]) -> Table {
        var table = Table("NEXT", "START", "LATEST START", "END", "ZONE", "NOTE")
        for window in windows {
            let local = window.local
            table.add(
                window.kind.rawValue, local.start, local.latestStart, local.end, window.zone, window.note ?? "-")
        }
        return table
    }

    /// What became of a window, planned against actual.
    static func record(_ record: WindowRecord, _ color: Bool) -> String {
        guard let began = record.began, let ended = record.ended else { return record.text }
        let head =
            "\(record.text)\n  planned \(Text.time(record.start)) to \(Text.time(record.end)), took \(Text.time(began)) to "
            + Text.time(ended)
        let parts = [head] + record.leftOut.map { "  left out \($0.name): \($0.reason)" }
        return (parts + (record.steps.isEmpty ? [] : [steps(record.steps).text(color: color)])).joined(separator: "\n")
    }

    private static func steps(_ steps: [WindowStepRecord]) -> Table {
        var table = Table("STEP", "BEGAN", "ENDED", "BY", "OUTCOME")
        for step in steps {
            let reason = step.reason.map { ": \($0)" } ?? ""
            table.add(
                step.step, Text.time(step.began), Text.time(step.ended), Text.time(step.latestEnd),
                step.outcome.rawValue + reason)
        }
        return table
    }

    static func warn(_ status: MaintenanceStatus, _ terminal: Terminal) {
        for warning in warnings(status) { terminal.note(warning) }
    }

    static func warnings(_ status: MaintenanceStatus) -> [String] {
        status.warnings.map { "\(status.server): \($0)" }
    }

    /// As options take it: `1h30m`.
    private static func span(_ seconds: Int) -> String {
        guard seconds > 0 else { return "0s" }
        var rest = seconds
        return [(86_400, "d"), (3600, "h"), (60, "m"), (1, "s")].reduce(into: "") { text, unit in
            if rest >= unit.0 { text += "\(rest / unit.0)\(unit.1)" }
            rest %= unit.0
        }
    }
}
