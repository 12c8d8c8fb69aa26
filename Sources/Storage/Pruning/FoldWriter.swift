import Archiving
import Model

/// Writes what a plan needs before the switch: folds with pages that move, and the maps of the next generation.
struct FoldWriter {
    let unit: UnitStore
    let plan: PrunePlan
    /// Kept backups that get a map of all that their image holds.
    let wholeMaps: [SequenceNumber]
    let bench: FrameBench
    let step: (PruneStep) throws -> Void

    struct Result {
        var head: Head
        var names: [ObjectName] = []
        var damage = DamageList()
        var pagesMoved: UInt64 = 0
        var written: UInt64 = 0
    }

    /// All of it durable on return, but for the head, which is for the caller to put.
    func write() throws -> Result {
        let generation = (plan.chain.head?.generation ?? 0) + 1
        var result = Result(head: Head(generation: generation, upTo: plan.newest, points: [], objects: []))
        do {
            for fold in plan.folds { try write(fold, generation, &result) }
            for sequence in wholeMaps { try writeWholeMap(of: sequence, generation, &result) }
            try writeSegments(generation, &result)
            for folder in Set(result.names.map(unit.folder)).sorted() { try unit.store.syncNames(of: folder) }
        } catch {
            drop(result)
            throw error
        }
        // What holds a frame that could not be read stays, with all that is in it.
        let kept = plan.objects.filter { object in
            guard !plan.isDropped(object) else { return false }
            return !plan.rewritten.contains(object.name) || result.damage.items.contains { $0.object == object.name }
        }
        let listed = Set(plan.folds.map { ObjectName.point($0.sequence) })
        let folds = result.names.filter { if case .fold = $0 { true } else { false } }
        result.head.objects = kept.map(\.name).filter { !listed.contains($0) } + folds
        return result
    }

    /// Takes back what was written; what stays is taken away by the next prune.
    func drop(_ result: Result) {
        for name in result.names { try? unit.store.delete(unit.path(name)) }
    }

    private func write(_ fold: PrunePlan.Fold, _ generation: UInt64, _ result: inout Result) throws {
        var point = Head.Point(
            sequence: fold.sequence, from: fold.range.lowerBound, map: nil, isVoid: fold.isVoid)
        switch fold.source {
        case .delta: break
        case .map(let older): point.map = older
        case nil:
            point.map = generation
            try writeMap(fold, generation, &result)
        }
        result.head.points.append(point)
    }

    private func writeMap(_ fold: PrunePlan.Fold, _ generation: UInt64, _ result: inout Result) throws {
        let mover = PageMover(fold.sequence, in: unit, moving: plan.rewritten, by: bench)
        let name = ObjectName.map(fold.range.lowerBound, fold.range.upperBound, generation: generation)
        defer {
            result.names += mover.finished
            result.damage.formUnion(mover.damage)
            result.pagesMoved += mover.pagesMoved
            result.written += mover.written
        }
        let layers = try unit.layers(of: fold.range, in: plan.chain, by: bench)
        try MapWriter(unit: unit, bench: bench).write(name, of: layers, in: plan.chain, syncNames: false) {
            run, object in
            let parts = try mover.place(run, in: object)
            if plan.rewritten.contains(object) { try step(.moved(pages: UInt64(run.count))) }
            return parts
        }
        result.names.append(name)
        try mover.finish()
        result.written += try unit.store.size(unit.path(name)) ?? 0
    }

    /// Merges what whoever opens an image would have to read layer by layer from the switch on, of which there may be one
    /// for each kept backup. What fails here is merged after the next backup.
    private func writeSegments(_ generation: UInt64, _ result: inout Result) throws {
        var chain = Chain(head: result.head, maps: MapIndex())
        for case .map(let from, let to, let generation) in result.names {
            chain.maps.insert(from...to, generation: generation)
        }
        for (index, point) in result.head.points.enumerated() {
            if let older = point.map { chain.maps.insert(result.head.range(of: index), generation: older) }
        }
        let segments = MapPlan.missingSegments(
            count: result.head.points.count, after: 0, layer: { chain.baseRange($0) },
            isPresent: { chain.maps[$0] != nil })
        for segment in segments {
            let name = ObjectName.map(segment.lowerBound, segment.upperBound, generation: generation)
            do {
                let layers = try unit.layers(of: segment, in: chain, by: bench)
                try MapWriter(unit: unit, bench: bench).write(name, of: layers, in: chain, syncNames: false)
            } catch let fault as Fault where fault.code.isDamage {
                continue
            } catch let fault as Fault where fault.code == .outOfSpace { return }
            result.names.append(name)
            chain.maps.insert(segment, generation: generation)
            try step(.merged)
        }
    }

    /// Says where pages are that stay where they are.
    private func writeWholeMap(
        of sequence: SequenceNumber, _ generation: UInt64, _ result: inout Result
    ) throws {
        let name = ObjectName.map(1, sequence, generation: generation)
        let layers = try unit.layers(of: 1...sequence, in: plan.chain, by: bench)
        let used = try MapWriter(unit: unit, bench: bench).write(name, of: layers, in: plan.chain, syncNames: false) {
            run, object in [(object, run.extent)]
        }
        result.names.append(name)
        result.written += try unit.store.size(unit.path(name)) ?? 0
        guard Set(used).isSubset(of: plan.kept) else {
            throw Fault(
                .pointDamaged, "backup \(sequence) of unit \(unit.unit) needs pages of damaged ones that are to go",
                hint: "nothing was deleted; make a full backup, then delete the damaged ones and those after them")
        }
    }
}
