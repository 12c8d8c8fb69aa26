import Archiving
import Model
import Synchronization

/// A delta made anew from the page frames of its backup, for when its own frames are damaged.
///
/// Places come from the sealed contents of point and packs, hashes from the pages themselves. Holds all places in memory.
final class RebuiltLayer: ImageLayer {
    let object: ObjectName
    let range: ClosedRange<SequenceNumber>
    let objects: [ObjectName]
    let cuts: [UInt32: UInt32]
    let pages: UInt64
    let holdsWholeImage: Bool
    let blocks: [PageKey]

    private let unit: UnitStore
    private let readers: [EnvelopeReader]
    private let parts: [[Extent]]

    var name: String { unit.path(object) }

    /// - Throws: the damage code of an object that doesn't open, or `point-damaged` when pages are missing.
    init(_ record: PointRecord, in unit: UnitStore, by bench: FrameBench) throws {
        self.unit = unit
        object = .point(record.sequence)
        range = record.sequence...record.sequence
        objects = [object] + record.packs
        cuts = record.cutsByFile
        holdsWholeImage = record.holdsWholeImage
        readers = try objects.map { try unit.open($0, by: bench) }
        let extents = Self.extents(of: readers).sorted { $0.start < $1.start }
        pages = extents.reduce(0) { $0 + UInt64($1.count) }
        let isApart = zip(extents, extents.dropFirst()).allSatisfy { $0.end <= $1.start }
        guard pages == record.pagesStored, isApart else {
            throw Fault(.pointDamaged, "\(unit.path(object)) is damaged: its delta can't be made anew from its pages")
        }
        parts = Self.cut(extents)
        blocks = parts.compactMap { $0.first?.start }
    }

    func block(_ index: Int, by bench: FrameBench) throws -> DeltaBlock {
        var hashes: [PageHash] = []
        var frame: (object: UInt32, frame: UInt32, bytes: [UInt8])?
        for extent in parts[index] {
            let reader = readers[Int(extent.object)]
            if frame?.object != extent.object || frame?.frame != extent.frame {
                frame = (extent.object, extent.frame, try reader.read(extent.frame, .pages, by: bench))
            }
            let pageSize = Int(reader.contents.entries[Int(extent.frame)].pageSize)
            let isWhole = try (frame?.bytes ?? []).withUnsafeBytes { bytes in
                try hash(extent, bytes, pageSize, into: &hashes)
            }
            guard isWhole else { throw Fault(.pointDamaged, "\(name) is damaged: a frame misses pages") }
        }
        return DeltaBlock(extents: parts[index], hashes: hashes)
    }

    private func hash(
        _ extent: Extent, _ bytes: UnsafeRawBufferPointer, _ pageSize: Int, into hashes: inout [PageHash]
    ) throws -> Bool {
        guard (Int(extent.slot) + Int(extent.count)) * pageSize <= bytes.count else { return false }
        for slot in Int(extent.slot)..<Int(extent.slot) + Int(extent.count) {
            hashes.append(
                unit.hasher.hash(UnsafeRawBufferPointer(rebasing: bytes[slot * pageSize..<(slot + 1) * pageSize])))
        }
        return true
    }

    private static func extents(of readers: [EnvelopeReader]) -> [Extent] {
        var extents: [Extent] = []
        for (object, reader) in readers.enumerated() {
            for (frame, entry) in reader.contents.entries.enumerated() where entry.kind == .pages {
                var slot: UInt32 = 0
                for run in reader.contents.runs(of: entry) {
                    extents.append(
                        Extent(
                            file: run.file, firstPage: run.firstPage, count: run.count, object: UInt32(object),
                            frame: UInt32(frame), slot: slot))
                    slot &+= run.count
                }
            }
        }
        return extents
    }

    /// Blocks of at most as many pages as a delta frame has.
    private static func cut(_ extents: [Extent]) -> [[Extent]] {
        var parts: [[Extent]] = []
        var part: [Extent] = []
        var pages = 0
        for extent in extents {
            if pages + Int(extent.count) > DeltaBlock.pageLimit, !part.isEmpty {
                parts.append(part)
                part = []
                pages = 0
            }
            part.append(extent)
            pages += Int(extent.count)
        }
        if !part.isEmpty { parts.append(part) }
        return parts
    }
}
