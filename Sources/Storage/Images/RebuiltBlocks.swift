import Archiving
import Model

/// Delta blocks made from places; their hashes from the pages that lie there.
final class RebuiltBlocks: Sendable {
    private let unit: UnitStore
    private let readers: [EnvelopeReader]
    private let parts: [[Extent]]

    /// The first page of each block.
    let starts: [PageKey]

    /// - Parameter extents: ascending and apart; their objects are positions in `readers`.
    init(_ extents: [Extent], in readers: [EnvelopeReader], of unit: UnitStore) {
        self.unit = unit
        self.readers = readers
        parts = Self.cut(extents)
        starts = parts.compactMap { $0.first?.start }
    }

    /// - Throws: the damage code of an object, `point-damaged` for a frame that is too short.
    func block(_ index: Int, by bench: FrameBench) throws -> DeltaBlock {
        var hashes: [PageHash] = []
        var frame: (object: UInt32, frame: UInt32, bytes: [UInt8])?
        for extent in parts[index] {
            let reader = readers[Int(extent.object)]
            if frame?.object != extent.object || frame?.frame != extent.frame {
                frame = (extent.object, extent.frame, try reader.payload(extent.frame, .pages, by: bench))
            }
            let pageSize = Int(reader.contents.entries[Int(extent.frame)].pageSize)
            let isWhole = try (frame?.bytes ?? []).withUnsafeBytes { bytes in
                try hash(extent, bytes, pageSize, into: &hashes)
            }
            guard isWhole else { throw Fault(.pointDamaged, "\(reader.name) is damaged: a frame misses pages") }
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

    /// All pages of all page frames, as the contents name them, in the order of objects and frames.
    static func extents(of readers: [EnvelopeReader]) -> [Extent] {
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
