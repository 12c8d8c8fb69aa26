import Model

/// Makes one plan: what the rules want, then what is protected, then what goes.
struct RetentionJudge {
    /// Ascending by sequence number.
    let backups: [RetainedBackup]
    private(set) var notes: [RetentionNote] = []
    private let terms: RetentionTerms
    private let presence: UnitPresence
    /// Why each backup is kept; nil where nothing keeps it.
    private var kept: [RetentionReason?]
    /// Why each backup goes that nothing keeps.
    private var going: [RetentionReason]

    /// Backups that make later ones younger.
    let lifting: Set<SequenceNumber>

    /// - Parameter undated: backups whose date makes no later one younger.
    init(_ history: RetentionHistory, _ terms: RetentionTerms, undated: Set<SequenceNumber>) {
        backups = history.backups.sorted { $0.sequence < $1.sequence }
        presence = history.presence
        self.terms = terms
        if case .deleted(_, let end) = presence, terms.now >= end {
            kept = Array(repeating: nil, count: backups.count)
            going = Array(repeating: .graceEnded, count: backups.count)
            lifting = []
        } else {
            let wishes = RetentionWishes(backups, terms, database: history.database, undated: undated)
            (kept, going) = wishes.result()
            lifting = wishes.lifting
        }
    }

    mutating func judge() -> [RetentionVerdict] {
        protectLive()
        let frozen = freeze()
        holdShare()
        let survivors = exists ? lastOnesInSoftDelete() : [:]
        var waiting = frozen
        let verdicts = backups.indices.map { index in
            let (fate, reason) =
                isLive(index) ? liveFate(index) : softFate(backups[index], isLastAs: survivors[index])
            if fate == .heldInSoftDelete { waiting += 1 }
            return RetentionVerdict(sequence: backups[index].sequence, fate: fate, reason: reason)
        }
        note(waiting: waiting)
        return verdicts
    }

    private var exists: Bool {
        if case .deleted = presence { false } else { true }
    }

    private func isLive(_ index: Int) -> Bool { backups[index].softDeletion == nil }
}

// MARK: - Backups that nobody has deleted

extension RetentionJudge {
    /// What no rule has to want: preserved and undeleted backups, and the last ones of a database that exists.
    private mutating func protectLive() {
        for index in backups.indices where isLive(index) {
            let backup = backups[index]
            if backup.isPreserved { kept[index] = .preserved }
            if kept[index] == nil, let undeleted = backup.undeletedAt, undeleted + terms.undeleteWindow > terms.now {
                kept[index] = .undeleted(undeleted)
            }
        }
        guard exists else { return }
        let hasGood = protect(.newestGood) { $0.isGood }
        protect(.newestProven) { $0.isGood && $0.provenAt != nil }
        if !hasGood { protect(.newestOfNone) { _ in true } }
    }

    /// The newest backup of a kind stays, and if a wrong clock dated it after now, the newest before it too.
    ///
    /// - Returns: whether there is one.
    @discardableResult
    private mutating func protect(_ reason: RetentionReason, where isMeant: (RetainedBackup) -> Bool) -> Bool {
        var found = false
        for index in backups.indices.reversed() where isLive(index) && isMeant(backups[index]) {
            if kept[index] == nil { kept[index] = reason }
            found = true
            if backups[index].instant <= terms.now { break }
        }
        return found
    }

    /// - Returns: how many backups it keeps.
    private mutating func freeze() -> Int {
        guard let reason = freezeReason(of: .policy) else { return 0 }
        var count = 0
        for index in backups.indices where isLive(index) && kept[index] == nil {
            kept[index] = reason
            count += 1
        }
        return count
    }

    /// Why nothing goes at all that this author has deleted or would delete.
    private func freezeReason(of author: RetainedBackup.SoftDeletion.Author) -> RetentionReason? {
        if !terms.clockIsTrusted { return .clockInDoubt }
        guard author == .policy else { return nil }
        switch presence {
        case .present: return nil
        case .unreachable: return .unreachable
        case .deleted(_, let end): return terms.now < end ? .grace(end: end) : nil
        }
    }

    private mutating func holdShare() {
        guard presence == .present, !terms.confirmed else { return }
        var live = 0
        var count = 0
        for index in backups.indices where isLive(index) {
            live += 1
            guard kept[index] == nil else { continue }
            if case .superseded(_, true) = going[index] { continue }
            count += 1
        }
        guard count >= 5, count * 100 > terms.shareLimit * live else { return }
        let percent = (count * 100 + live - 1) / live
        for index in backups.indices where isLive(index) && kept[index] == nil {
            kept[index] = .held(percent: percent, limit: terms.shareLimit)
        }
        notes.append(.held(count: count, of: live, limit: terms.shareLimit))
    }

    private func liveFate(_ index: Int) -> (RetentionVerdict.Fate, RetentionReason) {
        if let reason = kept[index] { return (.kept, reason) }
        return (nothingWaits ? .deleted : .released(until: terms.now + terms.undeleteWindow), going[index])
    }

    private var nothingWaits: Bool { terms.immediate || terms.undeleteWindow <= .zero }
}

// MARK: - Backups in soft delete

extension RetentionJudge {
    /// The backups in soft delete that must not go because no other one is left that is good, or proven.
    private func lastOnesInSoftDelete() -> [Int: RetentionReason] {
        var last: [Int: RetentionReason] = [:]
        func protect(_ reason: RetentionReason, where isMeant: (RetainedBackup) -> Bool) {
            var newest: Int?
            for index in backups.indices where isMeant(backups[index]) {
                if isLive(index) { return }
                newest = index
            }
            if let newest, last[newest] == nil { last[newest] = reason }
        }
        protect(.newestGood) { $0.isGood }
        protect(.newestProven) { $0.isGood && $0.provenAt != nil }
        if !backups.contains(where: \.isGood) { protect(.newestOfNone) { _ in true } }
        return last
    }

    private func softFate(
        _ backup: RetainedBackup, isLastAs reason: RetentionReason?
    ) -> (RetentionVerdict.Fate, RetentionReason) {
        guard let deletion = backup.softDeletion else { return (.kept, .preserved) }
        let author: RetentionReason = deletion.author == .admin ? .deletedByAdmin : .deletedByPolicy
        let until = deletion.since + terms.undeleteWindow
        if !nothingWaits, terms.now < until { return (.inSoftDelete(until: until), author) }
        if backup.isPreserved { return (.heldInSoftDelete, .preserved) }
        if let frozen = freezeReason(of: deletion.author) { return (.heldInSoftDelete, frozen) }
        if let reason { return (.heldInSoftDelete, reason) }
        return (.deleted, author)
    }

    private mutating func note(waiting: Int) {
        if !terms.clockIsTrusted {
            notes.append(.clockInDoubt(count: waiting))
        } else if presence == .unreachable, waiting > 0 {
            notes.append(.unreachable(count: waiting))
        }
        let fromFuture = backups.count { $0.instant > terms.now }
        if fromFuture > 0 { notes.append(.fromFuture(count: fromFuture)) }
    }
}
