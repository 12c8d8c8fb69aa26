import Archiving
import Model

/// Writes one map: what layers hold, merged; streamed.
struct MapWriter {
    /// Where a run's pages are from now on: for each part the object, and the extent but for its object's number.
    typealias Placing = (ImageRun, ObjectName) throws -> [(object: ObjectName, extent: Extent)]

    let unit: UnitStore
    let bench: FrameBench

    /// - Parameters:
    ///   - layers: newest first, of exactly the range of the map.
    ///   - syncNames: whether the name is durable on return, as the content is.
    ///   - place: where the map says that pages are; nil for where the layers say it.
    /// - Returns: all objects that the map names.
    /// - Throws: `point-damaged` when a layer can't be read in any way. A map of that name is left as it is.
    @discardableResult
    func write(
        _ name: ObjectName, of layers: [any ImageLayer], in chain: Chain, syncNames: Bool, place: Placing? = nil
    ) throws -> [ObjectName] {
        guard case .map(let from, let to, let generation) = name else {
            throw Fault(.internalError, "\(name.path) is not a map")
        }
        let object = try OpenObject(name, number: 0, in: unit, frames: .max)
        do {
            let (delta, used) = try merge(layers, chain, to: object.envelope, place: place)
            let record = MapRecord(
                from: from, to: to, generation: generation == 0 ? nil : generation, pages: delta.pages,
                objects: used, cuts: from == 1 ? [] : cuts(of: layers),
                holdsWholeImage: from == 1 || layers.last?.holdsWholeImage ?? false, blocks: delta.blocks)
            let bytes = try RecordCoding.encode(record)
            try bytes.withUnsafeBytes { _ = try object.envelope.write(.record, $0, by: bench) }
            try object.envelope.finish(by: bench)
            try object.sink.commit(as: unit.path(name), syncNames: syncNames)
            unit.noteMap(from...to, generation: generation)
            return used
        } catch let fault as Fault where fault.code == .targetExists && place == nil {
            object.sink.abandon()
            return []
        } catch {
            object.sink.abandon()
            throw error
        }
    }

    private func merge(
        _ layers: [any ImageLayer], _ chain: Chain, to envelope: EnvelopeWriter, place: Placing?
    ) throws -> (DeltaWriter, [ObjectName]) {
        let met = ObjectTable()
        let used = ObjectTable()
        var cursor = ImageCursor(layers, of: unit, in: chain, table: met, by: bench)
        var delta = DeltaWriter()
        let append = { (bytes: [UInt8]) in
            try bytes.withUnsafeBytes { _ = try envelope.write(.delta, $0, by: bench) }
        }
        while let run = try cursor.next() {
            let object = met.name(run.place.object)
            let parts = try place?(run, object) ?? [(object, run.extent)]
            var position = run.hashes.startIndex
            for part in parts {
                var extent = part.extent
                extent.object = UInt32(used.number(part.object))
                let end = position + Int(extent.count)
                try delta.append(extent, hashes: run.hashes[position..<end], write: append)
                position = end
            }
        }
        try delta.finish(write: append)
        return (delta, used.names)
    }

    private func cuts(of layers: [any ImageLayer]) -> [FileCut] {
        var cuts: [UInt32: UInt32] = [:]
        for layer in layers { cuts.merge(layer.cuts, uniquingKeysWith: min) }
        return cuts.map { FileCut(file: $0.key, pages: $0.value) }.sorted { $0.file < $1.file }
    }
}

extension ImageRun {
    /// Its place, the object not named.
    var extent: Extent {
        Extent(
            file: file, firstPage: firstPage, count: UInt32(count), object: 0, frame: place.frame, slot: place.slot)
    }
}
