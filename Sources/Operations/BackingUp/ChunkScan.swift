import Archiving
import Model
import Storage

/// One worker's look at chunks of pages: hashes them, finds those that differ from the sealed image, and stores these.
final class ChunkScan {
    /// A chunk to look at.
    struct Chunk: Sendable {
        var ordinal: Int
        /// Of the file, in the snapshot.
        var position: Int
        var file: UInt32
        var firstPage: UInt32
        var count: Int
        var pageSize: Int
        /// Nil until a worker has one.
        var buffer: CaptureBuffer?
        /// The sealed hashes; nil for pages that the image before doesn't hold.
        var expected: [PageHash?]
        var damaged: Set<Int>
        /// Pages that may differ; nil when any may.
        var named: Set<UInt32>?

        /// Where its pages are; nil while it has no buffer.
        var bytes: UnsafeMutableRawBufferPointer? {
            buffer.map { UnsafeMutableRawBufferPointer(rebasing: $0.bytes[..<(count * pageSize)]) }
        }
    }

    private let worker: PageWorker
    private let hasher: PageHasher
    private var hashes: [PageHash] = []
    private(set) var tally = CaptureTally()

    init(_ writer: PointWriter) throws {
        worker = try writer.worker()
        hasher = writer.hasher
    }

    func take(_ chunk: Chunk) throws {
        guard let pages = chunk.bytes.map(UnsafeRawBufferPointer.init) else {
            throw Fault(.internalError, "a chunk of \(chunk.count) pages has no buffer")
        }
        tally.chunks += 1
        tally.bytesRead += UInt64(chunk.count * chunk.pageSize)
        worker.begin(chunk: chunk.ordinal)
        hashes.removeAll(keepingCapacity: true)
        var changedFrom: Int?
        for index in 0..<chunk.count {
            let page = pages[index * chunk.pageSize..<(index + 1) * chunk.pageSize]
            let hash = hasher.hash(UnsafeRawBufferPointer(rebasing: page))
            hashes.append(hash)
            if isToStore(chunk, index, hash) {
                changedFrom = changedFrom ?? index
            } else if let from = changedFrom {
                try store(chunk, pages, from..<index)
                changedFrom = nil
            }
        }
        if let from = changedFrom { try store(chunk, pages, from..<chunk.count) }
        try worker.end()
    }

    func finish() throws { try worker.finish() }

    /// Counts the page, and says whether it has to be stored.
    private func isToStore(_ chunk: Chunk, _ index: Int, _ hash: PageHash) -> Bool {
        let page = chunk.firstPage + UInt32(index)
        let old = chunk.expected[index]
        tally.pagesRead += 1
        let term = ImageRoot(file: chunk.file, page: page, hash: hash, by: hasher)
        tally.scanned.add(term)
        let isChanged = old != hash
        guard isChanged || chunk.damaged.contains(index) else {
            tally.met.add(term)
            return false
        }
        if let old { tally.met.add(file: chunk.file, page: page, hash: old, by: hasher) }
        if isChanged {
            tally.pagesChanged += 1
            if let named = chunk.named, !named.contains(page) { tally.pagesDrifted += 1 }
        }
        if let old { tally.replaced.add(file: chunk.file, page: page, hash: old, by: hasher) }
        return true
    }

    private func store(_ chunk: Chunk, _ pages: UnsafeRawBufferPointer, _ range: Range<Int>) throws {
        let bytes = pages[range.lowerBound * chunk.pageSize..<range.upperBound * chunk.pageSize]
        let first = chunk.firstPage + UInt32(range.lowerBound)
        try worker.add(
            file: chunk.file, firstPage: first, pageSize: chunk.pageSize,
            bytes: UnsafeRawBufferPointer(rebasing: bytes), hashes: hashes[range])
        // Summed here and not where pages are compared: a page lost on the way shows in the root.
        for index in range {
            tally.stored.add(
                file: chunk.file, page: chunk.firstPage + UInt32(index), hash: hashes[index], by: hasher)
        }
        tally.pagesStored += UInt64(range.count)
    }
}
