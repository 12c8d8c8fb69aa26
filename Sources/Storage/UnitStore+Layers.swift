import Archiving
import Model
import Synchronization

extension UnitStore {
    /// The unit's layers as they are now.
    func chain() throws -> Chain {
        let head = try head()
        var maps: [ClosedRange<SequenceNumber>: UInt64] = [:]
        let generation = head?.generation ?? 0
        for case .map(let from, let to, _) in try list("maps/\(generation)") { maps[from...to] = generation }
        if let head {
            for (index, point) in head.points.enumerated() {
                if let generation = point.map { maps[head.range(of: index)] = generation }
            }
        }
        let unusable = unusableMaps.withLock { $0 }
        if !unusable.isEmpty {
            maps = maps.filter { range, generation in
                !unusable.contains(.map(range.lowerBound, range.upperBound, generation: generation))
            }
        }
        return Chain(head: head, maps: maps)
    }

    /// The layers that make up what the backups in `range` stored, newest first.
    ///
    /// A map that can't be read is passed over: what it merges is read from smaller maps and deltas instead. Below a
    /// backup that stored its whole image nothing is looked at, so that such a backup stands whatever happened before it.
    func layers(
        of range: ClosedRange<SequenceNumber>, in chain: Chain, by bench: FrameBench
    ) throws -> [any ImageLayer] {
        var layers: [any ImageLayer] = []
        for part in LayerCover.parts(of: range, maps: chain.maps.keys, head: chain.head) {
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
        narrower.maps[range] = nil
        return try layers(of: range, in: narrower, by: bench)
    }

    private func map(
        _ range: ClosedRange<SequenceNumber>, in chain: Chain, by bench: FrameBench
    ) throws -> any ImageLayer {
        let name = chain.name(ofMap: range)
        let reader = try open(name, by: bench)
        return try SealedLayer(map: mapRecord(name, of: reader, by: bench), of: name, in: reader)
    }

    private func delta(_ sequence: SequenceNumber, by bench: FrameBench) throws -> any ImageLayer {
        let reader = try open(.point(sequence), by: bench)
        return try SealedLayer(point: record(of: reader, by: bench), in: reader)
    }
}
