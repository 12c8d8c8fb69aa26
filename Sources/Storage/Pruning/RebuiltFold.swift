import Archiving
import Model

/// The layer of a kept backup made anew from page frames, for when the map that a prune wrote of it is lost or damaged.
///
/// The objects that the head names hold, of every page, the version that the backup's image has and maybe older ones; the
/// numbers in their names tell which is newer. Hashes come from the pages themselves. Holds all places in memory.
final class RebuiltFold: ImageLayer {
    let object: ObjectName
    let range: ClosedRange<SequenceNumber>
    let objects: [ObjectName]
    let cuts: [UInt32: UInt32]
    let pages: UInt64
    let closingPages: UInt64 = 0
    let holdsWholeImage: Bool
    let blocks: [PageKey]

    private let source: RebuiltBlocks

    var name: String { "\(object.path) (made anew)" }

    /// - Throws: the damage code of an object that doesn't open.
    init(_ index: Int, of head: Head, in unit: UnitStore, by bench: FrameBench) throws {
        let range = head.range(of: index)
        let record = try unit.record(of: unit.open(.point(range.upperBound), by: bench), by: bench)
        let lengths = Dictionary(record.draft.files.map { ($0.id, $0.pages) }, uniquingKeysWith: { first, _ in first })
        self.range = range
        object = .map(range.lowerBound, range.upperBound, generation: head.points[index].map ?? 0)
        objects = ([.point(range.upperBound)] + head.objects).filter { range.contains($0.sequence) }
        var cuts = lengths
        if index > 0 {
            let before = try unit.record(of: unit.open(.point(head.points[index - 1].sequence), by: bench), by: bench)
            for file in before.draft.files where lengths[file.id] == nil { cuts[file.id] = 0 }
        }
        self.cuts = cuts
        holdsWholeImage = index == 0
        let readers = try objects.map { try unit.open($0, by: bench) }
        let extents = Self.newest(RebuiltBlocks.extents(of: readers), objects.map(\.sequence), lengths)
        pages = extents.reduce(0) { $0 + UInt64($1.count) }
        source = RebuiltBlocks(extents, in: readers, of: unit)
        blocks = source.starts
    }

    func block(_ index: Int, by bench: FrameBench) throws -> DeltaBlock { try source.block(index, by: bench) }

    /// Of each page the version with the highest number, and none beyond the end of its file.
    private static func newest(
        _ extents: [Extent], _ sequences: [SequenceNumber], _ lengths: [UInt32: UInt32]
    ) -> [Extent] {
        var pages: [(key: UInt64, sequence: SequenceNumber, extent: Int)] = []
        for (index, extent) in extents.enumerated() {
            let end = min(extent.firstPage + extent.count, lengths[extent.file] ?? 0)
            guard extent.firstPage < end else { continue }
            for page in extent.firstPage..<end {
                pages.append((PageKey(file: extent.file, page: page).value, sequences[Int(extent.object)], index))
            }
        }
        pages.sort { ($0.key, $1.sequence) < ($1.key, $0.sequence) }
        var found: [Extent] = []
        var last: UInt64?
        for page in pages where page.key != last {
            last = page.key
            var extent = extents[page.extent]
            let skipped = PageKey(value: page.key).page - extent.firstPage
            extent.firstPage += skipped
            extent.slot += skipped
            extent.count = 1
            if let before = found.last, before.continues(with: extent) {
                found[found.count - 1].count += 1
            } else {
                found.append(extent)
            }
        }
        return found
    }
}
