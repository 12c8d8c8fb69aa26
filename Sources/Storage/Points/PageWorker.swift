package import Archiving
import Model

/// One thread's part of a backup: collects changed pages into frames and knows where each page lies once its frame is
/// sealed.
///
/// The source is cut into chunks, numbered 0, 1, 2 … in order of file and page. Every chunk goes to some worker, also one
/// without changes: `begin`, any number of `add` in ascending order, `end`. For one thread.
package final class PageWorker {
    /// Plain bytes of a frame; a larger page has a frame of its own.
    package static let frameBytes = 256 << 10
    /// Marks extents whose frame is not sealed yet.
    private static let open = UInt32.max

    private let writer: PointWriter
    private let bench: FrameBench
    private let plain: UnsafeMutableRawBufferPointer
    private let sealed: UnsafeMutableRawBufferPointer
    private var pageSize = 0
    private var pages = 0
    private var runs: [PageRun] = []
    private var chunk: ChunkDelta?
    /// Chunks that are complete but for the frame being filled.
    private var waiting: [ChunkDelta] = []

    init(_ writer: PointWriter, bench: FrameBench) {
        self.writer = writer
        self.bench = bench
        plain = .allocate(byteCount: Self.frameBytes, alignment: 64)
        sealed = .allocate(byteCount: FrameSealer.bound(plainLength: Self.frameBytes), alignment: 64)
    }

    deinit {
        plain.deallocate()
        sealed.deallocate()
    }

    /// Pages of a full frame.
    package static func pagesPerFrame(pageSize: Int) -> Int { max(1, frameBytes / pageSize) }

    package func begin(chunk ordinal: Int) {
        precondition(chunk == nil)
        chunk = ChunkDelta(ordinal: ordinal)
    }

    /// Stores consecutive pages of one file.
    ///
    /// - Parameters:
    ///   - bytes: the pages; read before the call returns, and compressed from where they lie when they fill a frame.
    ///   - hashes: one for each page.
    package func add(
        file: UInt32, firstPage: UInt32, pageSize: Int, bytes: UnsafeRawBufferPointer, hashes: ArraySlice<PageHash>
    ) throws {
        precondition(pageSize > 0 && pageSize <= Self.frameBytes && bytes.count == hashes.count * pageSize)
        if pageSize != self.pageSize {
            try flush()
            self.pageSize = pageSize
        }
        let capacity = Self.pagesPerFrame(pageSize: pageSize)
        var done = 0
        while done < hashes.count {
            let count = min(hashes.count - done, pages == 0 ? capacity : capacity - pages)
            let part = UnsafeRawBufferPointer(rebasing: bytes[done * pageSize..<(done + count) * pageSize])
            let run = PageRun(file: file, firstPage: firstPage + UInt32(done), count: UInt32(count))
            chunk?.hashes.append(contentsOf: hashes[hashes.startIndex + done..<hashes.startIndex + done + count])
            if count == capacity {
                note(run, at: 0)
                try seal(part, runs: [run])
            } else {
                try collect(run, part, capacity)
            }
            done += count
        }
    }

    /// The chunk is complete.
    package func end() throws {
        guard let ended = chunk else { return }
        chunk = nil
        if ended.extents.contains(where: { $0.object == Self.open }) {
            waiting.append(ended)
        } else {
            try writer.submit(ended, by: bench)
        }
        // Also after a chunk without changes: millions of them may follow the last change, and all wait for its frame.
        if pages > 0, writer.assembler.isCrowded { try flush() }
    }

    /// Seals what is left; to be called when no more chunks come.
    package func finish() throws {
        try end()
        try flush()
    }

    private func collect(_ run: PageRun, _ part: UnsafeRawBufferPointer, _ capacity: Int) throws {
        UnsafeMutableRawBufferPointer(rebasing: plain[(pages * pageSize)...]).copyMemory(from: part)
        note(run, at: pages)
        if let last = runs.last, last.file == run.file, last.firstPage + last.count == run.firstPage {
            runs[runs.count - 1].count += run.count
        } else {
            runs.append(run)
        }
        pages += Int(run.count)
        if pages == capacity { try flush() }
    }

    private func note(_ run: PageRun, at slot: Int) {
        chunk?.extents.append(
            Extent(
                file: run.file, firstPage: run.firstPage, count: run.count, object: Self.open, frame: 0,
                slot: UInt32(slot)))
    }

    private func flush() throws {
        guard pages > 0 else { return }
        let count = pages * pageSize
        let runs = runs
        pages = 0
        self.runs.removeAll(keepingCapacity: true)
        try seal(UnsafeRawBufferPointer(rebasing: plain[..<count]), runs: runs)
    }

    private func seal(_ part: UnsafeRawBufferPointer, runs: [PageRun]) throws {
        let place = try writer.store(part, pageSize: pageSize, runs: runs, sealed: sealed, by: bench)
        chunk?.place(in: place.object, place.frame, open: Self.open)
        let ready = waiting
        waiting.removeAll(keepingCapacity: true)
        for var ended in ready {
            ended.place(in: place.object, place.frame, open: Self.open)
            try writer.submit(ended, by: bench)
        }
    }
}

/// The changed pages of one chunk.
struct ChunkDelta: Sendable {
    let ordinal: Int
    var extents: [Extent] = []
    var hashes: [PageHash] = []

    init(ordinal: Int) { self.ordinal = ordinal }

    /// Fills in the frame of the extents that had none.
    mutating func place(in object: UInt32, _ frame: UInt32, open: UInt32) {
        for index in extents.indices.reversed() where extents[index].object == open {
            extents[index].object = object
            extents[index].frame = frame
        }
    }
}
