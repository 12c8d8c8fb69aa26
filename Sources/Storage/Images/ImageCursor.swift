package import Archiving
import Model

/// Where a page lies.
package struct PagePlace: Sendable, Hashable {
    /// Position in `Image.objects`.
    package var object: Int
    package var frame: UInt32
    package var slot: UInt32

    package init(object: Int, frame: UInt32, slot: UInt32) {
        self.object = object
        self.frame = frame
        self.slot = slot
    }
}

/// Consecutive pages of an image that lie in consecutive slots of one frame.
package struct ImageRun: Sendable {
    package var file: UInt32
    /// Counted from 0.
    package var firstPage: UInt32
    package var place: PagePlace
    /// One for each page.
    package var hashes: ArraySlice<PageHash>

    package var count: Int { hashes.count }
    var start: PageKey { PageKey(file: file, page: firstPage) }
    var end: PageKey { PageKey(value: start.value + UInt64(hashes.count)) }
}

/// Reads the places and hashes of an image in order of file and page, forward only.
///
/// Holds one decoded block of at most 4,096 pages for each layer. For one thread at a time.
package struct ImageCursor {
    private let unit: UnitStore
    private let chain: Chain
    private let table: ObjectTable
    private let bench: FrameBench
    private var layers: [LayerCursor] = []
    private var position = PageKey.first

    init(_ layers: [any ImageLayer], of unit: UnitStore, in chain: Chain, table: ObjectTable, by bench: FrameBench) {
        self.unit = unit
        self.chain = chain
        self.table = table
        self.bench = bench
        self.layers = cursors(layers, below: [:])
    }

    /// Goes to the first page at or after this one; pages behind are not gone back to.
    package mutating func move(to file: UInt32, page: UInt32) { move(to: PageKey(file: file, page: page)) }

    mutating func move(to key: PageKey) { position = max(position, key) }

    /// - Returns: nil after the last page.
    /// - Throws: `point-damaged` when a layer is damaged and can't be made up for by others.
    package mutating func next() throws -> ImageRun? {
        var newest: Int?
        var start = PageKey.end
        var index = 0
        while index < layers.count {
            guard try settle(index) else { continue }
            if let extent = layers[index].current, extent.start < start {
                start = extent.start
                newest = index
            }
            index += 1
        }
        guard let newest, let extent = layers[newest].current else { return nil }
        var end = extent.end
        for newer in layers[..<newest] {
            if let other = newer.current { end = min(end, other.start) }
        }
        position = end
        let place = PagePlace(
            object: layers[newest].number(of: extent.object, in: table), frame: extent.frame, slot: extent.slot)
        return ImageRun(
            file: extent.file, firstPage: extent.firstPage, place: place,
            hashes: layers[newest].hashes(Int(end.value - start.value)))
    }

    /// Moves one layer to the position.
    /// - Returns: false when other layers took its place, so that the same index has to be looked at again.
    private mutating func settle(_ index: Int) throws -> Bool {
        do {
            try layers[index].move(to: position, by: bench)
            return true
        } catch let fault as Fault {
            let damaged = layers[index]
            let others = try unit.replacement(of: damaged.layer, in: chain, after: fault, by: bench)
            layers.replaceSubrange(index...index, with: cursors(others, below: damaged.limits))
            return false
        }
    }

    private func cursors(_ layers: [any ImageLayer], below limits: [UInt32: UInt32]) -> [LayerCursor] {
        var limits = limits
        return layers.map { layer in
            defer { limits.merge(layer.cuts, uniquingKeysWith: min) }
            return LayerCursor(layer, limits: limits)
        }
    }
}
