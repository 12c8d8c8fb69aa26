import Archiving
import Model
import Storage

/// Makes backups of one page each on top of a real one, as fast as the repository takes them.
struct PointMill {
    private let repository: Repository
    private let unit: UnitID
    private var newest: PointRecord
    private var hashes: [PageHash] = []
    private let file: ImageFile
    /// Of the image that grows.
    private var random = SeededPage(seed: 1)

    /// - Throws: `not-found` for a unit without backups.
    init(_ repository: Repository, _ unit: UnitID) throws {
        self.repository = repository
        self.unit = unit
        guard let newest = try repository.newest(of: unit), let file = newest.draft.files.first else {
            throw Fault(.notFound, "unit \(unit) has no backup")
        }
        self.newest = newest
        self.file = file
        var comparison = try repository.image(newest.sequence, of: unit).comparison(by: FrameBench())
        hashes = try comparison.expect(file: file.id, pages: 0..<file.pages).hashes.compactMap(\.self)
    }

    /// - Parameters:
    ///   - instant: the state that it stands for.
    ///   - merges: whether maps are merged after it, as the daemon does.
    mutating func makePoint(at instant: Instant, merges: Bool = true) throws {
        let page = UInt32(newest.sequence % UInt64(file.pages))
        let bytes = random.next(file.pageSize)
        let writer = try repository.startPoint(of: unit, compression: .fast)
        defer { writer.abandon() }
        let worker = try writer.worker()
        let hash = bytes.withUnsafeBytes { repository.hasher.hash($0) }
        worker.begin(chunk: 0)
        try bytes.withUnsafeBytes {
            try worker.add(file: file.id, firstPage: page, pageSize: file.pageSize, bytes: $0, hashes: [hash])
        }
        try worker.end()
        try worker.finish()
        var draft = newest.draft
        draft.kind = .progressive
        draft.origin = .scheduled
        (draft.started, draft.finished, draft.instant) = (instant, instant, instant)
        (draft.preRoot, draft.preSequence) = (draft.postRoot, newest.sequence)
        draft.postRoot.remove(file: file.id, page: page, hash: hashes[Int(page)], by: repository.hasher)
        draft.postRoot.add(file: file.id, page: page, hash: hash, by: repository.hasher)
        newest = try writer.commit(draft)
        hashes[Int(page)] = hash
        if merges { try repository.mergeMaps(of: unit) }
    }
}

/// Pages of numbers.
struct SeededPage {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Half of it compresses.
    mutating func next(_ size: Int) -> [UInt8] {
        state &+= 1
        var number = state
        return (0..<size).map { index in
            number = number &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return index % 2 == 0 ? UInt8(truncatingIfNeeded: number >> 56) : 0
        }
    }
}
