import Archiving
import Model

/// Finds kept backups that can be read through a merged map only, since a layer below the map is damaged; the map of a
/// generation goes with it, so such a backup needs one in the next.
struct MapRescue {
    let unit: UnitStore
    let plan: PrunePlan
    let bench: FrameBench

    /// What a prune must not make worse.
    struct Need {
        /// Kept backups that need a map of all that their image holds, ascending.
        var wholeMaps: [SequenceNumber] = []
        /// Objects that should hold a layer and can't be read.
        var damage = DamageList()
    }

    /// Opens and reads the layers that stay as they are, no pages. Time: O(places of the unit), when it has merged maps.
    func find() throws -> Need {
        let merged = mergedMaps()
        var need = Need()
        guard !merged.isEmpty else { return need }
        let after = chainAfter()
        // Layers that are damaged and count in the image of the backup that is looked at.
        var broken: [SequenceNumber] = []
        for fold in plan.folds where !fold.isVoid {
            if fold.source == nil {
                if fold.range.lowerBound == 1 { broken = [] }
            } else if let isWhole = try layer(of: fold, in: after) {
                if isWhole { broken = [] }
            } else {
                broken.append(fold.sequence)
                need.damage.insert(DamageList.Item(object: after.layer(of: fold.range), frames: nil))
            }
            guard !broken.isEmpty else { continue }
            let isCovered = merged.contains { map in
                map.upperBound <= fold.sequence && broken.contains { map.contains($0) }
            }
            if isCovered, try isReadable(fold.sequence) {
                need.wholeMaps.append(fold.sequence)
                broken = []
            }
        }
        return need
    }

    /// Usable maps that merge layers, which the next head doesn't name.
    private func mergedMaps() -> [ClosedRange<SequenceNumber>] {
        let layers = Set(plan.chain.head.map { head in head.points.indices.map(head.range) } ?? [])
        return plan.chain.maps.ranges.filter { $0.count > 1 && !layers.contains($0) }
    }

    /// What is there after the switch, without maps that merge layers.
    private func chainAfter() -> Chain {
        var head = Head(generation: plan.chain.generation + 1, upTo: plan.newest, points: [], objects: plan.kept)
        var maps = MapIndex()
        for fold in plan.folds {
            var point = Head.Point(
                sequence: fold.sequence, from: fold.range.lowerBound, map: nil, isVoid: fold.isVoid)
            if case .map(let generation) = fold.source {
                point.map = generation
                maps.insert(fold.range, generation: generation)
            }
            head.points.append(point)
        }
        return Chain(head: head, maps: maps)
    }

    /// - Returns: nil when the layer can't be read in any way, else whether nothing below it counts.
    private func layer(of fold: PrunePlan.Fold, in chain: Chain) throws -> Bool? {
        do {
            let layers = try unit.layers(of: fold.range, in: chain, by: bench)
            try stream(layers, chain)
            return fold.range.lowerBound == 1 || layers.last?.holdsWholeImage ?? false
        } catch let fault as Fault where fault.code.isDamage {
            return nil
        }
    }

    /// Whether the image of a backup can be put together as long as nothing has changed.
    private func isReadable(_ sequence: SequenceNumber) throws -> Bool {
        do {
            _ = try unit.record(of: unit.open(.point(sequence), by: bench), by: bench)
            try stream(unit.layers(of: 1...sequence, in: plan.chain, by: bench), plan.chain)
            return true
        } catch let fault as Fault where fault.code.isDamage {
            return false
        }
    }

    private func stream(_ layers: [any ImageLayer], _ chain: Chain) throws {
        var cursor = ImageCursor(layers, of: unit, in: chain, table: ObjectTable(), by: bench)
        while try cursor.next() != nil {}
    }
}
