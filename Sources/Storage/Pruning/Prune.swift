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
/// In step 3 of a damaged unit also maps for backups that a merged map alone holds together (`MapRescue`). Step 4 is the
/// switch: right before it the marks are read again (`PruneWish`). Steps 6 and 7 wait for a call that meets no reader.
struct Prune {
    /// Plans that are made before a prune gives up because what it was to delete is taken back again and again.
    static let rounds = 3
    /// Attempts to move pages where there is little room.
    static let movingRounds = 4

    let unit: UnitStore
    let bench: FrameBench
    let step: (PruneStep) throws -> Void
    let wish: PruneWish
    /// Puts a void point after the newest backup, whose record it takes.
    let fence: (PointRecord) throws -> Void
    var report = PruneReport()
    /// Whether pages could not move that should.
    private var isShortOfRoom = false
    /// Whether a head or a deletion was begun that may not be durable: this prune may build on neither when it fails.
    private var isSwitching = false

    init(
        unit: UnitStore, bench: FrameBench, step: @escaping (PruneStep) throws -> Void, wish: PruneWish,
        fence: @escaping (PointRecord) throws -> Void
    ) {
        self.unit = unit
        self.bench = bench
        self.step = step
        self.wish = wish
        self.fence = fence
    }

    private enum Outcome {
        case done
        /// The newest backup, which was to go, has become the base of another.
        case builtOn
        /// These must not be deleted any more.
        case spared(Set<SequenceNumber>)
    }

    /// Where pages can't move for want of room, dead objects are given back first, and pages move as far as the room that
    /// is there then allows.
    ///
    /// - Throws: `busy`; `out-of-space` when there is no room for a head and its maps; what the store, `step` and the wish
    ///   throw.
    mutating func run(deleting requested: Set<SequenceNumber>) throws {
        do {
            try pass(requested, .all)
        } catch let fault as Fault where fault.code == .outOfSpace && !isSwitching {
            isShortOfRoom = true
            try pass(requested, .none)
        }
        if isShortOfRoom { try moveWithinRoom() }
    }

    private mutating func pass(_ requested: Set<SequenceNumber>, _ moving: PrunePlan.Moving) throws {
        var moving = moving
        var deleting = wish.deleting
        var refusals = 0
        // A prune that failed may have put or deleted names that are not durable yet.
        for folder in try unit.folders() {
            do { try unit.store.syncNames(of: "\(unit.folder)/\(folder)") } catch let fault as Fault
                where fault.code == .notFound
            {
                // A folder that isn't there has none.
            }
        }
        try dropUnfinishedMaps()
        while true {
            guard let plan = try plan(&deleting, moving) else { continue }
            if plan.movedBytes > 0, try plan.movedBytes > room() {
                isShortOfRoom = true
                moving = .none
                continue
            }
            let rescue = plan.changesHead ? try MapRescue(unit: unit, plan: plan, bench: bench).find() : .init()
            if !rescue.wholeMaps.isEmpty, !plan.rewritten.isEmpty {
                // Of a damaged unit nothing is touched that only costs room.
                moving = .none
                continue
            }
            switch try carryOut(plan, rescue) {
            case .done:
                let staying = plan.elements.filter { $0.stays && !$0.isVoid }.map(\.sequence)
                report.estimate.left = requested.intersection(staying)
                return
            case .builtOn:
                if let newest = plan.elements.last(where: { !$0.isVoid }) { deleting.remove(newest.sequence) }
            case .spared(let spared):
                deleting.subtract(spared)
                refusals += 1
                guard refusals < Self.rounds else {
                    throw Fault(
                        .busy, "backups of unit \(unit.unit) are taken back while they are being deleted",
                        hint: "nothing was deleted; prune again later")
                }
            }
        }
    }

    /// Bytes that moved pages may take: other work goes on meanwhile and needs room, too.
    private func room() throws -> UInt64 { UInt64(max(0, try unit.store.space().free.bytes)) / 2 }

    /// The little that fits may free enough for more.
    private mutating func moveWithinRoom() throws {
        var estimate = report.estimate
        var limit = try room()
        for _ in 0..<Self.movingRounds {
            try dropUnfinishedMaps()
            let plan = try PrunePlan.make(of: unit, deleting: [], moving: .upTo(limit), step: step)
            guard plan.movedBytes > 0 else { break }
            let rescue = try MapRescue(unit: unit, plan: plan, bench: bench).find()
            guard rescue.wholeMaps.isEmpty else { break }
            do {
                _ = try carryOut(plan, rescue)
                estimate.storedAfter = plan.estimate.storedAfter
                estimate.deadAfter = plan.estimate.deadAfter
                limit = try room()
            } catch let fault as Fault where fault.code == .outOfSpace && !isSwitching {
                // A quota, or others take the room. What was given back is worth more than the fault.
                limit = plan.movedBytes / 4
            }
        }
        report.estimate = estimate
    }

    /// - Returns: nil when the unit changed and has to be looked at again.
    private mutating func plan(
        _ deleting: inout Set<SequenceNumber>, _ moving: PrunePlan.Moving
    ) throws -> PrunePlan? {
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
        return try PrunePlan.make(of: unit, deleting: deleting, moving: moving, step: step)
    }

    private mutating func carryOut(_ plan: PrunePlan, _ rescue: MapRescue.Need) throws -> Outcome {
        report.estimate = plan.estimate
        var collecting = Set(plan.dropped.map(\.name))
        if plan.changesHead {
            let writing = FoldWriter(
                unit: unit, plan: plan, wholeMaps: rescue.wholeMaps, bench: bench, step: step)
            let folds = try writing.write()
            let outcome: Outcome
            do {
                isSwitching = true
                outcome = try commit(folds.head, plan)
            } catch {
                // A head that may have got its name needs what was written.
                let heads = try? unit.list("heads")
                if let heads, !heads.contains(.head(folds.head.generation, copy: 0)) { writing.drop(folds) }
                throw error
            }
            guard case .done = outcome else {
                writing.drop(folds)
                isSwitching = false
                return outcome
            }
            try unit.put(folds.head, copy: 1, by: bench)
            report.damage.formUnion(plan.damage)
            report.damage.formUnion(rescue.damage)
            report.damage.formUnion(folds.damage)
            report.pagesMoved += folds.pagesMoved
            report.written = report.written + ByteCount(Int64(clamping: folds.written))
            let used = Set(folds.head.objects)
            collecting.formUnion(plan.rewritten.filter { !used.contains($0) })
        }
        let collection = PruneCollection(unit: unit, bench: bench, step: step)
        isSwitching = true
        try collection.run(collecting, report: &report)
        isSwitching = false
        return .done
    }

    /// The switch. Marks that were acknowledged before it are heeded, those that come after it find no backup.
    private func commit(_ head: Head, _ plan: PrunePlan) throws -> Outcome {
        try unit.access.marking {
            let spared = try wish.spared(of: plan.deleted)
            guard spared.isEmpty else { return .spared(spared) }
            return try unit.access.committing {
                if plan.deletesNewest {
                    let taken = try unit.list("points").last?.sequence ?? 0
                    guard !unit.access.hasWriters, taken <= plan.newest else { return .builtOn }
                }
                try unit.put(head, copy: 0, by: bench)
                return .done
            }
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
