import Archiving
import Model

/// Copies pages that stay out of objects that are mostly dead, into folds of the kept backup that holds them.
///
/// Memory: one frame being filled, and `cacheLimit` frames being read. For one thread.
final class PageMover {
    private static let cacheLimit = 16

    private let unit: UnitStore
    private let bench: FrameBench
    /// The kept backup.
    private let sequence: SequenceNumber
    private let moving: Set<ObjectName>
    private let readers: ReaderCache
    private let buffer: UnsafeMutableRawBufferPointer

    private var fold: OpenObject?
    private var framesInFold: UInt32 = 0
    private var pageSize = 0
    private var pages = 0
    private var runs: [PageRun] = []

    /// Folds that are complete; their content is durable, their names are not.
    private(set) var finished: [ObjectName] = []
    private(set) var damage = DamageList()
    private(set) var written: UInt64 = 0
    private(set) var pagesMoved: UInt64 = 0

    init(_ sequence: SequenceNumber, in unit: UnitStore, moving: Set<ObjectName>, by bench: FrameBench) {
        self.unit = unit
        self.bench = bench
        self.sequence = sequence
        self.moving = moving
        readers = ReaderCache(unit, limit: Self.cacheLimit)
        buffer = .allocate(byteCount: PageWorker.frameBytes, alignment: 64)
    }

    deinit {
        fold?.sink.abandon()
        buffer.deallocate()
    }

    /// Where the pages of a run are from now on. What can't be read stays where it is, and is noted.
    func place(_ run: ImageRun, in object: ObjectName) throws -> [(object: ObjectName, extent: Extent)] {
        guard moving.contains(object) else { return [(object, run.extent)] }
        let frame: ReaderCache.Frame
        do {
            frame = try readers.frame(run.place.frame, of: object, by: bench)
            try check(run, frame, object)
        } catch let fault as Fault where fault.code.isDamage {
            damage.insert(DamageList.Item(object: object, frames: [run.place.frame]))
            return [(object, run.extent)]
        }
        return try move(run, frame)
    }

    /// Completes the last fold.
    func finish() throws {
        try flush()
        try finishFold()
    }

    private func check(_ run: ImageRun, _ frame: ReaderCache.Frame, _ object: ObjectName) throws {
        let size = frame.pageSize
        guard size > 0, size <= PageWorker.frameBytes,
            (Int(run.place.slot) + run.count) * size <= frame.bytes.count
        else { throw Fault(.packDamaged, "\(unit.path(object)) is damaged: frame \(run.place.frame) misses pages") }
        try frame.bytes.withUnsafeBytes { bytes in
            for (index, hash) in run.hashes.enumerated() {
                let start = (Int(run.place.slot) + index) * size
                guard unit.hasher.hash(UnsafeRawBufferPointer(rebasing: bytes[start..<start + size])) == hash else {
                    throw Fault(.packDamaged, "\(unit.path(object)) is damaged: a page does not have its hash")
                }
            }
        }
    }

    private func move(_ run: ImageRun, _ frame: ReaderCache.Frame) throws -> [(object: ObjectName, extent: Extent)] {
        if frame.pageSize != pageSize {
            try flush()
            pageSize = frame.pageSize
        }
        let capacity = PageWorker.pagesPerFrame(pageSize: pageSize)
        var parts: [(object: ObjectName, extent: Extent)] = []
        var done = 0
        while done < run.count {
            let fold = try openFold()
            let count = min(run.count - done, capacity - pages)
            let start = (Int(run.place.slot) + done) * pageSize
            frame.bytes.withUnsafeBytes { bytes in
                UnsafeMutableRawBufferPointer(rebasing: buffer[(pages * pageSize)...]).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: bytes[start..<start + count * pageSize]))
            }
            let first = run.firstPage + UInt32(done)
            parts.append(
                (
                    fold.name,
                    Extent(
                        file: run.file, firstPage: first, count: UInt32(count), object: 0, frame: framesInFold,
                        slot: UInt32(pages))
                ))
            note(PageRun(file: run.file, firstPage: first, count: UInt32(count)))
            pages += count
            done += count
            if pages == capacity { try flush() }
        }
        pagesMoved += UInt64(run.count)
        return parts
    }

    private func note(_ run: PageRun) {
        if let last = runs.last, last.file == run.file, last.firstPage + last.count == run.firstPage {
            runs[runs.count - 1].count += run.count
        } else {
            runs.append(run)
        }
    }

    private func openFold() throws -> OpenObject {
        if let fold { return fold }
        let name = ObjectName.fold(sequence, try PointWriter.randomNumber())
        let opened = try OpenObject(name, number: 0, in: unit, frames: .max)
        fold = opened
        framesInFold = 0
        return opened
    }

    private func flush() throws {
        guard pages > 0 else { return }
        let fold = try openFold()
        let plain = UnsafeRawBufferPointer(rebasing: buffer[..<(pages * pageSize)])
        let index = try fold.envelope.write(.pages, plain, by: bench, pageSize: UInt32(pageSize), runs: runs)
        guard index == framesInFold else { throw Fault(.internalError, "frames of a fold are out of order") }
        framesInFold += 1
        pages = 0
        runs.removeAll(keepingCapacity: true)
        if Int(framesInFold) == PointWriter.packFrames { try finishFold() }
    }

    private func finishFold() throws {
        guard let fold else { return }
        written += try fold.envelope.finish(by: bench)
        try fold.sink.commit(as: unit.path(fold.name), syncNames: false)
        finished.append(fold.name)
        self.fold = nil
    }
}
