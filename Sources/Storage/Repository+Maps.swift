import Archiving
package import Model

extension Repository {
    /// Writes the maps that are due for a unit, and anew those that were found unreadable. Not part of any commit: killed
    /// in the middle, it is done the next time. It may run while the unit is pruned; what it writes is left aside then.
    ///
    /// - Returns: how many maps were written.
    @discardableResult
    package func mergeMaps(of unit: UnitID) throws -> Int {
        try requireWritable()
        let objects = unitStore(unit)
        let reading = objects.access.beginReading()
        defer { withExtendedLifetime(reading) {} }
        let bench = try FrameBench()
        var written = try replaceUnusableMaps(of: objects, by: bench)
        guard let newest = try objects.lastNumber() else { return written }
        var chain = try objects.chain()
        written += try mergeSegments(of: &chain, newest: newest, in: objects, by: bench)
        if chain.maps[1...newest] == nil, try needsWhole(newest, in: chain, of: objects, by: bench) {
            try MapMerger(unit: objects, chain: chain, bench: bench).merge(1...newest)
            objects.noteAbove(newest, 0, of: chain)
            written += 1
        }
        return written
    }

    /// Looks at all layers only when those that came since the last look may be too much.
    private func needsWhole(
        _ newest: SequenceNumber, in chain: Chain, of objects: UnitStore, by bench: FrameBench
    ) throws -> Bool {
        let record = try objects.record(of: objects.open(.point(newest), by: bench), by: bench)
        // What only completes the image of one backup is dead with the next, whatever is merged.
        let pages = record.draft.files.reduce(0) { $0 + UInt64($1.pages) } - record.draft.closingPages
        let stored = record.pagesStored - record.closingPages
        if !record.holdsWholeImage, let known = objects.pagesAbove(newest - 1, of: chain) {
            objects.noteAbove(newest, known + stored, of: chain)
            if !MapPlan.needsWhole(pagesAbove: known + stored, imagePages: pages) { return false }
        }
        let layers = try objects.layers(of: 1...newest, in: chain, by: bench)
        let above = layers.dropLast().reduce(0) { $0 + $1.pages - $1.closingPages }
        objects.noteAbove(newest, above, of: chain)
        return MapPlan.needsWhole(pagesAbove: above, imagePages: pages)
    }

    /// O(backups since the last call), amortised; the first one looks for all that may be missing.
    private func mergeSegments(
        of chain: inout Chain, newest: SequenceNumber, in objects: UnitStore, by bench: FrameBench
    ) throws -> Int {
        let layers = chain.baseCount(newest: newest)
        var written = 0
        var isComplete = true
        let missing = MapPlan.missingSegments(
            count: layers, after: objects.mergedLayers(of: chain), layer: { chain.baseRange($0) },
            isPresent: { chain.maps[$0] != nil })
        for segment in missing {
            guard try isReadable({ try MapMerger(unit: objects, chain: chain, bench: bench).merge(segment) }) else {
                isComplete = false
                continue
            }
            chain.maps.insert(segment, generation: chain.generation)
            written += 1
        }
        if isComplete { objects.noteMerged(layers, of: chain) }
        return written
    }

    /// Maps that were found missing or damaged since the repository was opened, and read around.
    package func unusableMaps(of unit: UnitID) -> [ClosedRange<SequenceNumber>] {
        unitStore(unit).passedOverMaps.compactMap { name in
            if case .map(let from, let to, _) = name { from...to } else { nil }
        }
    }

    /// - Returns: false when a backup in the range is damaged: what is damaged stays unmerged, the rest goes on.
    private func isReadable(_ merge: () throws -> Void) throws -> Bool {
        do {
            try merge()
            return true
        } catch let fault as Fault where fault.code.isDamage { return false }
    }

    private func replaceUnusableMaps(of objects: UnitStore, by bench: FrameBench) throws -> Int {
        var written = 0
        for case .map(let from, let to, let generation) in objects.passedOverMaps {
            let name = ObjectName.map(from, to, generation: generation)
            var chain = try objects.chain()
            let base = chain.head?.points.indices.first { index in
                chain.head?.range(of: index) == from...to && chain.head?.points[index].map == generation
            }
            guard base != nil || generation == chain.generation else {
                // A prune has put others in its place.
                objects.useAgain(map: name)
                continue
            }
            chain.maps.insert(from...to, generation: generation)
            if try isReadable({ try MapMerger(unit: objects, chain: chain, bench: bench).replace(from...to) }) {
                written += 1
            }
        }
        return written
    }
}
