package import Archiving
package import Model
import Platform
import Synchronization

/// Consecutive pages of a file, checked against their hashes; the bytes are valid during the call only.
package struct PageSlice {
    package var file: UInt32
    /// Counted from 0.
    package var firstPage: UInt32
    package var pageSize: Int
    package var bytes: UnsafeRawBufferPointer
}

/// What reading an image found.
package struct ImageReading: Sendable {
    /// Pages that were read and have their hash.
    package var pages: UInt64
    package var root: ImageRoot
    /// Frames that don't open or don't hold what they have to.
    package var damage: DamageList
    /// The first fault behind `damage`.
    package var fault: Fault?
}

/// Reads the pages of an image on several threads, each checked against its hash, in the order in which frames lie.
///
/// Memory is bounded whatever the image's size: windows of at most 262,144 pages, one frame for each thread.
package struct ImageReader {
    package static let windowPages = 262_144
    /// Bytes of a window that is handed out in order.
    static let streamBytes = 32 << 20

    private let image: Image
    private let threads: Int
    private let bench: FrameBench

    package init(_ image: Image, threads: Int = Threads.cores) throws {
        self.image = image
        self.threads = max(1, threads)
        bench = try FrameBench()
    }

    /// Reads all pages of all files, or of those named, and sums their root.
    ///
    /// - Parameters:
    ///   - files: ids; nil for all, whose root then must be the point's.
    ///   - collectsDamage: whether to go on after damaged frames and list them, instead of throwing.
    ///   - consume: called from several threads at once, in no order; what it throws ends the reading.
    /// - Throws: `pack-damaged`, `point-damaged` (also for a wrong root), or what `consume` throws.
    @discardableResult
    package func read(
        files: Set<UInt32>? = nil, collectsDamage: Bool = false,
        consume: @escaping @Sendable (PageSlice) throws -> Void
    ) throws -> ImageReading {
        let chosen = image.files.filter { files?.contains($0.id) ?? true }
        let reading = FrameReading(image, chosen, collectsDamage: collectsDamage)
        try walk(chosen, windowPages: Self.windowPages) { window, _ in
            try read(window, reading, consume)
        }
        let result = reading.result
        if files == nil, result.damage.isEmpty, result.root != image.root {
            throw Fault(
                .pointDamaged, "\(image.record.id) is damaged: its pages do not have the root of its image",
                hint: "run `holdfast verify` to find a backup that is sound")
        }
        return result
    }

    /// Hands the bytes of one file to `write` from start to end, exactly as long as the file was.
    ///
    /// - Throws: as `read`, or what `write` throws.
    package func stream(file: UInt32, write: (UnsafeRawBufferPointer) throws -> Void) throws {
        guard let chosen = image.files.first(where: { $0.id == file }) else {
            throw Fault(.notFound, "\(image.record.id) has no file \(file)")
        }
        let reading = FrameReading(image, [chosen], collectsDamage: false)
        let pageSize = chosen.pageSize
        let buffer = StreamBuffer(bytes: max(Self.streamBytes, pageSize))
        var written: Int64 = 0
        try walk([chosen], windowPages: max(1, Self.streamBytes / pageSize)) { window, first in
            try read(window, reading) { slice in buffer.put(slice, firstPage: first) }
            let count = Int(min(Int64(window.pages * pageSize), chosen.length - written))
            if count > 0 { try write(buffer.bytes(count)) }
            written += Int64(count)
        }
    }

    private func walk(
        _ files: [ImageFile], windowPages: Int, _ body: (PageWindow, _ firstPage: UInt32) throws -> Void
    ) throws {
        var coverage = Coverage(of: files, name: image.record.id.description)
        var cursor = image.cursor(by: bench)
        let ids = Set(files.map(\.id))
        let last = ids.max() ?? 0
        if let first = ids.min() { cursor.move(to: first, page: 0) }
        var window = PageWindow()
        var firstPage: UInt32 = 0
        while let run = try cursor.next(), run.file <= last {
            guard ids.contains(run.file) else {
                if image.files.contains(where: { $0.id == run.file }) {
                    cursor.move(to: run.file + 1, page: 0)
                    continue
                }
                try coverage.take(run)
                continue
            }
            try coverage.take(run)
            var rest = run
            while rest.count > 0 {
                if window.pages == 0 { firstPage = rest.firstPage }
                let room = windowPages - window.pages
                var part = rest
                part.hashes = rest.hashes.prefix(room)
                window.append(part)
                rest.hashes = rest.hashes.dropFirst(room)
                rest.firstPage += UInt32(part.count)
                rest.place.slot += UInt32(part.count)
                if window.pages == windowPages { try flush(&window, firstPage, body) }
            }
        }
        try coverage.finish()
        if window.pages > 0 { try flush(&window, firstPage, body) }
    }

    private func flush(
        _ window: inout PageWindow, _ firstPage: UInt32, _ body: (PageWindow, UInt32) throws -> Void
    ) throws {
        window.sort()
        try body(window, firstPage)
        window.clear()
    }

    private func read(
        _ window: PageWindow, _ reading: FrameReading, _ consume: @escaping @Sendable (PageSlice) throws -> Void
    ) throws {
        let next = SharedCounter()
        let count = min(threads, max(1, window.frameCount))
        try Threads.runAll(
            "page-reader",
            (0..<count).map { _ in
                { @Sendable in try reading.run(window, next, consume) }
            })
    }
}

/// Hands out 0, 1, 2 … to threads.
final class SharedCounter: Sendable {
    private let value = Atomic<Int>(0)

    func take() -> Int { value.add(1, ordering: .relaxed).oldValue }
    /// Hands out nothing below `limit` any more.
    func stop(at limit: Int) { value.store(limit, ordering: .relaxed) }
}
