package import Model
package import Policies

/// When a server's ticks are due.
package struct ServerRules: Sendable, Hashable {
    package var server: String
    package var progressive: TickRule
    package var full: TickRule

    package init(server: String, progressive: TickRule, full: TickRule) {
        self.server = server
        self.progressive = progressive
        self.full = full
    }
}

/// A tick whose time has come.
package struct DueAction: Sendable, Hashable {
    package var key: TickKey
    /// When it was due; of several that were missed, the first.
    package var occurrence: Instant
    /// What to remember as this tick's last instant, durably, before its work starts.
    package var mark: Instant
    /// Whether downtime or other work made it so late that it stands for several.
    package var isCatchUp: Bool

    package var server: String { key.server }
    package var kind: BackupKind { key.kind }

    package init(key: TickKey, occurrence: Instant, mark: Instant, isCatchUp: Bool) {
        self.key = key
        self.occurrence = occurrence
        self.mark = mark
        self.isCatchUp = isCatchUp
    }
}

/// Which ticks are due: rules, what ran last and the time in, due actions out.
///
/// A server does one at a time; a full stands for a progressive tick that is due with it. Missed ticks become one.
/// Without a last tick an interval of progressive ticks begins at once, all else at its next regular time.
package struct TickPlan: Sendable {
    private var rules: [TickKey: TickRule] = [:]
    private var last: [TickKey: Instant]
    private var busy: Set<String> = []
    private let zone: ZoneOffset

    /// - Parameter last: the marks of ticks that were claimed before.
    package init(last: [TickKey: Instant], zone: @escaping ZoneOffset) {
        self.last = last
        self.zone = zone
    }

    /// Takes new rules. What ran stays known, so that a changed rule neither skips nor repeats a tick.
    package mutating func setRules(_ servers: [ServerRules], now: Instant) {
        rules = [:]
        for server in servers {
            for (kind, rule) in [(BackupKind.full, server.full), (.progressive, server.progressive)] {
                let key = TickKey(server: server.server, kind: kind)
                rules[key] = rule
                if last[key] == nil { last[key] = firstBase(kind, rule, now: now) }
            }
        }
    }

    /// Takes what is due; its servers are busy from then on, until `finish`.
    package mutating func takeDue(now: Instant) -> [DueAction] {
        mendClock(now: now)
        return Set(rules.keys.map(\.server)).subtracting(busy).sorted().compactMap { server in
            takeDue(of: server, now: now)
        }
    }

    /// The work of a tick has ended, well or not.
    package mutating func finish(server: String) { busy.remove(server) }

    /// When something is due next; past when something is due now, nil when nothing ever is. Busy servers don't count.
    package var nextDue: Instant? {
        rules.keys.filter { !busy.contains($0.server) }.compactMap { due($0) }.min()
    }

    private mutating func takeDue(of server: String, now: Instant) -> DueAction? {
        let due = [BackupKind.full, .progressive].map { TickKey(server: server, kind: $0) }
            .compactMap { key in self.due(key).flatMap { $0 <= now ? (key, $0) : nil } }
        guard let (key, occurrence) = due.first else { return nil }
        busy.insert(server)
        for (key, occurrence) in due {
            // An interval keeps its beat while it is on time; what was missed is over with this tick.
            last[key] = hasMissed(key, occurrence: occurrence, now: now) ? now : occurrence
        }
        let mark = last[key] ?? now
        return DueAction(key: key, occurrence: occurrence, mark: mark, isCatchUp: mark != occurrence)
    }

    private func due(_ key: TickKey) -> Instant? {
        guard let rule = rules[key], let base = last[key] else { return nil }
        return rule.next(after: base, zone: zone)
    }

    /// Whether the next occurrence has come, too.
    private func hasMissed(_ key: TickKey, occurrence: Instant, now: Instant) -> Bool {
        rules[key]?.next(after: occurrence, zone: zone).map { $0 <= now } ?? false
    }

    private func firstBase(_ kind: BackupKind, _ rule: TickRule, now: Instant) -> Instant {
        guard kind == .progressive, case .every(let period) = rule else { return now }
        return now - period
    }

    /// After the clock was set back, a last tick may lie in the future by more than its period: it counts as now then, so
    /// that ticks don't stop until time has caught up. By less than that, a daily tick is not repeated.
    private mutating func mendClock(now: Instant) {
        for (key, rule) in rules {
            guard let base = last[key], let period = rule.period else { continue }
            let allowed: Duration = if case .every = rule { .zero } else { period }
            if base - now > allowed { last[key] = now }
        }
    }
}
