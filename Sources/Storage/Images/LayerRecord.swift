import Archiving
import Model

/// What the record of a point or map says of it as a layer.
struct LayerRecord: Sendable {
    var range: ClosedRange<SequenceNumber>
    var objects: [ObjectName]
    var cuts: [UInt32: UInt32]
    var pages: UInt64
    var closingPages: UInt64
    var holdsWholeImage: Bool
    var blocks: [PageKey]

    init(_ record: PointRecord) {
        range = record.sequence...record.sequence
        objects = [.point(record.sequence)] + record.packs
        cuts = record.cutsByFile
        pages = record.pagesStored
        closingPages = record.closingPages
        holdsWholeImage = record.holdsWholeImage
        blocks = record.blocks
    }

    init(_ record: MapRecord) {
        range = record.from...record.to
        objects = record.objects
        cuts = Dictionary(record.cuts.map { ($0.file, $0.pages) }, uniquingKeysWith: min)
        pages = record.pages
        closingPages = 0
        holdsWholeImage = record.holdsWholeImage
        blocks = record.blocks
    }

    /// About what it takes in memory.
    var bytes: Int {
        256 + objects.count * MemoryLayout<ObjectName>.stride + cuts.count * 16
            + blocks.count * MemoryLayout<PageKey>.stride
    }
}
