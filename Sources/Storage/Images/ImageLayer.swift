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
    let range: ClosedRange<SequenceNumber>
    let objects: [ObjectName]
    let cuts: [UInt32: UInt32]
    let pages: UInt64
    let closingPages: UInt64
    let holdsWholeImage: Bool
    let blocks: [PageKey]

    private let reader: EnvelopeReader
    private let frames: [UInt32]

    var name: String { reader.name }

    convenience init(map record: MapRecord, of object: ObjectName, in reader: EnvelopeReader) throws {
        try self.init(
            object, record.from...record.to, reader, objects: record.objects,
            cuts: Dictionary(record.cuts.map { ($0.file, $0.pages) }, uniquingKeysWith: min), pages: record.pages,
            closingPages: 0,
            holdsWholeImage: record.holdsWholeImage, blocks: record.blocks)
    }

    convenience init(point record: PointRecord, in reader: EnvelopeReader) throws {
        let object = ObjectName.point(record.sequence)
        try self.init(
            object, record.sequence...record.sequence, reader, objects: [object] + record.packs,
            cuts: record.cutsByFile, pages: record.pagesStored, closingPages: record.closingPages,
            holdsWholeImage: record.holdsWholeImage, blocks: record.blocks)
    }

    private init(
        _ object: ObjectName, _ range: ClosedRange<SequenceNumber>, _ reader: EnvelopeReader, objects: [ObjectName],
        cuts: [UInt32: UInt32], pages: UInt64, closingPages: UInt64, holdsWholeImage: Bool, blocks: [PageKey]
    ) throws {
        self.holdsWholeImage = holdsWholeImage
        self.object = object
        self.range = range
        self.reader = reader
        self.objects = objects
        self.cuts = cuts
        self.pages = pages
        self.closingPages = closingPages
        self.blocks = blocks
        frames = reader.contents.entries.indices.filter { reader.contents.entries[$0].kind == .delta }.map(UInt32.init)
        let isAscending = zip(blocks, blocks.dropFirst()).allSatisfy { $0 < $1 }
        guard frames.count == blocks.count, isAscending else { throw damaged("its record and its deltas do not fit") }
    }

    func block(_ index: Int, by bench: FrameBench) throws -> DeltaBlock {
        let bytes = try reader.payload(frames[index], .delta, by: bench)
        let block = try bytes.withUnsafeBytes { bytes in
            try DeltaBlock(bytes, objects: objects.count, damaged: damaged)
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
