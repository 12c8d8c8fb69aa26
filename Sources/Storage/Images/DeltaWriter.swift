import Archiving
import Model

/// Cuts a sorted stream of placed pages into delta frames of an object; holds at most one block.
struct DeltaWriter {
    private var extents: [Extent] = []
    private var hashes: [PageHash] = []
    private var end = PageKey.first
    /// The first page of every block written.
    private(set) var blocks: [PageKey] = []
    private(set) var pages: UInt64 = 0
    private(set) var extentCount: UInt64 = 0

    /// Appends pages that come after all before.
    ///
    /// - Parameter write: seals and appends the content of a delta frame.
    mutating func append(
        _ extent: Extent, hashes added: ArraySlice<PageHash>, write: ([UInt8]) throws -> Void
    ) throws {
        guard extent.start >= end, Int(extent.count) == added.count else {
            throw Fault(.internalError, "pages of a delta are out of order")
        }
        end = extent.end
        var rest = extent
        var left = added
        while !left.isEmpty {
            let count = min(left.count, DeltaBlock.pageLimit - hashes.count)
            var part = rest
            part.count = UInt32(count)
            put(part)
            hashes.append(contentsOf: left.prefix(count))
            left = left.dropFirst(count)
            rest.firstPage += UInt32(count)
            rest.slot += UInt32(count)
            rest.count -= UInt32(count)
            if hashes.count == DeltaBlock.pageLimit { try flush(write) }
        }
    }

    /// Writes the last block.
    mutating func finish(write: ([UInt8]) throws -> Void) throws {
        if !hashes.isEmpty { try flush(write) }
    }

    private mutating func put(_ extent: Extent) {
        if let last = extents.last, last.continues(with: extent) {
            extents[extents.count - 1].count += extent.count
        } else {
            extents.append(extent)
        }
    }

    private mutating func flush(_ write: ([UInt8]) throws -> Void) throws {
        try write(DeltaBlock.encode(extents: extents, hashes: hashes[...]))
        blocks.append(extents[0].start)
        pages += UInt64(hashes.count)
        extentCount += UInt64(extents.count)
        extents.removeAll(keepingCapacity: true)
        hashes.removeAll(keepingCapacity: true)
    }
}
