import Model
import Platform
import Policies
import Wire

/// What must hold of a schedule before it is taken.
struct ScheduleCheck {
    let limits: RetentionLimits
    /// Names of the databases that exist.
    let names: [DatabaseName]
    /// The daemon's own zone.
    let zone: ZoneRules

    /// The schedule as it is kept: an end of a name that means one database becomes its whole name.
    ///
    /// - Throws: `bad-schedule`, `bad-retention`, `command-refused`, `ambiguous-name`.
    func checked(_ schedule: Schedule) throws -> Schedule {
        var schedule = schedule
        try checkName(schedule.name)
        try checkLengths(schedule)
        try checkAction(&schedule)
        try checkTimes(schedule)
        try schedule.retention?.check(limits)
        if schedule.retention != nil, schedule.action != .backup {
            throw Fault(.badRetention, "schedule \(schedule.name) makes no backups that its retention could keep")
        }
        schedule.scope = try schedule.scope.map(wholeName)
        return schedule
    }

    /// What an admin should know although it is taken.
    func warnings(_ schedule: Schedule) -> [String] {
        var warnings: [String] = []
        let needsDatabases = [.backup, .verify, .drill, .prune].contains(schedule.action)
        if needsDatabases, !names.contains(where: { NameSelection.covers(schedule.scope, $0) }) {
            let scope = schedule.scope.isEmpty ? "there is none" : "none fits \(schedule.scope.joined(separator: ", "))"
            warnings.append("it covers no database now: \(scope)")
        }
        if let recurrence = try? Recurrence.of(schedule, daemonZone: zone),
            recurrence.next(after: WallClock.now()) == nil
        {
            warnings.append("it is never due again")
        }
        return warnings
    }

    private func checkName(_ name: String) throws {
        let isFit = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "._-".contains($0)) }
        guard isFit, (1...63).contains(name.count), !name.hasPrefix("."), !name.hasPrefix("-") else {
            throw Fault(
                .badSchedule, "\"\(name)\" can't be the name of a schedule",
                hint: "use up to 63 letters, digits, `.`, `_` and `-`")
        }
    }

    private func checkAction(_ schedule: inout Schedule) throws {
        func refuse(_ text: String, hint: String) -> Fault {
            Fault(.badSchedule, "schedule \(schedule.name) \(text)", hint: hint)
        }
        switch schedule.action {
        case .backup: schedule.kind = schedule.kind ?? .progressive
        case .verify: schedule.level = schedule.level ?? .pages
        case .drill, .prune: break
        case .message:
            guard let text = schedule.text, !text.isEmpty, text.utf8.count <= 1000 else {
                throw refuse("has nothing to say", hint: "give it a text of up to 1,000 bytes")
            }
            schedule.severity = schedule.severity ?? .info
        case .command:
            guard let file = schedule.command.first else { throw refuse("names no command", hint: "name a file") }
            _ = try TrustedFile.check(file, isProgram: true)
            schedule.timeoutSeconds = schedule.timeoutSeconds ?? 3600
        }
        guard (1...10).contains(schedule.attempts) else {
            throw refuse("asks for \(schedule.attempts) attempts", hint: "allowed are 1 to 10")
        }
        guard (1...3600).contains(schedule.retrySeconds) else {
            throw refuse("retries after \(schedule.retrySeconds) s", hint: "allowed are 1s to 1h")
        }
        guard (0...604_800).contains(schedule.spreadSeconds) else {
            throw refuse("is spread over \(schedule.spreadSeconds) s", hint: "allowed are 0s to 7d")
        }
        guard (1...31_536_000).contains(schedule.deadlineSeconds ?? 1) else {
            throw refuse("has an unusable deadline", hint: "allowed are 1s to 365d")
        }
        guard (1...604_800).contains(schedule.timeoutSeconds ?? 1) else {
            throw refuse("has an unusable timeout", hint: "allowed are 1s to 7d")
        }
    }

    private func checkLengths(_ schedule: Schedule) throws {
        let isFit =
            schedule.when.utf8.count <= 500 && schedule.scope.count <= 1000
            && schedule.scope.allSatisfy { $0.utf8.count <= 4096 }
            && schedule.command.reduce(0) { $0 + $1.utf8.count } <= 65_536
        guard isFit else {
            throw Fault(
                .badSchedule, "schedule \(schedule.name) is too long",
                hint: "an expression has up to 500 bytes, a scope 1,000 names, a command 64 KiB")
        }
    }

    private func checkTimes(_ schedule: Schedule) throws {
        if let own = try? CalendarExpression(schedule.when).zone, let zone = schedule.timeZone, own != zone {
            throw Fault(
                .badSchedule, "schedule \(schedule.name) names two zones, \(own) in its expression and \(zone)",
                hint: "leave one of them out")
        }
        if let starts = schedule.starts, let ends = schedule.ends, ends < starts {
            throw Fault(
                .badSchedule, "schedule \(schedule.name) ends before it starts", hint: "set --starts before --ends")
        }
        let recurrence = try Recurrence.of(schedule, daemonZone: zone)
        if let period = recurrence.period, Duration.seconds(schedule.spreadSeconds) > period {
            throw Fault(
                .badSchedule,
                "schedule \(schedule.name) is spread over more than the \(DurationText.text(period)) between two runs",
                hint: "make the spread smaller")
        }
    }

    private func wholeName(_ entry: String) throws -> String {
        if entry.isEmpty { throw Fault(.badSchedule, "an empty name is in the scope", hint: "leave it out") }
        let isCovering = names.contains { NameSelection.covers([entry], $0) }
        if isCovering || entry.ends(with: "/") || NameSelection.isPattern(entry) { return entry }
        let found = names.filter { $0.matches(entry) }
        if found.count > 1 { return try NameSelection.one(entry, among: names).text }
        return found.first?.text ?? entry
    }
}
