package import Model

/// Makes one message of many like failures: the first three of a kind pass at once, further ones are counted, and a
/// summary tells of them.
///
/// A kind is a code and the key of a cause. A storm begins with the fourth failure within ten minutes; its first summary
/// comes ten minutes later, further ones while it lasts after twice as long each, up to an hour. It is over when ten
/// minutes have passed without another, and after that the first three pass again. Nothing is lost: each run stays on
/// record by itself, and `flush` gives the summaries that are still owed.
package struct Storm: Sendable, Hashable {
    /// One failure.
    package struct Failure: Sendable, Hashable {
        package var code: Code
        /// What tells causes of the same code apart.
        package var key: String
        package var database: DatabaseName?
        package var instant: Instant

        package init(code: Code, key: String, database: DatabaseName?, instant: Instant) {
            self.code = code
            self.key = key
            self.database = database
            self.instant = instant
        }
    }

    package struct Summary: Sendable, Hashable {
        package var code: Code
        package var key: String
        /// Failures that were held since the last summary.
        package var count: Int
        /// Up to five different databases, in the order of their first failure.
        package var names: [DatabaseName]
        /// Whether there were more than `names`.
        package var hasMoreNames: Bool
        /// The first and the last failure that was held.
        package var since: Instant
        package var last: Instant

        package init(
            code: Code, key: String, count: Int, names: [DatabaseName], hasMoreNames: Bool, since: Instant,
            last: Instant
        ) {
            self.code = code
            self.key = key
            self.count = count
            self.names = names
            self.hasMoreNames = hasMoreNames
            self.since = since
            self.last = last
        }
    }

    package enum Event: Sendable, Hashable {
        case failed(Failure)
        case tick(Instant)
    }

    package enum Order: Sendable, Hashable {
        /// The failure of this event is a message of its own.
        case pass
        /// It is counted.
        case hold
        case summary(Summary)
    }

    package static let passing = 3
    package static let window = Duration.seconds(600)
    package static let longestWindow = Duration.seconds(3600)
    private static let names = 5
    /// Past so many kinds at once failures just pass: bounds the memory.
    private static let kinds = 1000

    private var groups: [Kind: Group] = [:]

    package init() {}

    /// Summaries that are due come first, the failure's own order last.
    package mutating func handle(_ event: Event) -> [Order] {
        switch event {
        case .tick(let now): return advance(to: now)
        case .failed(let failure): return advance(to: failure.instant) + [receive(failure)]
        }
    }

    /// When a tick brings the next summary; nil when none is owed.
    package var nextDue: Instant? { groups.values.compactMap(\.summaryDue).min() }

    /// The summaries that are owed, before the daemon stops.
    package mutating func flush() -> [Order] {
        defer { groups = [:] }
        return owed { _ in true }
    }

    private mutating func receive(_ failure: Failure) -> Order {
        let kind = Kind(code: failure.code, key: failure.key)
        guard groups[kind] != nil || groups.count < Self.kinds else { return .pass }
        return groups[kind, default: Group()].receive(failure)
    }

    private mutating func advance(to now: Instant) -> [Order] {
        let orders = owed { $0.isDue(at: now) }
        // An event from before the last one, after a step of the clock, ends nothing.
        groups = groups.filter { !$0.value.isOver(at: now) }
        return orders
    }

    /// Takes the summaries of the groups that `isMeant` picks; the oldest first.
    private mutating func owed(_ isMeant: (Group) -> Bool) -> [Order] {
        let kinds = groups.filter { isMeant($0.value) }.keys
        return kinds.compactMap { kind in groups[kind]?.takeSummary(of: kind) }
            .sorted { ($0.since, $0.code.rawValue, $0.key) < ($1.since, $1.code.rawValue, $1.key) }
            .map { .summary($0) }
    }
}

extension Storm {
    private struct Kind: Sendable, Hashable {
        var code: Code
        var key: String
    }

    private struct Group: Sendable, Hashable {
        /// Failures that passed within the window, ascending; a storm has begun when there were too many.
        var passed: [Instant] = []
        var isStorm = false
        var latest: Instant?
        var held: Summary?
        var summaryDue: Instant?
        var wait = Storm.window

        mutating func receive(_ failure: Failure) -> Order {
            let now = max(failure.instant, latest ?? failure.instant)
            latest = now
            passed.removeAll { $0 + Storm.window <= now }
            if !isStorm, passed.count < Storm.passing {
                passed.append(now)
                return .pass
            }
            isStorm = true
            hold(failure, now: now)
            return .hold
        }

        private mutating func hold(_ failure: Failure, now: Instant) {
            let first = Summary(
                code: failure.code, key: failure.key, count: 0, names: [], hasMoreNames: false, since: now, last: now)
            var summary = held ?? first
            summary.count += 1
            summary.last = now
            if let name = failure.database, !summary.names.contains(name) {
                if summary.names.count < Storm.names { summary.names.append(name) } else { summary.hasMoreNames = true }
            }
            if summaryDue == nil { summaryDue = now + wait }
            held = summary
        }

        func isDue(at now: Instant) -> Bool { (summaryDue.map { $0 <= now } ?? false) || isOver(at: now) }

        /// Ten minutes of quiet.
        func isOver(at now: Instant) -> Bool { latest.map { $0 + Storm.window <= now } ?? true }

        mutating func takeSummary(of kind: Kind) -> Summary? {
            guard let summary = held else { return nil }
            held = nil
            summaryDue = nil
            wait = min(wait * 2, Storm.longestWindow)
            return summary
        }
    }
}

extension Storm.Summary {
    /// `41 more failures with backup-failed since 2026-11-22 12:00: crm/a.db, crm/b.db and others`.
    package func notice(zone: ZoneOffset) -> Notice {
        let list = names.map(\.text).joined(separator: ", ") + (hasMoreNames ? " and others" : "")
        let what = "\(count) more \(count == 1 ? "failure" : "failures") with \(code.rawValue) since "
        return Notice(
            .error, .failuresRepeated, what + since.localText(zone: zone) + (list.isEmpty ? "" : ": \(list)"),
            hint: "`holdfast runs list` shows each of them")
    }
}
