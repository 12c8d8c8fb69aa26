import Archiving
import Model

/// One prune of a unit, from plan to deletion.
///
/// The order of writes; killed after any of them, nothing is lost, and the next prune does the rest:
///
/// | Step | Durable effect | A kill right after it leaves | Taken away by |
/// |---|---|---|---|
/// | 1 | maps of generations above the head's are gone | what was there before | – |
/// | 2 | a void point after a newest backup that goes | a fence that a later prune drops | the next prune |
/// | 3 | folds and maps of the next generation, content and then names | objects that no head names | the next prune |
/// | 4 | the next head, copy 0: *from here on the deleted backups are gone* | objects that nothing needs | the next prune |
/// | 5 | the next head, copy 1 | the same | the next prune |
/// | 6 | points, then marks, packs, folds, maps and heads that the head doesn't name are gone | fewer of them | the next prune |
/// | 7 | of a unit without backups: its last head, then its folders are gone | an empty unit | the next prune |
///
/// Step 4 is the switch. Steps 6 and 7 wait for a call that meets no reader.
struct Prune {
    let unit: UnitStore
    let bench: FrameBench
    let step: (PruneStep) throws -> Void
    /// Puts a void point after the newest backup, whose record it takes.
    let fence: (PointRecord) throws -> Void
    var report = PruneReport()

    /// - Throws: what the store and `step` throw.
    mutating func run(deleting: Set<SequenceNumber>) throws {
        var deleting = deleting
        try dropUnfinishedMaps()
        while true {
            guard let plan = try plan(&deleting) else { continue }
            let isDone = try carryOut(plan)
            if isDone { break }
            // A backup began on the newest one meanwhile, or was committed on it: that stays for the next prune.
            if let newest = plan.elements.last(where: { !$0.isVoid }) { deleting.remove(newest.sequence) }
        }
    }

    /// - Returns: nil when the unit changed and has to be looked at again.
    private mutating func plan(_ deleting: inout Set<SequenceNumber>) throws -> PrunePlan? {
        var elements = try PruneElement.list(unit, unit.chain(), unreadable: [])
        _ = elements.mark(deleting: deleting)
        if let newest = elements.last(where: { !$0.isVoid }), !newest.stays {
            if unit.access.hasWriters {
                deleting.remove(newest.sequence)
                return nil
            }
            let isFenced = elements.last?.isVoid ?? false
            if !isFenced, let kept = elements.last(where: { $0.stays && !$0.isVoid }),
                let record = try? unit.record(of: unit.open(.point(kept.sequence), by: bench), by: bench)
            {
                try fence(record)
            }
        }
        return try PrunePlan.make(of: unit, deleting: deleting, step: step)
    }

    /// - Returns: false when a backup that was to go has become the base of another.
    private mutating func carryOut(_ plan: PrunePlan) throws -> Bool {
        report.estimate = plan.estimate
        var collecting = Set(plan.dropped.map(\.name))
        if plan.changesHead {
            let writing = FoldWriter(unit: unit, plan: plan, bench: bench, step: step)
            let folds = try writing.write()
            guard try commit(folds.head, plan) else {
                writing.drop(folds)
                return false
            }
            try unit.put(folds.head, copy: 1, by: bench)
            report.damage = folds.damage
            report.pagesMoved = folds.pagesMoved
            report.written = ByteCount(Int64(clamping: folds.written))
            let used = Set(folds.head.objects)
            collecting.formUnion(plan.rewritten.filter { !used.contains($0) })
        }
        let collection = PruneCollection(unit: unit, bench: bench, step: step)
        try collection.run(collecting, report: &report)
        return true
    }

    private func commit(_ head: Head, _ plan: PrunePlan) throws -> Bool {
        try unit.access.committing {
            if plan.deletesNewest {
                let taken = try unit.list("points").last?.sequence ?? 0
                guard !unit.access.hasWriters, taken <= plan.newest else { return false }
            }
            try unit.put(head, copy: 0, by: bench)
            return true
        }
    }

    /// A prune that was killed before its switch may have left maps under the names that this one needs.
    private func dropUnfinishedMaps() throws {
        let generation = try unit.head()?.generation ?? 0
        for folder in try unit.folders() where folder.hasPrefix("maps/") {
            guard let number = UInt64(folder.dropFirst(5)), number > generation else { continue }
            let names = try unit.list(folder)
            for name in names { try unit.store.delete(unit.path(name)) }
            if !names.isEmpty { try unit.store.syncNames(of: "\(unit.folder)/\(folder)") }
        }
    }
}
