import Archiving
import Benchmark
import Model
import Storage
import StorageTestSupport

/// Sealed hashes of the pages that a log names, as a progressive backup looks them up: ascending, through a whole map and
/// the deltas since.
func mapLookups() {
    Benchmark("map lookup: 1,000 of 65,536 pages, 20 backups", configuration: configuration()) { benchmark in
        let history = try History.made.get()
        let image = try history.image()
        var comparison = try image.comparison(by: FrameBench())
        benchmark.startMeasurement()
        for page in history.lookups {
            blackHole(try comparison.expect(file: 0, pages: page..<page + 1).hashes)
        }
        benchmark.stopMeasurement()
    }
}

/// A repository in memory with a full backup and progressive ones of random pages.
private struct History: Sendable {
    static let made = Result { try History() }
    private static let (pageSize, pages, backups, changed) = (512, UInt32(65_536), 20, 1000)

    /// Ascending.
    let lookups: [UInt32]
    private let repository: Repository
    private let unit = UnitID.random()

    init() throws {
        let key = KeySecret.keyFile(KeyBytes(copying: [UInt8](repeating: 7, count: 32)))
        let now = Instant(seconds: 1_700_000_000)
        repository = try Repository.create(
            in: FaultyStore(), secret: key, label: "first", now: now, cost: ScryptCost(n: 1024, r: 8, p: 1))
        var random = SeededGenerator(seed: 5)
        lookups = Self.some(&random)
        var content = (0..<Self.pages).map { _ in random.next() }
        var newest = try store(Array(0..<Self.pages), of: content, before: nil, root: .empty, now)
        for _ in 0..<Self.backups {
            let changed = Self.some(&random)
            var root = newest.draft.postRoot
            for page in changed {
                root.remove(file: 0, page: page, hash: hash(content[Int(page)]), by: repository.hasher)
                content[Int(page)] = random.next()
            }
            newest = try store(changed, of: content, before: newest, root: root, now)
        }
        try repository.mergeMaps(of: unit)
    }

    func image() throws -> Image {
        guard let newest = try repository.newest(of: unit) else { throw Fault(.notFound, "there is no backup") }
        return try repository.image(newest.sequence, of: unit)
    }

    private static func some(_ random: inout SeededGenerator) -> [UInt32] {
        Set((0..<changed).map { _ in UInt32.random(in: 0..<pages, using: &random) }).sorted()
    }

    private static func bytes(_ content: UInt64) -> [UInt8] {
        (0..<pageSize).map { $0 < 8 ? UInt8(truncatingIfNeeded: content >> UInt64(8 * $0)) : UInt8($0 & 7) }
    }

    private func hash(_ content: UInt64) -> PageHash {
        Self.bytes(content).withUnsafeBytes { repository.hasher.hash($0) }
    }

    private func store(
        _ pages: [UInt32], of content: [UInt64], before: PointRecord?, root: ImageRoot, _ now: Instant
    ) throws -> PointRecord {
        let writer = try repository.startPoint(of: unit, compression: .fast)
        let worker = try writer.worker()
        var root = root
        worker.begin(chunk: 0)
        for page in pages {
            let hash = hash(content[Int(page)])
            root.add(file: 0, page: page, hash: hash, by: repository.hasher)
            try Self.bytes(content[Int(page)]).withUnsafeBytes {
                try worker.add(file: 0, firstPage: page, pageSize: Self.pageSize, bytes: $0, hashes: [hash])
            }
        }
        try worker.finish()
        let file = ImageFile(
            id: 0, birth: 1, path: "/srv/a.db", uid: 1, gid: 1, owner: "app", group: "app", mode: 0o640, modified: 0,
            length: Int64(content.count * Self.pageSize), pageSize: Self.pageSize, pages: Self.pages)
        return try writer.commit(
            PointDraft(
                kind: before == nil ? .full : .progressive, origin: .onDemand, actor: .daemon, started: now,
                finished: now, instant: now, engine: "sqlite", server: "crm", database: DatabaseName("crm/a.db"),
                sourcePath: "/srv/a.db", preRoot: before?.draft.postRoot, preSequence: before?.sequence,
                postRoot: root, files: [file]))
    }
}
