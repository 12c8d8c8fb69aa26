import Model

/// What the rules alone want of a unit's backups.
struct RetentionWishes {
    /// Ascending by sequence number.
    private let backups: [RetainedBackup]
    private let terms: RetentionTerms
    /// How old each backup counts, in microseconds.
    private let ages: [Int64]
    /// Backups that make later ones younger, which a slow clock dated too early.
    let lifting: Set<SequenceNumber>
    private let moments: [LocalMoment]
    private var kept: [RetentionReason?]
    private var going: [RetentionReason]

    private static let day: Int64 = 86_400_000_000

    /// - Parameter undated: backups whose date makes no later one younger.
    init(
        _ backups: [RetainedBackup], _ terms: RetentionTerms, database: DatabaseName, undated: Set<SequenceNumber>
    ) {
        self.backups = backups
        self.terms = terms
        (ages, lifting) = Self.ages(backups, now: terms.now, undated: undated)
        moments = backups.map { LocalMoment($0.instant, zone: terms.zone) }
        kept = Array(repeating: nil, count: backups.count)
        going = Array(repeating: .deletedByPolicy, count: backups.count)
        for (schedule, members) in groups() {
            apply(RetentionTexts(terms.book.rules(for: schedule, database)), to: members)
        }
    }

    /// Why each backup is kept, nil where no rule wants it; and why it goes if nothing else keeps it.
    func result() -> (kept: [RetentionReason?], going: [RetentionReason]) { (kept, going) }

    /// No backup is older than one before it; what is dated after now is new.
    private static func ages(
        _ backups: [RetainedBackup], now: Instant, undated: Set<SequenceNumber>
    ) -> (ages: [Int64], lifting: Set<SequenceNumber>) {
        var newest: RetainedBackup?
        var lifting: Set<SequenceNumber> = []
        let ages = backups.map { backup in
            guard backup.instant <= now else { return Int64(0) }
            var instant = backup.instant
            if let newest, newest.instant > instant {
                instant = newest.instant
                lifting.insert(newest.sequence)
            } else if undated.isEmpty || !undated.contains(backup.sequence) {
                newest = backup
            }
            return (now - instant).microseconds
        }
        return (ages, lifting)
    }

    /// The live backups that are counted together, newest first. Those dated after now are kept, and in no group.
    private mutating func groups() -> [(schedule: String?, members: [Int])] {
        var groups: [(schedule: String?, members: [Int])] = [(nil, [])]
        var places: [String: Int] = [:]
        groups[0].members.reserveCapacity(backups.count)
        for index in backups.indices.reversed() where backups[index].softDeletion == nil {
            if backups[index].instant > terms.now {
                kept[index] = .fromFuture
                continue
            }
            guard let schedule = backups[index].schedule, terms.book.counts(apart: schedule) else {
                groups[0].members.append(index)
                continue
            }
            if let place = places[schedule] {
                groups[place].members.append(index)
            } else {
                places[schedule] = groups.count
                groups.append((schedule, [index]))
            }
        }
        return groups.filter { !$0.members.isEmpty }
    }

    private mutating func apply(_ texts: RetentionTexts, to members: [Int]) {
        let resolved = texts.resolved
        let keepFor = Int64(clamping: min(resolved.keepDays, 36_500)) * Self.day
        let thinFrom = resolved.thins ? Self.day : Int64.max
        var hasThin = false
        for index in members {
            if ages[index] >= keepFor {
                going[index] = .expired(texts.keepDays)
            } else if backups[index].kind == .full || ages[index] < thinFrom {
                kept[index] = .age(texts.keepDays)
            } else {
                going[index] = .superseded(texts.thin, hourly: ages[index] < 7 * Self.day)
                hasThin = true
            }
        }
        if hasThin { thin(members, keepFor: keepFor, rule: texts.thin) }
        if let keepLast = resolved.rules.keepLast, keepLast > 0 {
            let rule = resolved.text(.keepLast)
            for index in members.filter({ backups[$0].isGood }).prefix(keepLast) { keep(index, .last(rule)) }
        }
        for field in RetentionField.counts {
            guard let count = resolved.rules.number(field), count > 0, let slot = RetentionSlot(field) else { continue }
            keepNewest(of: slot, count, members, rule: resolved.text(field))
        }
    }

    private mutating func keep(_ index: Int, _ reason: RetentionReason) {
        if kept[index] == nil { kept[index] = reason }
    }

    /// The newest of each hour and each day, good ones first. All backups of the last days stand for their slots, also
    /// those too young to thin out.
    private mutating func thin(_ members: [Int], keepFor: Int64, rule: String) {
        var hours: Set<Int64> = []
        var days: Set<Int64> = []
        var daysWithFull: Set<Int64> = []
        for index in members where ages[index] < keepFor && ages[index] >= 28 * Self.day {
            if backups[index].kind == .full, backups[index].isGood { daysWithFull.insert(moments[index].day) }
        }
        for good in [true, false] {
            for index in members where backups[index].isGood == good {
                let age = ages[index]
                guard age < keepFor else { continue }
                let slot: RetentionSlot = age < 7 * Self.day ? .hour : .day
                var isNewest = days.insert(moments[index].day).inserted
                if slot == .hour { isNewest = hours.insert(RetentionSlot.hour.key(local: moments[index])).inserted }
                guard kept[index] == nil, isNewest else { continue }
                if age >= 30 * Self.day, daysWithFull.contains(moments[index].day) { continue }
                kept[index] = .thinned(rule, RetainedSlot(slot: slot, local: moments[index]))
            }
        }
    }

    /// The newest good backup of each of the newest `count` slots that have one.
    private mutating func keepNewest(of slot: RetentionSlot, _ count: Int, _ members: [Int], rule: String) {
        var seen: Set<Int64> = []
        for index in members where backups[index].isGood {
            guard seen.insert(slot.key(local: moments[index])).inserted else { continue }
            if seen.count > count { return }
            keep(index, .count(rule, RetainedSlot(slot: slot, local: moments[index])))
        }
    }
}

/// Rules with the texts that many verdicts share.
private struct RetentionTexts {
    let resolved: ResolvedRetention
    let keepDays: String
    let thin: String

    init(_ resolved: ResolvedRetention) {
        self.resolved = resolved
        keepDays = resolved.text(.keepDays)
        thin = resolved.text(.thin)
    }
}
