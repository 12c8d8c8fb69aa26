import Archiving
import Model

extension UnitStore {
    /// The layers that make up what the backups in `range` stored, newest first.
    ///
    /// A map that can't be read is passed over: what it merges is read from smaller maps and deltas instead. Below a
    /// backup that stored its whole image nothing is looked at, so that such a backup stands whatever happened before it.
    func layers(of range: ClosedRange<SequenceNumber>, by bench: FrameBench) throws -> [any ImageLayer] {
        var layers: [any ImageLayer] = []
        for part in LayerCover.parts(of: range, maps: try maps()) {
            layers += try self.layers(of: part, by: bench)
            if layers.last?.holdsWholeImage ?? false { break }
        }
        return layers
    }

    private func layers(of part: LayerCover.Part, by bench: FrameBench) throws -> [any ImageLayer] {
        switch part {
        case .delta(let sequence): return [try delta(sequence, by: bench)]
        case .map(let range):
            do {
                return [try map(range, by: bench)]
            } catch let fault as Fault where fault.code != .outOfSpace {
                passOver(map: range)
                return try layers(of: range, by: bench)
            }
        }
    }

    /// What to read instead of a layer that turned out to be damaged.
    ///
    /// - Throws: `fault` when there is no other way.
    func replacement(of layer: any ImageLayer, after fault: Fault, by bench: FrameBench) throws -> [any ImageLayer] {
        switch layer.object {
        case .map:
            passOver(map: layer.range)
            return try layers(of: layer.range, by: bench)
        case .point(let sequence) where layer is SealedLayer:
            do {
                let reader = try open(.point(sequence), by: bench)
                return [try RebuiltLayer(record(of: reader, by: bench), in: self, by: bench)]
            } catch { throw fault }
        default: throw fault
        }
    }

    private func map(_ range: ClosedRange<SequenceNumber>, by bench: FrameBench) throws -> any ImageLayer {
        let name = ObjectName.map(range.lowerBound, range.upperBound)
        let reader = try open(name, by: bench)
        return try SealedLayer(map: mapRecord(of: reader, by: bench), of: name, in: reader)
    }

    private func delta(_ sequence: SequenceNumber, by bench: FrameBench) throws -> any ImageLayer {
        let reader = try open(.point(sequence), by: bench)
        return try SealedLayer(point: record(of: reader, by: bench), in: reader)
    }
}
