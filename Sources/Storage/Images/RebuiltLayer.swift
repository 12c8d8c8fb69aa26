import Archiving
import Model

/// A delta made anew from the page frames of its backup, for when its own frames are damaged.
///
/// Places come from the sealed contents of point and packs, hashes from the pages themselves. Holds all places in memory.
final class RebuiltLayer: ImageLayer {
    let object: ObjectName
    let range: ClosedRange<SequenceNumber>
    let objects: [ObjectName]
    let cuts: [UInt32: UInt32]
    let pages: UInt64
    let closingPages: UInt64
    let holdsWholeImage: Bool
    let blocks: [PageKey]

    private let source: RebuiltBlocks
    private let unit: UnitStore

    var name: String { unit.path(object) }

    /// - Throws: the damage code of an object that doesn't open, or `point-damaged` when pages are missing.
    init(_ record: PointRecord, in unit: UnitStore, by bench: FrameBench) throws {
        self.unit = unit
        object = .point(record.sequence)
        range = record.sequence...record.sequence
        objects = [object] + record.packs
        cuts = record.cutsByFile
        holdsWholeImage = record.holdsWholeImage
        let readers = try objects.map { try unit.open($0, by: bench) }
        let extents = RebuiltBlocks.extents(of: readers).sorted { $0.start < $1.start }
        closingPages = record.closingPages
        pages = extents.reduce(0) { $0 + UInt64($1.count) }
        let isApart = zip(extents, extents.dropFirst()).allSatisfy { $0.end <= $1.start }
        guard pages == record.pagesStored, isApart else {
            throw Fault(.pointDamaged, "\(unit.path(object)) is damaged: its delta can't be made anew from its pages")
        }
        source = RebuiltBlocks(extents, in: readers, of: unit)
        blocks = source.starts
    }

    func block(_ index: Int, by bench: FrameBench) throws -> DeltaBlock { try source.block(index, by: bench) }
}
