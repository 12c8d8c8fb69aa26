package import Model

/// What retention does with each backup of one unit at one instant: the one function behind the preview and the prune.
///
/// - A backup is kept as long as any rule wants it: `keep_days` wants all (progressive ones thin out inside it: all for 24
///   hours, the newest of each local hour for 7 days, the newest of each local day for 30; after that the newest of days
///   without a full), `keep_last` and the counts want theirs whatever their age.
/// - Backups of a schedule that has rules of its own are counted and thinned by themselves, all others of the unit
///   together. Only good backups fill a number; a slot without a good one is represented by its newest.
/// - Of two backups the one with the higher sequence number is newer. None counts as older than one before it, so that
///   a clock that was slow ages nothing. One dated after now counts as made now and takes nobody's place.
/// - Preserved backups never go; nor do, of a database that exists, the newest good and the newest proven one; nor
///   anything while the clock is in doubt, while the database is unreachable or during its grace. After the grace all but
///   preserved ones go.
/// - Nothing goes when more than the share of an existing database's backups would go at once, unless confirmed. Fewer
///   than five never count, nor do those of the last 7 days whose hour keeps another: that is the daily course.
/// - Final deletion follows `undeleteWindow` after the release, with the same protections, for an admin's deletions
///   too; a new backup lifts those of the newest good one. What an admin deleted goes also while the database is
///   unreachable or in its grace.
///
/// O(n log n) in the number of backups.
package struct RetentionPlan: Sendable {
    /// Ascending by sequence number, one for each backup of the history.
    package let verdicts: [RetentionVerdict]
    /// What people should know of the plan as a whole.
    package let notes: [RetentionNote]
    /// The sum of what is known of the backups deleted now for good.
    package let bytesFreed: ByteCount
    /// The same for those released now; freed when they are deleted for good.
    package let bytesReleased: ByteCount

    package init(_ history: RetentionHistory, _ terms: RetentionTerms) {
        var judge = RetentionJudge(history, terms, undated: [])
        var verdicts = judge.judge()
        var undated: Set<SequenceNumber> = []
        // What goes for good can't make others younger any more: a second prune would find these older.
        while !judge.lifting.isEmpty {
            let lost = judge.lifting.intersection(verdicts.lazy.filter { $0.fate == .deleted }.map(\.sequence))
            guard !lost.isSubset(of: undated) else { break }
            undated.formUnion(lost)
            judge = RetentionJudge(history, terms, undated: undated)
            verdicts = judge.judge()
        }
        self.verdicts = verdicts
        notes = judge.notes
        var freed: Int64 = 0
        var released: Int64 = 0
        for (verdict, backup) in zip(verdicts, judge.backups) {
            switch verdict.fate {
            case .deleted: freed += backup.bytesFreed?.bytes ?? 0
            case .released: released += backup.bytesFreed?.bytes ?? 0
            default: continue
            }
        }
        bytesFreed = ByteCount(freed)
        bytesReleased = ByteCount(released)
    }

    /// Softly deleted now, ascending.
    package var released: [SequenceNumber] {
        verdicts.compactMap { verdict in
            if case .released = verdict.fate { verdict.sequence } else { nil }
        }
    }

    /// Deleted now for good, ascending.
    package var finallyDeleted: [SequenceNumber] { verdicts.filter { $0.fate == .deleted }.map(\.sequence) }

    /// Whose page versions have to stay: all but those deleted for good; ascending.
    package var remaining: [SequenceNumber] { verdicts.filter { $0.fate != .deleted }.map(\.sequence) }

    /// The next instant at which a softly deleted backup's time is over; nil when none waits.
    package var nextFinalDeletion: Instant? {
        verdicts.compactMap { verdict in
            switch verdict.fate {
            case .released(let until), .inSoftDelete(let until): until
            default: nil
            }
        }.min()
    }
}

/// What people should know of a plan as a whole.
package enum RetentionNote: Sendable, Hashable, CustomStringConvertible {
    /// More than the share would have gone at once: `prune-held`.
    case held(count: Int, of: Int, limit: Int)
    /// So many would have been released or deleted for good: `clock-in-doubt`.
    case clockInDoubt(count: Int)
    case unreachable(count: Int)
    /// So many backups are dated after now.
    case fromFuture(count: Int)

    package var description: String {
        switch self {
        case .held(let count, let all, let limit):
            "held: \(count) of \(all) backups would go at once, more than \(limit) %; check the retention rules, then "
                + "confirm the prune"
        case .clockInDoubt(let count):
            "nothing is deleted while the clock is in doubt: \(count) backups wait; set the clock, or confirm it with "
                + "`holdfast prune --confirm-clock`"
        case .unreachable(let count): "nothing is deleted while the database is unreachable: \(count) backups wait"
        case .fromFuture(let count): "\(count) backups are dated after now; they stay, and take no other's place"
        }
    }
}
