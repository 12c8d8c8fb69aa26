package import Model

/// The grace of one database: from missing through deleted to released, events in, orders out.
///
/// - A deletion is confirmed by two complete discoveries without the database, a minute or more apart; a discovery that
///   wasn't complete between them starts over. While the clock is in doubt none counts, and nothing ends.
/// - The countdown is of `deleted_days`, as they are at each moment, from the confirmation.
/// - A day before the end (12 hours when `deleted_days` is 1) it is announced. No end comes without that: when the
///   announcement is more than an hour late, because the daemon was down or the days were cut, the end is a whole day
///   (12 hours) after it. When the end moves out again, it is announced anew.
/// - The end comes only while the server answers, so that the last evidence is fresh.
/// - Each order comes once, if the state is stored with its message.
package struct GraceMachine: Sendable, Hashable {
    package private(set) var state: GraceState

    package init(_ state: GraceState = GraceState()) { self.state = state }

    package mutating func handle(_ event: GraceEvent, _ terms: GraceTerms) -> [GraceOrder] {
        switch event {
        case .found: return comeBack(.found)
        case .adopted(let name): return comeBack(.adopted(by: name))
        case .restored: return comeBack(.restored)
        case .unreachable:
            state.serverAnswers = false
            state.firstMiss = nil
        case .missing:
            state.serverAnswers = true
            if state.confirmed == nil { return miss(terms) }
        case .tick: break
        }
        return advance(terms)
    }

    private mutating func comeBack(_ way: GraceOrder.Return) -> [GraceOrder] {
        let before = state
        state = GraceState()
        return before.confirmed == nil ? [] : [.returned(way, afterEnd: before.ended != nil)]
    }

    private mutating func miss(_ terms: GraceTerms) -> [GraceOrder] {
        let now = terms.reading
        guard terms.clockIsTrusted else { return [] }
        guard let first = state.firstMiss else {
            state.firstMiss = now
            return []
        }
        let elapsed = first.bootID == now.bootID ? now.sinceBoot - first.sinceBoot : now.wall - first.wall
        if elapsed < .zero { state.firstMiss = now }
        guard elapsed >= .seconds(60) else { return [] }
        state.firstMiss = nil
        state.confirmed = now.wall
        let started = end(deletedDays: terms.deletedDays).map { [GraceOrder.started(end: $0)] } ?? []
        return started + advance(terms)
    }

    private mutating func advance(_ terms: GraceTerms) -> [GraceOrder] {
        guard terms.clockIsTrusted, let confirmed = state.confirmed, state.ended == nil else { return [] }
        let now = terms.reading.wall
        let planned = confirmed + Self.length(terms.deletedDays)
        let mark = planned - Self.notice(terms.deletedDays)
        if let announcement = state.announcement, planned > announcement.planned, now < mark {
            state.announcement = nil
        }
        var orders: [GraceOrder] = []
        if state.announcement == nil, now >= mark {
            state.announcement = GraceState.Announcement(at: now, planned: planned)
            orders += end(deletedDays: terms.deletedDays).map { [.ending(end: $0)] } ?? []
        }
        if state.serverAnswers, state.announcement != nil, let end = end(deletedDays: terms.deletedDays), now >= end {
            state.ended = now
            orders.append(.ended)
        }
        return orders
    }

    private static func length(_ days: Int) -> Duration { .seconds(86_400 * min(max(1, days), 36_500)) }

    private static func notice(_ days: Int) -> Duration { days <= 1 ? .seconds(43_200) : .seconds(86_400) }
}

extension GraceMachine {
    /// When the grace ends if nothing changes; nil when the deletion isn't confirmed.
    package func end(deletedDays: Int) -> Instant? {
        guard let confirmed = state.confirmed else { return nil }
        if let ended = state.ended { return ended }
        let planned = confirmed + Self.length(deletedDays)
        guard let announcement = state.announcement else { return planned }
        let notice = Self.notice(deletedDays)
        let isLate = announcement.at > planned - notice + .seconds(3600)
        return isLate ? announcement.at + notice : planned
    }

    /// When the next tick may bring an order; nil when only an event can.
    package func nextDue(deletedDays: Int) -> Instant? {
        guard let end = end(deletedDays: deletedDays), state.ended == nil else { return nil }
        return state.announcement == nil ? end - Self.notice(deletedDays) : end
    }

    /// What retention may know at `now`: nothing is released before the end was ordered, and nothing while it is open
    /// whether the database is gone.
    package func presence(deletedDays: Int, now: Instant) -> UnitPresence {
        guard let confirmed = state.confirmed, let end = end(deletedDays: deletedDays) else {
            return state.serverAnswers && state.firstMiss == nil ? .present : .unreachable
        }
        if state.ended != nil { return .deleted(confirmed: confirmed, graceEnd: min(end, now)) }
        return .deleted(confirmed: confirmed, graceEnd: max(end, now + .seconds(60)))
    }
}

extension GraceOrder {
    /// The message of this order.
    package func notice(of database: DatabaseName, zone: ZoneOffset) -> Notice {
        switch self {
        case .started(let end):
            Notice(
                .warning, .graceStarted,
                "\(database) was deleted; its backups are kept until \(end.localText(zone: zone))",
                hint:
                    "bring it back with `holdfast restore \(database.shellWord) --in-place`, or keep a backup for "
                    + "good with "
                    + "`holdfast backups preserve ID`")
        case .ending(let end):
            Notice(
                .warning, .graceEnding,
                "the backups of the deleted \(database) go at \(end.localText(zone: zone))",
                hint:
                    "bring it back with `holdfast restore \(database.shellWord) --in-place`, or keep a backup for "
                    + "good with "
                    + "`holdfast backups preserve ID`")
        case .ended:
            Notice(
                .warning, .graceEnded,
                "the grace of the deleted \(database) is over; all its backups but preserved ones are released",
                hint: "`holdfast backups undelete ID` takes a backup back for 24 hours")
        case .returned(let way, let afterEnd):
            Notice(
                .success, .databaseReturned, "\(database) \(way.text); its backups are kept by the usual rules again",
                hint: afterEnd
                    ? "its grace was over: take released backups back with `holdfast backups undelete ID`" : nil)
        }
    }
}

extension GraceOrder.Return {
    fileprivate var text: String {
        switch self {
        case .found: "is there again"
        case .adopted(let name): "is continued by \(name)"
        case .restored: "was restored"
        }
    }
}
