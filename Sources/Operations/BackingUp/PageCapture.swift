import Archiving
import Engines
import Model
import Platform
import Storage
import Synchronization

/// Reads a snapshot once, in order, and stores the pages that differ from the image before.
///
/// A worker a core reads, hashes, compresses and seals, each in a buffer of its own, so that pages are still in its cache
/// when they are hashed; one thread before them looks up what the image before holds. A snapshot that is for one thread only
/// is read by that thread, and a fixed set of buffers goes round. Memory is the same whatever the database's size.
struct PageCapture {
    let snapshot: any Snapshot
    let matching: FileMatching
    let writer: PointWriter
    /// Of the image before; nil for the first backup, and to store everything.
    let image: Image?
    let damage: DamageList
    /// What the change finder named, by file of the snapshot.
    let named: [Int: Set<UInt32>]?
    /// Read only what was named; all else counts as unchanged.
    let readsNamedOnly: Bool
    let throttle: Throttle
    /// Of the delta, the number of its first piece.
    var firstOrdinal = 0
    /// Called after each chunk with the bytes read; throws to stop.
    let step: @Sendable (Int) throws -> Void

    /// - Throws: what snapshot, image and writer throw; nothing is committed.
    func run() throws -> CaptureTally {
        let workers = throttle.workers(cores: Threads.cores)
        let chunks = BoundedQueue<ChunkScan.Chunk>(capacity: workers)
        let count = snapshot.readsInParallel ? workers : workers * 2 + 2
        let buffers = BoundedQueue<CaptureBuffer>(capacity: count)
        for _ in 0..<count { try buffers.put(CaptureBuffer(byteCount: PageWorker.frameBytes)) }
        let total = Mutex(CaptureTally())
        let failing = { @Sendable (body: () throws -> CaptureTally) throws in
            do {
                let tally = try body()
                total.withLock { $0.add(tally) }
            } catch {
                chunks.fail(error)
                buffers.fail(error)
                throw error
            }
        }
        let scanning: [@Sendable () throws -> Void] = (0..<workers).map { _ in
            { try failing { try scan(chunks, buffers) } }
        }
        let reading: @Sendable () throws -> Void = {
            try failing {
                let tally = try read(into: chunks, buffers)
                chunks.close()
                return tally
            }
        }
        try Threads.runAll("capture", [reading] + scanning)
        return total.withLock { $0 }
    }

    /// One worker's part.
    private func scan(
        _ chunks: BoundedQueue<ChunkScan.Chunk>, _ buffers: BoundedQueue<CaptureBuffer>
    ) throws -> CaptureTally {
        Threads.giveWay()
        let (scan, meter) = (try ChunkScan(writer), throttle.meter())
        while var chunk = try chunks.take() {
            if snapshot.readsInParallel {
                guard let buffer = try buffers.take() else { break }
                chunk.buffer = buffer
                try fill(chunk)
            }
            try scan.take(chunk)
            if let buffer = chunk.buffer { try buffers.put(buffer) }
            try meter.pass { try step(0) }
        }
        try scan.finish()
        return scan.tally
    }

    /// Reads a chunk's pages into its buffer.
    private func fill(_ chunk: ChunkScan.Chunk) throws {
        guard let bytes = chunk.bytes else { return }
        let pages = chunk.firstPage..<chunk.firstPage + UInt32(chunk.count)
        try snapshot.read(pages: pages, of: chunk.position, into: bytes)
        try step(bytes.count)
    }

    /// The capture of files that complete the image, after all others.
    func completed(by closing: FileMatching, after tally: CaptureTally) -> PageCapture {
        PageCapture(
            snapshot: snapshot, matching: closing, writer: writer, image: nil, damage: DamageList(), named: nil,
            readsNamedOnly: false, throttle: throttle, firstOrdinal: tally.chunks, step: step)
    }

