import Archiving
import Model
import Synchronization

extension UnitStore {
    /// The unit's layers as they are now. O(maps) when they are first looked up below a head, then O(1).
    func chain() throws -> Chain {
        var chain = try wholeChain().chain
        for case .map(let from, let to, let generation) in unusableMaps.withLock({ $0 })
        where chain.maps[from...to] == generation { chain.maps.remove(from...to) }
        return chain
    }

    /// Takes note of a map that was written.
    func noteMap(_ range: ClosedRange<SequenceNumber>, generation: UInt64) {
        memory.note { memory in
            memory.changes += 1
            guard memory.chain?.chain.generation == generation else { return }
            memory.chain?.chain.maps.insert(range, generation: generation)
        }
    }

    /// How many layers of the chain need no look for segments any more.
    func mergedLayers(of chain: Chain) -> Int {
        memory.recall { $0.chain?.chain.head?.generation == chain.head?.generation ? $0.chain?.merged : nil } ?? 0
    }

    func noteMerged(_ layers: Int, of chain: Chain) {
        memory.note { memory in
            if memory.chain?.chain.head?.generation == chain.head?.generation { memory.chain?.merged = layers }
        }
    }

    /// The most pages that have to be read on top of the lowest layer of an image, as far as that is known.
    func pagesAbove(_ newest: SequenceNumber, of chain: Chain) -> UInt64? {
        memory.recall { memory in
            guard let known = memory.chain, known.chain.head?.generation == chain.head?.generation,
                let above = known.above, above.newest == newest
            else { return nil }
            return above.pages
        }
    }

    func noteAbove(_ newest: SequenceNumber, _ pages: UInt64, of chain: Chain) {
        memory.note { memory in
            if memory.chain?.chain.head?.generation == chain.head?.generation { memory.chain?.above = (newest, pages) }
        }
    }

    /// Unusable maps included.
    private func wholeChain() throws -> UnitMemory.KnownChain {
        let changes = memory.changes
        let head = try head()
        let start = knownHead.withLock { known in
            head.flatMap { $0.generation == known?.head.generation ? known?.start : [] }
        }
        if let known = memory.recall(\.chain), known.head == start { return known }
        var maps = MapIndex()
        let generation = head?.generation ?? 0
        for case .map(let from, let to, _) in try list("maps/\(generation)") {
            maps.insert(from...to, generation: generation)
        }
        if let head {
            for (index, point) in head.points.enumerated() {
                if let generation = point.map { maps.insert(head.range(of: index), generation: generation) }
            }
        }
        let found = UnitMemory.KnownChain(head: start, chain: Chain(head: head, maps: maps))
        // Another prune may have switched the head meanwhile.
        if start?.isEmpty != true { memory.note(since: changes) { $0.chain = found } }
        return found
    }

    /// The layers that make up what the backups in `range` stored, newest first.
    ///
    /// A map that can't be read is passed over: what it merges is read from smaller maps and deltas instead. Below a
    /// backup that stored its whole image nothing is looked at, so that such a backup stands whatever happened before it.
    func layers(
        of range: ClosedRange<SequenceNumber>, in chain: Chain, by bench: FrameBench
    ) throws -> [any ImageLayer] {
        var layers: [any ImageLayer] = []
        for part in LayerCover.parts(of: range, maps: chain.maps, head: chain.head) {
            layers += try self.layers(of: part, in: chain, by: bench)
            if layers.last?.holdsWholeImage ?? false { break }
        }
        return layers
    }

    private func layers(of part: LayerCover.Part, in chain: Chain, by bench: FrameBench) throws -> [any ImageLayer] {
        switch part {
        case .delta(let sequence): return [try delta(sequence, by: bench)]
        case .folded(let range):
            guard let head = chain.head, let index = head.lastPoint(upTo: range.upperBound) else {
                throw Fault(.internalError, "\(range.upperBound) is not a kept backup")
            }
            if head.points[index].map == nil { return [try delta(range.upperBound, by: bench)] }
            return [try RebuiltFold(index, of: head, in: self, by: bench)]
        case .map(let range):
            do {
                return [try map(range, in: chain, by: bench)]
            } catch let fault as Fault where fault.code != .outOfSpace {
                return try layersWithoutMap(of: range, in: chain, by: bench)
            }
        }
    }

    /// What to read instead of a layer that turned out to be damaged.
    ///
    /// - Throws: `fault` when there is no other way.
    func replacement(
        of layer: any ImageLayer, in chain: Chain, after fault: Fault, by bench: FrameBench
    ) throws -> [any ImageLayer] {
        switch layer.object {
        case .map where layer is SealedLayer:
            return try layersWithoutMap(of: layer.range, in: chain, by: bench)
        case .point(let sequence) where layer is SealedLayer:
            do {
                let reader = try open(.point(sequence), by: bench)
                return [try RebuiltLayer(record(of: reader, by: bench), in: self, by: bench)]
            } catch { throw fault }
        default: throw fault
        }
    }

    private func layersWithoutMap(
        of range: ClosedRange<SequenceNumber>, in chain: Chain, by bench: FrameBench
    ) throws -> [any ImageLayer] {
        passOver(map: chain.name(ofMap: range))
        var narrower = chain
        narrower.maps.remove(range)
        return try layers(of: range, in: narrower, by: bench)
    }

    private func map(
        _ range: ClosedRange<SequenceNumber>, in chain: Chain, by bench: FrameBench
    ) throws -> any ImageLayer {
        try layer(chain.name(ofMap: range), by: bench) { name, reader in
            LayerRecord(try mapRecord(name, of: reader, by: bench))
        }
    }

    private func delta(_ sequence: SequenceNumber, by bench: FrameBench) throws -> any ImageLayer {
        try layer(.point(sequence), by: bench) { _, reader in LayerRecord(try record(of: reader, by: bench)) }
    }

    private func layer(
        _ name: ObjectName, by bench: FrameBench, _ read: (ObjectName, EnvelopeReader) throws -> LayerRecord
    ) throws -> any ImageLayer {
        let reader = try open(name, by: bench)
        if let known = layerCache?.layer(name, of: unit, salt: reader.salt) {
            return try SealedLayer(name, known, in: reader)
        }
        let record = try read(name, reader)
        let layer = try SealedLayer(name, record, in: reader)
        layerCache?.note(record, name, of: unit, salt: reader.salt)
        return layer
    }
}
