import Archiving
import Model

/// Merges layers into maps, outside the commit of backups.
struct MapMerger {
    let unit: UnitStore
    let bench: FrameBench

    /// Writes the map of a range of backups; durable on return.
    ///
    /// - Throws: `point-damaged` when a layer can't be read in any way.
    func merge(_ range: ClosedRange<SequenceNumber>) throws {
        let name = ObjectName.map(range.lowerBound, range.upperBound)
        let layers = try unit.layers(of: range, by: bench)
        let object = try OpenObject(name, number: 0, in: unit, frames: .max)
        do {
            let record = try write(range, layers, to: object.envelope)
            let bytes = try RecordCoding.encode(record)
            try bytes.withUnsafeBytes { _ = try object.envelope.write(.record, $0, by: bench) }
            try object.envelope.finish(by: bench)
            try object.sink.commit(as: unit.path(name), syncNames: true)
        } catch let fault as Fault where fault.code == .targetExists {
            object.sink.abandon()
        } catch {
            object.sink.abandon()
            throw error
        }
        unit.useAgain(map: range)
    }

    private func write(
        _ range: ClosedRange<SequenceNumber>, _ layers: [any ImageLayer], to envelope: EnvelopeWriter
    ) throws -> MapRecord {
        let met = ObjectTable()
        let used = ObjectTable()
        var cursor = ImageCursor(layers, of: unit, table: met, by: bench)
        var delta = DeltaWriter()
        let append = { (bytes: [UInt8]) in
            try bytes.withUnsafeBytes { _ = try envelope.write(.delta, $0, by: bench) }
        }
        while let run = try cursor.next() {
            let extent = Extent(
                file: run.file, firstPage: run.firstPage, count: UInt32(run.count),
                object: UInt32(used.number(met.name(run.place.object))), frame: run.place.frame, slot: run.place.slot)
            try delta.append(extent, hashes: run.hashes, write: append)
        }
        try delta.finish(write: append)
        return MapRecord(
            from: range.lowerBound, to: range.upperBound, pages: delta.pages, objects: used.names,
            cuts: range.lowerBound == 1 ? [] : cuts(of: layers),
            holdsWholeImage: range.lowerBound == 1 || layers.last?.holdsWholeImage ?? false, blocks: delta.blocks)
    }

    private func cuts(of layers: [any ImageLayer]) -> [FileCut] {
        var cuts: [UInt32: UInt32] = [:]
        for layer in layers { cuts.merge(layer.cuts, uniquingKeysWith: min) }
        return cuts.map { FileCut(file: $0.key, pages: $0.value) }.sorted { $0.file < $1.file }
    }
}
