package import Catalog
import Model
package import Policies

/// What the message center and clients are told of a server's maintenance.
package struct MaintenanceTexts {
    let server: String
    let zone: ZoneRules

    /// Units that are all that is still to be opened.
    let units: [String]

    package init(server: String, zone: ZoneRules, units: [String] = []) {
        self.server = server
        self.zone = zone
        self.units = units
    }

    /// Nil for an order that nobody has to hear of.
    package func message(_ order: MaintenanceOrder) -> MessageDraft? {
        switch order {
        case .announce(let window, let startsIn):
            MessageDraft(
                .info, .maintenanceAnnounced, announcement(window, startsIn),
                hint: "`holdfast maintenance disable \(server)` keeps it from coming")
        case .withdraw(let window): MessageDraft(.info, .maintenanceWithdrawn, withdrawal(window))
        case .perform(.close, _, _): nil
        case .message(let window, _):
            MessageDraft(
                .info, .maintenanceStarted,
                "\(name(window)) has begun; everything is open again by \(time(window.end)) at the latest",
                hint: "`holdfast maintenance abort \(server)` ends it at once")
        case .perform, .cancel: nil
        case .reopenFailed(let window, let outcome) where !units.isEmpty:
            MessageDraft(
                .error, .maintenanceStuck,
                "\(name(window)) has stopped \(units.joined(separator: ", ")) and can't start it again: "
                    + "\(outcome.reason); backups go on, and the start is tried until it succeeds",
                hint:
                    "see `systemctl status \(units.map(\.shellWord).joined(separator: " "))`; `holdfast maintenance "
                    + "abort \(server)` tries "
                    + "at once")
        case .reopenFailed(let window, let outcome):
            MessageDraft(
                .error, .maintenanceStuck,
                "\(name(window)) can't open again what it has closed: \(outcome.reason); it is tried until it can",
                hint: "see that the server, or its unit, runs; `holdfast maintenance abort \(server)` tries at once")
        case .report(let report): finished(report)
        case .skip(let skip): skipped(skip)
        }
    }

    func announcement(_ window: MaintenanceWindow, _ startsIn: Duration) -> String {
        "\(name(window)) begins at \(time(window.start)), in \(span(startsIn)); clients are disconnected then"
    }

    func withdrawal(_ window: MaintenanceWindow) -> String {
        "\(name(window)) of \(time(window.start)), which was announced, does not come"
    }

    func countdown(_ window: MaintenanceWindow) -> String {
        let when = window.rule.countdown > .zero ? "in \(span(window.rule.countdown))" : "now"
        return "\(name(window)) begins; you are disconnected \(when)"
    }

    private func finished(_ report: MaintenanceReport) -> MessageDraft {
        // Whoever aborts it knows.
        let isAborted = if case .aborted = report.ending { true } else { false }
        let isReopened = isAborted || report.ending == .completed || report.undone.isEmpty
        let severity: Severity = report.isFlawless ? .success : isReopened ? .warning : .error
        return MessageDraft(
            severity, .maintenanceFinished,
            "\(server): \(report.text(zone: zone)); planned until \(time(report.window.end)), took "
                + "\(time(report.began)) to \(time(report.ended))",
            hint: "`holdfast maintenance show \(server)` has the whole report")
    }

    private func skipped(_ skip: MaintenanceSkip) -> MessageDraft {
        let isIntended =
            switch skip.reason {
            case .weekly, .rulesChanged, .onDemand, .aborted: true
            case .missed, .occupied, .clients, .clientsUnknown, .clockInDoubt: false
            }
        return MessageDraft(
            isIntended ? .info : .warning, .maintenanceSkipped, "\(server): \(skip.text(zone: zone))",
            hint: isIntended ? nil : "`holdfast maintenance run \(server) \(skip.window.kind.rawValue)` does it now")
    }

    private func name(_ window: MaintenanceWindow) -> String { "\(window.kind.rawValue) maintenance of \(server)" }

    func time(_ instant: Instant) -> String {
        let local = instant.rfc3339(offsetSeconds: zone.offsetSeconds(at: instant))
        return String(local.prefix(19)).replacing("T", with: " ")
    }

    private func span(_ duration: Duration) -> String {
        DurationText.text(.seconds(Int64(duration.inSeconds.rounded())))
    }
}

extension MaintenanceOutcome {
    /// For people.
    var reason: String {
        switch self {
        case .done: "done"
        case .failed(let reason), .skipped(let reason): reason
        case .timedOut: "it was not done in time"
        case .cutOff: "it was cut off"
        }
    }
}
