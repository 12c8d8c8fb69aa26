import Archiving
import Model

/// A place in one layer, moving forward only; holds one decoded block.
struct LayerCursor {
    let layer: any ImageLayer
    /// Where the layer ends, by file, as newer layers say.
    var limits: [UInt32: UInt32]

    private var blockIndex = 0
    private var block: DeltaBlock?
    private var extentIndex = 0
    /// Of the current extent's first page in the block's hashes.
    private var hashIndex = 0
    /// Pages of the current extent that lie behind.
    private var skipped: UInt32 = 0

    init(_ layer: any ImageLayer, limits: [UInt32: UInt32]) {
        self.layer = layer
        self.limits = limits
    }

    /// What is left of the current extent; nil at the layer's end.
    private(set) var current: Extent?
    private var isLoaded = false

    /// The object that was asked for last, by the layer's number and by that of the image.
    private var lastObject: (own: UInt32, number: Int)?

    /// The image's number of one of the layer's objects.
    mutating func number(of object: UInt32, in table: ObjectTable) -> Int {
        if let lastObject, lastObject.own == object { return lastObject.number }
        let number = table.number(layer.objects[Int(object)])
        lastObject = (object, number)
        return number
    }

    /// The hashes of the current extent's first `count` pages.
    func hashes(_ count: Int) -> ArraySlice<PageHash> {
        guard let block else { return [] }
        let start = hashIndex + Int(skipped)
        return block.hashes[start..<start + count]
    }

    /// Moves to the first live page at or after `key`; blocks before it are not read.
    ///
    /// - Throws: the damage code of the layer's object; the cursor is of no use then.
    mutating func move(to key: PageKey, by bench: FrameBench) throws {
        if isLoaded {
            guard let current, current.start < key else { return }
        }
        try enterBlock(of: key, by: bench)
        isLoaded = true
        while let block {
            while extentIndex < block.extents.count {
                if settle(block.extents[extentIndex], at: key) { return }
                hashIndex += Int(block.extents[extentIndex].count)
                extentIndex += 1
            }
            guard try enter(blockIndex + 1, by: bench) else { break }
        }
        current = nil
    }

    /// Whether the extent has a live page at or after `key`, which then is current.
    private mutating func settle(_ extent: Extent, at key: PageKey) -> Bool {
        var extent = extent
        if let limit = limits[extent.file] {
            guard extent.firstPage < limit else { return false }
            extent.count = min(extent.count, limit - extent.firstPage)
        }
        guard extent.end > key else { return false }
        skipped = 0
        if extent.start < key {
            skipped = UInt32(key.value - extent.start.value)
            extent.firstPage += skipped
            extent.slot += skipped
            extent.count -= skipped
        }
        current = extent
        return true
    }

    private mutating func enterBlock(of key: PageKey, by bench: FrameBench) throws {
        let blocks = layer.blocks
        if block != nil, blockIndex + 1 >= blocks.count || key < blocks[blockIndex + 1] { return }
        var low = block == nil ? 0 : blockIndex + 1
        var high = blocks.count
        while low < high {
            let middle = (low + high) / 2
            if blocks[middle] <= key { low = middle + 1 } else { high = middle }
        }
        _ = try enter(max(low - 1, 0), by: bench)
    }

    /// - Returns: whether there is such a block.
    private mutating func enter(_ index: Int, by bench: FrameBench) throws -> Bool {
        guard index < layer.blocks.count else {
            block = nil
            return false
        }
        block = try layer.block(index, by: bench)
        blockIndex = index
        extentIndex = 0
        hashIndex = 0
        return true
    }
}
