import Archiving
import Model

extension UnitStore {
    /// The layers that make up what the backups in `range` stored, newest first.
    ///
    /// A map that can't be read is passed over: what it merges is read from smaller maps and deltas instead.
    func layers(of range: ClosedRange<SequenceNumber>, by bench: FrameBench) throws -> [any ImageLayer] {
        try LayerCover.parts(of: range, maps: maps()).flatMap { part in
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