    /// Goes through snapshot and image together, by ascending file id and page, as images are sorted.
    /// - Returns: a tally of the pages that the image before held and the snapshot has no more.
    private func read(
        into chunks: BoundedQueue<ChunkScan.Chunk>, _ buffers: BoundedQueue<CaptureBuffer>
    ) throws -> CaptureTally {
        var ended = CaptureTally()
        let meter = throttle.meter()
        var comparison = image?.comparison(damage: damage, by: try FrameBench())
        var ordinal = firstOrdinal
        let old = Dictionary((image?.files ?? []).map { ($0.id, $0.pages) }, uniquingKeysWith: { first, _ in first })
        let positions = Dictionary(
            matching.files.enumerated().map { ($1.id, $0) }, uniquingKeysWith: { first, _ in first })
        for id in Set(old.keys).union(positions.keys).sorted() {
            let pages = positions[id].map { matching.files[$0].pages } ?? 0
            if let index = positions[id] {
                try eachRange(of: index) { range in
                    let buffer = snapshot.readsInParallel ? nil : try buffers.take()
                    let expected = try old[id].flatMap { _ in try comparison?.expect(file: id, pages: range) }
                    let chunk = try chunk(ordinal, index, range, buffer, expected)
                    try chunks.put(chunk)
                    try meter.pass(bytes: chunk.count * chunk.pageSize) { try step(0) }
                    ordinal += 1
                }
            }
            try Self.cut(pages..<max(pages, old[id] ?? 0), size: 4096) { range in
                for (offset, hash) in (try comparison?.expect(file: id, pages: range).hashes ?? []).enumerated() {
                    guard let hash else { continue }
                    ended.met.add(file: id, page: range.lowerBound + UInt32(offset), hash: hash, by: writer.hasher)
                }
            }
        }
        ended.replaced = ended.met
        return ended
    }

    private func chunk(
        _ ordinal: Int, _ index: Int, _ pages: Range<UInt32>, _ buffer: CaptureBuffer?,
        _ expected: (hashes: [PageHash?], damaged: Set<Int>)?
    ) throws -> ChunkScan.Chunk {
        let file = matching.files[index]
        let chunk = ChunkScan.Chunk(
            ordinal: ordinal, position: matching.firstPosition + index, file: file.id, firstPage: pages.lowerBound,
            count: pages.count, pageSize: file.pageSize, buffer: buffer,
            expected: expected?.hashes ?? Array(repeating: nil, count: pages.count),
            damaged: expected?.damaged ?? [], named: names(of: index))
        if buffer != nil { try fill(chunk) }
        return chunk
    }

    private func eachRange(of index: Int, _ body: (Range<UInt32>) throws -> Void) throws {
        let file = matching.files[index]
        let perChunk = UInt32(PageWorker.pagesPerFrame(pageSize: file.pageSize))
        guard readsNamedOnly, let names = names(of: index) else {
            return try Self.cut(0..<file.pages, size: perChunk, body)
        }
        for range in Self.runs(names, limit: perChunk, end: file.pages) { try body(range) }
    }

    /// Nil when any page may have changed, such as those of a file that the image before doesn't hold under this name.
    private func names(of index: Int) -> Set<UInt32>? {
        matching.before[index] == nil ? nil : named.map { $0[index] ?? [] }
    }

    private static func cut(_ pages: Range<UInt32>, size: UInt32, _ body: (Range<UInt32>) throws -> Void) throws {
        var from = pages.lowerBound
        while from < pages.upperBound {
            let to = pages.upperBound - from > size ? from + size : pages.upperBound
            try body(from..<to)
            from = to
        }
    }

    /// Named pages as runs of neighbours.
    private static func runs(_ pages: Set<UInt32>, limit: UInt32, end: UInt32) -> [Range<UInt32>] {
        var runs: [Range<UInt32>] = []
        for page in pages.sorted() where page < end {
            if let last = runs.last, last.upperBound == page, UInt32(last.count) < limit {
                runs[runs.count - 1] = last.lowerBound..<(page + 1)
            } else {
                runs.append(page..<(page + 1))
            }
        }
        return runs
    }
}
