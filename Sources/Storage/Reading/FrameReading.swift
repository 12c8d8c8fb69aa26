import Archiving
import Model
import Synchronization

/// Reads the frames of windows and checks their pages; shared by the threads of a reading.
final class FrameReading: Sendable {
    private struct State {
        var pages: UInt64 = 0
        var root = ImageRoot.empty
        var damage: [DamageList.Item] = []
        var fault: Fault?
    }

    private let image: Image
    private let pool: ObjectPool
    private let pageSizes: [UInt32: Int]
    private let bufferBytes: Int
    private let collectsDamage: Bool
    private let state = Mutex(State())

    init(_ image: Image, _ files: [ImageFile], collectsDamage: Bool) {
        self.image = image
        self.collectsDamage = collectsDamage
        pool = ObjectPool(image)
        pageSizes = Dictionary(files.map { ($0.id, $0.pageSize) }, uniquingKeysWith: { first, _ in first })
        bufferBytes = max(PageWorker.frameBytes, files.map(\.pageSize).max() ?? 0)
    }

    var result: ImageReading {
        state.withLock {
            ImageReading(pages: $0.pages, root: $0.root, damage: DamageList($0.damage), fault: $0.fault)
        }
    }

    /// The work of one thread: takes frames of the window until there are none.
    func run(
        _ window: PageWindow, _ next: SharedCounter, _ consume: @Sendable (PageSlice) throws -> Void
    ) throws {
        let bench = try FrameBench()
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 64)
        defer { buffer.deallocate() }
        var root = ImageRoot.empty
        var pages: UInt64 = 0
        defer {
            state.withLock { state in
                state.root.add(root)
                state.pages += pages
            }
        }
        while true {
            let index = next.take()
            guard index < window.frameCount else { return }
            do {
                try read(window.runs(ofFrame: index), window, buffer, bench, &root, &pages, consume)
            } catch {
                next.stop(at: window.frameCount)
                throw error
            }
        }
    }

    private func read(
        _ runs: ArraySlice<PageWindow.Run>, _ window: PageWindow, _ buffer: UnsafeMutableRawBufferPointer,
        _ bench: FrameBench, _ root: inout ImageRoot, _ pages: inout UInt64,
        _ consume: @Sendable (PageSlice) throws -> Void
    ) throws {
        guard let place = runs.first?.place else { return }
        var frameRoot = ImageRoot.empty
        let plain: UnsafeRawBufferPointer
        do {
            let reader = try pool.reader(place.object, by: bench)
            let count = try reader.payload(place.frame, .pages, into: buffer, by: bench)
            plain = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            for run in runs { try check(run, plain, window, reader.name, &frameRoot) }
        } catch let fault as Fault where collectsDamage && fault.code.isDamage {
            note(fault, place)
            return
        }
        root.add(frameRoot)
        for run in runs {
            pages += UInt64(run.count)
            let size = pageSizes[run.file] ?? 0
            let start = Int(run.place.slot) * size
            try consume(
                PageSlice(
                    file: run.file, firstPage: run.firstPage, pageSize: size,
                    bytes: UnsafeRawBufferPointer(rebasing: plain[start..<start + Int(run.count) * size])))
        }
    }

    private func check(
        _ run: PageWindow.Run, _ plain: UnsafeRawBufferPointer, _ window: PageWindow, _ name: String,
        _ root: inout ImageRoot
    ) throws {
        let hasher = image.unit.hasher
        guard let size = pageSizes[run.file], size > 0,
            (Int(run.place.slot) + Int(run.count)) * size <= plain.count
        else { throw Fault(.packDamaged, "\(name) is damaged: frame \(run.place.frame) misses pages") }
        for index in 0..<Int(run.count) {
            let start = (Int(run.place.slot) + index) * size
            let hash = hasher.hash(UnsafeRawBufferPointer(rebasing: plain[start..<start + size]))
            guard hash == window.hashes[run.hashes + index] else {
                throw Fault(
                    .packDamaged, "\(name) is damaged: a page of frame \(run.place.frame) does not have its hash",
                    context: ["object": name])
            }
            root.add(file: run.file, page: run.firstPage + UInt32(index), hash: hash, by: hasher)
        }
    }

    private func note(_ fault: Fault, _ place: PagePlace) {
        let item = DamageList.Item(object: image.table.name(place.object), frames: [place.frame])
        state.withLock { state in
            state.damage.append(item)
            state.fault = state.fault ?? fault
        }
    }
}
