import Model

extension MaintenanceSkip {
    /// One line, lower case, no full stop.
    package func text(zone: ZoneRules) -> String {
        let others = earlier == 0 ? "" : " and \(earlier) earlier"
        return "\(window.kind.rawValue) maintenance of \(window.start.text(in: zone))\(others) was skipped: "
            + reason.text(zone: zone)
    }
}

extension MaintenanceSkip.Reason {
    fileprivate func text(zone: ZoneRules) -> String {
        switch self {
        case .missed: "nothing ran until its latest start was past"
        case .occupied: "another window was under way until its latest start was past"
        case .weekly(let start): "the weekly one of \(start.text(in: zone)) takes its place"
        case .clients(let names): "clients were active: \(names.listed)"
        case .clientsUnknown: "nobody could tell whether clients were active"
        case .clockInDoubt: "the clock was in doubt"
        case .rulesChanged: "its settings were changed meanwhile"
        case .aborted(let actor): "\(actor) aborted it"
        case .onDemand: "an admin started one meanwhile"
        }
    }
}

extension MaintenanceReport {
    /// One line, lower case, no full stop.
    package func text(zone: ZoneRules) -> String {
        let name = "\(window.kind.rawValue) maintenance of \(window.start.text(in: zone))"
        let left = undone.isEmpty ? "" : "; first next time: \(undone.map(\.rawValue).listed)"
        let without = leftOut.isEmpty ? "" : "; left out: \(leftOut.map { "\($0.name) (\($0.reason))" }.listed)"
        return "\(name) \(ending.text)\(failures)\(without)\(left)"
    }

    private var failures: String {
        let failed = steps.filter { $0.step != .reopen }.compactMap { step -> String? in
            switch step.outcome {
            case .done, .cutOff: nil
            case .timedOut: "\(step.step.name) was not done in time"
            case .failed(let reason): "\(step.step.name) failed: \(reason)"
            case .skipped(let reason): "\(step.step.name) was skipped: \(reason)"
            }
        }
        return failed.isEmpty ? "" : "; " + failed.joined(separator: "; ")
    }
}

extension MaintenanceEnding {
    fileprivate var text: String {
        switch self {
        case .completed: "is over"
        case .aborted(let actor): "was aborted by \(actor)"
        case .stopped(let step): "was stopped after \(step.name)"
        case .hardEnd: "was cut off at its hard end"
        case .clockSet: "was ended before it began its work, because the clock was set or is in doubt"
        case .killed(let step): "was cut off at \(step.name), because the daemon ended"
        }
    }
}

extension Instant {
    fileprivate func text(in zone: ZoneRules) -> String { localText { zone.offsetSeconds(at: $0) } }
}

extension [String] {
    /// At most five of them.
    fileprivate var listed: String {
        prefix(5).joined(separator: ", ") + (count > 5 ? " and \(count - 5) more" : "")
    }
}
