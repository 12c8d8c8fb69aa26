import Model
import Platform

extension MessageDraft {
    /// So many schedules have a message each when they are late together; the others share one.
    private static let mostLateOnes = 20

    /// The messages of claims that came late; those on time have none.
    static func drafts(of late: [OccurrenceClaim]) -> [MessageDraft] {
        let skipped = late.filter { $0.skipReason != nil }
        let caughtUp = late.filter { $0.skipReason == nil }
        var drafts = skipped.prefix(mostLateOnes).map { claim in
            MessageDraft(
                .warning, .scheduleSkipped, "schedule \(claim.name) skipped what was due at \(claim.due)",
                cause: claim.skipReason, hint: "`holdfast schedules run \(claim.name)` makes up for it now")
        }
        drafts += caughtUp.prefix(mostLateOnes).map { claim in
            MessageDraft(
                .info, .scheduleCaughtUp, "schedule \(claim.name) makes up for what was due at \(claim.due)",
                cause: claim.lateness.map { "late because \($0.clause)" })
        }
        for (code, severity, others) in [
            (Code.scheduleSkipped, Severity.warning, skipped.dropFirst(mostLateOnes)),
            (.scheduleCaughtUp, .info, caughtUp.dropFirst(mostLateOnes)),
        ] where !others.isEmpty {
            let verb = code == .scheduleSkipped ? "skipped what was due" : "make up for what was due"
            drafts.append(
                MessageDraft(
                    severity, code, "\(others.count) more schedules \(verb)",
                    hint: "`holdfast schedules` shows the last outcome of each"))
        }
        return drafts
    }

    /// The message of a step; nil for those whose runs say all there is to say.
    init?(_ step: OccurrenceStep, of name: String, attempt: Int) {
        switch step {
        case .begin, .close(.succeeded, _, _), .close(.open, _, _): return nil
        case .retry(let next, let attempts, let instant, let reason, _):
            self.init(
                .warning, .scheduleRetried,
                "schedule \(name) failed; attempt \(next) of \(attempts) follows at \(LocalZone.text(instant))",
                cause: reason)
        case .close(.failed, let reason, _):
            let count = attempt > 1 ? " after \(attempt) attempts" : ""
            self.init(
                .error, .scheduleFailed, "schedule \(name) failed\(count)", cause: reason,
                hint: "it goes on with its next occurrence; `holdfast schedules run \(name)` tries it now")
        case .close(.skipped, OccurrenceEnding.coversNothing, _):
            self.init(
                .warning, .scheduleEmpty, "schedule \(name) covers no database",
                hint: "change its scope with `holdfast schedules edit \(name)`, or remove it")
        case .close(.skipped, let reason, _):
            self.init(.warning, .scheduleSkipped, "schedule \(name) did nothing", cause: reason)
        }
    }
}

extension OccurrenceClaim {
    fileprivate var due: String {
        let missed =
            coalesced.map { earlier in
                let times = earlier.count == 1 ? "once" : "\(earlier.count) times"
                return " and \(times) before since \(LocalZone.text(earlier.first))"
            } ?? ""
        return LocalZone.text(planned) + missed
    }
}
