package import Model

/// The windows of one server: rules and zones in, planned windows out.
package struct MaintenancePlanner: Sendable, Hashable {
    package let rules: MaintenanceRules
    private let weekly: Recurrence
    private let daily: Recurrence

    /// - Parameters:
    ///   - zone: the daemon's, where a rule and its expression name none.
    ///   - zoneNamed: asked for the zones that they name.
    /// - Throws: `bad-settings`; `bad-schedule` for an expression that can't be read; what `zoneNamed` throws.
    package init(
        _ rules: MaintenanceRules, zone: ZoneRules, zoneNamed: @escaping Recurrence.ZoneSource = Recurrence.noZones
    ) throws(Fault) {
        self.rules = rules
        weekly = try Self.recurrence(rules.weekly, .weekly, zone: zone, zoneNamed: zoneNamed)
        daily = try Self.recurrence(rules.daily, .daily, zone: zone, zoneNamed: zoneNamed)
    }

    private static func recurrence(
        _ rule: MaintenanceRule, _ kind: MaintenanceKind, zone: ZoneRules, zoneNamed: @escaping Recurrence.ZoneSource
    ) throws(Fault) -> Recurrence {
        guard rule.kind == kind else {
            throw rule.fault("it stands where the \(kind.rawValue) one belongs", hint: "give each kind its own rule")
        }
        try rule.check()
        let zone = try rule.timeZone.map { name throws(Fault) in try zoneNamed(name) } ?? zone
        let recurrence = try Recurrence(rule.when, zone: zone, zoneNamed: zoneNamed)
        guard !recurrence.isInterval, !recurrence.description.hasPrefix("once") else {
            throw rule.fault(
                "\"\(rule.when)\" names no day and time that come again", hint: "write for example `Sun 02:00`")
        }
        if let period = recurrence.period, period <= rule.length {
            throw rule.fault(
                "\"\(rule.when)\" comes again every \(DurationText.text(period)), before the window of "
                    + "\(DurationText.text(rule.length)) is over", hint: "shorten it or let it come less often")
        }
        return recurrence
    }

    /// The zone that the rule of a kind is read in.
    package func zone(of kind: MaintenanceKind) -> ZoneRules { recurrence(kind).zone }

    /// - Throws: `bad-settings` for a rule, enabled or not, that names no time after an instant.
    package func requireOccurrence(of kind: MaintenanceKind, after instant: Instant) throws(Fault) {
        guard recurrence(kind).next(after: instant) == nil else { return }
        throw rules[kind].fault(
            "\"\(rules[kind].when)\" never comes: no such date is left",
            hint:
                "write for example `Sun 02:00`; `holdfast schedules preview --when \"\(rules[kind].when)\"` shows when "
                + "an expression comes")
    }

    private func recurrence(_ kind: MaintenanceKind) -> Recurrence {
        switch kind {
        case .weekly: weekly
        case .daily: daily
        }
    }

    /// The first window of a kind that starts after an instant; nil when the kind is switched off or never comes again.
    package func next(_ kind: MaintenanceKind, after instant: Instant) -> MaintenanceWindow? {
        guard rules[kind].enabled, let occurrence = recurrence(kind).next(after: instant) else { return nil }
        var window = MaintenanceWindow(
            rule: rules[kind], start: occurrence.instant, shift: occurrence.shift?.reason)
        if kind == .daily { window.weeklyInstead = weeklyStart(insteadOf: window) }
        return window
    }

    /// The next windows of both kinds by their starts, those that are skipped in favour of a weekly one included.
    package func windows(after instant: Instant, count: Int) -> [MaintenanceWindow] {
        var heads = MaintenanceKind.allCases.compactMap { next($0, after: instant) }
        var found: [MaintenanceWindow] = []
        while found.count < count, let index = heads.indices.min(by: { heads[$0].start < heads[$1].start }) {
            let window = heads[index]
            found.append(window)
            if let following = next(window.kind, after: window.start) {
                heads[index] = following
            } else {
                heads.remove(at: index)
            }
        }
        return found
    }

    /// A window that an admin asks for.
    package func window(_ kind: MaintenanceKind, onDemandAt now: Instant) -> MaintenanceWindow {
        MaintenanceWindow(rule: rules[kind], start: now, isOnDemand: true)
    }

    /// The first weekly window that starts on the same day, by the weekly one's local time, or overlaps.
    private func weeklyStart(insteadOf window: MaintenanceWindow) -> Instant? {
        guard rules.weekly.enabled else { return nil }
        let day = day(of: window.start)
        // No local day is longer than two days of elapsed time, and no window longer than one.
        var last = window.start - .seconds(2 * 86_400)
        while let start = weekly.next(after: last)?.instant, start < window.end + .seconds(2 * 86_400) {
            let overlaps = start < window.end && window.start < start + rules.weekly.length
            if overlaps || self.day(of: start) == day { return start }
            last = start
        }
        return nil
    }

    /// Days since 1970 by the weekly window's local time.
    private func day(of instant: Instant) -> Int64 {
        let local = instant.seconds + Int64(weekly.zone.offsetSeconds(at: instant))
        return (local - (local % 86_400 + 86_400) % 86_400) / 86_400
    }
}
