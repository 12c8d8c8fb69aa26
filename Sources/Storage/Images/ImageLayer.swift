import Archiving
import Model

/// Sorted pages that some backups stored, as one layer of an image: a delta or a map.
protocol ImageLayer: AnyObject, Sendable {
    /// For faults.
    var name: String { get }
    /// The object that holds the layer.
    var object: ObjectName { get }
    /// The backups whose pages it holds.
    var range: ClosedRange<SequenceNumber> { get }
    /// The object table of its extents.
    var objects: [ObjectName] { get }
    /// For layers below: pages from this number on are dead, by file.
    var cuts: [UInt32: UInt32] { get }
    var pages: UInt64 { get }
    /// Of these, those of files that complete the image of their own backup only.
    var closingPages: UInt64 { get }
    /// Whether layers below have nothing that counts.
    var holdsWholeImage: Bool { get }
    /// The first pages of the blocks, ascending.
    var blocks: [PageKey] { get }

    /// - Throws: the damage code of the object.
    func block(_ index: Int, by bench: FrameBench) throws -> DeltaBlock
}

/// A layer in the delta frames of a point or a map.
final class SealedLayer: ImageLayer {
    let object: ObjectName
    private let record: LayerRecord
    private let reader: EnvelopeReader
    private let frames: [UInt32]

    var name: String { reader.name }

    var range: ClosedRange<SequenceNumber> { record.range }
    var objects: [ObjectName] { record.objects }
    var cuts: [UInt32: UInt32] { record.cuts }
    var pages: UInt64 { record.pages }
    var closingPages: UInt64 { record.closingPages }
    var holdsWholeImage: Bool { record.holdsWholeImage }
    var blocks: [PageKey] { record.blocks }

    init(_ object: ObjectName, _ record: LayerRecord, in reader: EnvelopeReader) throws {
        self.object = object
        self.record = record
        self.reader = reader
        let blocks = record.blocks
        frames = reader.contents.entries.indices.filter { reader.contents.entries[$0].kind == .delta }.map(UInt32.init)
        let isAscending = zip(blocks, blocks.dropFirst()).allSatisfy { $0 < $1 }
        guard frames.count == blocks.count, isAscending else { throw damaged("its record and its deltas do not fit") }
    }

    func block(_ index: Int, by bench: FrameBench) throws -> DeltaBlock {
        let blocks = record.blocks
        let bytes = try reader.payload(frames[index], .delta, by: bench)
        let block = try bytes.withUnsafeBytes { bytes in
            try DeltaBlock(bytes, objects: record.objects.count, damaged: damaged)
        }
        let next = index + 1 < blocks.count ? blocks[index + 1] : .end
        guard block.start == blocks[index], let last = block.extents.last, last.end <= next else {
            throw damaged("its deltas are out of order")
        }
        return block
    }

    private func damaged(_ what: String) -> Fault {
        Fault(reader.identity.kind.damageCode, "\(name) is damaged: \(what)", context: ["object": name])
    }
}

extension PointRecord {
    /// Where older layers end, by file.
    var cutsByFile: [UInt32: UInt32] {
        var cuts = Dictionary(draft.cuts.map { ($0.file, $0.pages) }, uniquingKeysWith: min)
        for file in draft.gone { cuts[file] = 0 }
        return cuts
    }
}
