import Archiving
import Model
import Storage
import StorageTestSupport
import Testing

@Suite struct MapTests {
    /// Random histories with growth, cuts, regrowth, files that go and come, void points.
    @Test(arguments: 0..<3 as Range<UInt64>) func mergedMapsYieldTheSameImages(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let store = FaultyStore()
        let fixture = try Fixture(store)
        var source = Source(files: [0: .init(birth: 1, pages: (0..<30).map { _ in random.next() })])
        var history: [SequenceNumber: Source] = [:]
        var nextFile: UInt32 = 1
        for _ in 0..<70 {
            Self.change(&source, &nextFile, &random)
            let record = try fixture.backUp(source)
            history[record.sequence] = source
            if Int.random(in: 0..<12, using: &random) == 0 {
                _ = try fixture.repository.putVoidPoint(of: fixture.unit, like: record, at: Fixture.now, by: .daemon)
            }
            if Int.random(in: 0..<9, using: &random) == 0 { try fixture.repository.mergeMaps(of: fixture.unit) }
        }
        try expect(history, in: fixture, "seed \(seed), maps as they came")
        for name in store.names where name.contains("/maps/") { store.tamper(name, nil) }
        try expect(history, in: fixture, "seed \(seed), no maps")
        try fixture.repository.mergeMaps(of: fixture.unit)
        try expect(history, in: fixture, "seed \(seed), maps made anew")
        #expect(try fixture.repository.check().isGood)
    }

    private func expect(_ history: [SequenceNumber: Source], in fixture: Fixture, _ place: String) throws {
        for (sequence, source) in history {
            let restored = try Fixture.restore(sequence, of: fixture.unit, from: fixture.repository, threads: 1)
            let isWhole = restored == Fixture.content(of: source)
            #expect(isWhole, "\(place), backup \(sequence)")
        }
    }

    private static func change(_ source: inout Source, _ nextFile: inout UInt32, _ random: inout SeededGenerator) {
        for file in source.files.keys.sorted() {
            var pages = source.files[file]?.pages ?? []
            switch Int.random(in: 0..<8, using: &random) {
            case 0: pages.removeLast(Int.random(in: 0...pages.count, using: &random))
            case 1: for _ in 0..<Int.random(in: 1..<20, using: &random) { pages.append(random.next()) }
            case 2:
                // Cut and grown again between two backups.
                let kept = Int.random(in: 0...pages.count, using: &random)
                pages = pages.prefix(kept) + (kept..<pages.count).map { _ in random.next() }
            default:
                for _ in 0..<min(3, pages.count) {
                    pages[Int.random(in: 0..<pages.count, using: &random)] = random.next()
                }
            }
            source.files[file]?.pages = pages
        }
        if Int.random(in: 0..<10, using: &random) == 0 {
            source.files[nextFile] = .init(birth: 1, pages: (0..<10).map { _ in random.next() })
            nextFile += 1
        }
        if source.files.count > 1, Int.random(in: 0..<15, using: &random) == 0 {
            let victims = source.files.keys.sorted()
            source.files[victims[Int.random(in: 0..<victims.count, using: &random)]] = nil
        }
    }

    @Test func theWidestMapThatEndsHereIsTaken() {
        let maps: [ClosedRange<SequenceNumber>] = [1...16, 17...32, 1...20, 1...40]
        #expect(LayerCover.parts(of: 1...20, maps: maps) == [.map(1...20)])
        #expect(
            LayerCover.parts(of: 1...34, maps: maps) == [.delta(34), .delta(33), .map(17...32), .map(1...16)])
        #expect(LayerCover.parts(of: 17...33, maps: maps) == [.delta(33), .map(17...32)])
        #expect(LayerCover.parts(of: 1...1, maps: []) == [.delta(1)])
    }

    @Test func segmentsAreAlignedAndTiered() {
        #expect(MapPlan.missingSegments(newest: 15, maps: []).isEmpty)
        #expect(MapPlan.missingSegments(newest: 33, maps: [1...16]) == [17...32])
        let missing = MapPlan.missingSegments(newest: 256, maps: [])
        #expect(missing.count == 17 && missing.last == 1...256)
        #expect(!MapPlan.needsWhole(pagesAbove: 25, imagePages: 100))
        #expect(MapPlan.needsWhole(pagesAbove: 26, imagePages: 100))
    }

    /// A cluster's log, stored with each of its backups, has no part in the next image.
    @Test func whatOnlyCompletesABackupMakesNoMaps() throws {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        var source = Source(files: [0: .init(birth: 1, pages: Array(0..<100))])
        var history: [SequenceNumber: Source] = [:]
        for step in 1...15 as ClosedRange<UInt64> {
            source.files = source.files.filter { $0.key == 0 }
            source.files[0]?.pages[Int(step)] = 1000 + step
            source.files[UInt32(step)] = .init(
                birth: step, pages: (0..<50).map { 10_000 * step + $0 }, kind: "closing")
            history[try fixture.backUp(source).sequence] = source
            #expect(try fixture.repository.mergeMaps(of: fixture.unit) == 0)
        }
        for page in 20..<50 { source.files[0]?.pages[page] = 5000 + UInt64(page) }
        history[try fixture.backUp(source).sequence] = source
        #expect(try fixture.repository.mergeMaps(of: fixture.unit) == 1, "too much has changed by now")
        try expect(history, in: fixture, "with a whole map")
    }

    /// 1,000,000 pages are placed, merged and walked in little memory.
    @Test func aMillionPagesNeedLittleMemory() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let fixture = try Fixture(LocalFolderStore(folder.path))
        let count: UInt32 = 1_000_000
        let page = [UInt8](repeating: 1, count: 512)
        let hash = page.withUnsafeBytes { fixture.repository.hasher.hash($0) }
        let before = MemoryUse.peakKiB()
        var last: PointRecord?
        for step in 0..<2 {
            let writer = try fixture.repository.startPoint(of: fixture.unit, compression: .fast)
            let worker = try writer.worker()
            let chunk = [UInt8](repeating: 1, count: 512 * 512)
            let hashes = [PageHash](repeating: hash, count: 512)
            let first: UInt32 = step == 0 ? 0 : count - 102_400
            for (ordinal, start) in stride(from: first, to: count, by: 512).enumerated() {
                let pages = Int(min(512, count - start))
                worker.begin(chunk: ordinal)
                try chunk.withUnsafeBytes {
                    try worker.add(
                        file: 0, firstPage: start, pageSize: 512,
                        bytes: UnsafeRawBufferPointer(rebasing: $0[..<(pages * 512)]), hashes: hashes[..<pages])
                }
                try worker.end()
            }
            try worker.finish()
            let file = ImageFile(
                id: 0, birth: 1, path: "/srv/big.db", uid: 0, gid: 0, owner: "", group: "", mode: 0o600, modified: 0,
                length: Int64(count) * 512, pageSize: 512, pages: count)
            last = try writer.commit(Fixture.draft(kind: .full, files: [file], root: .empty, before: last))
        }
        try fixture.repository.mergeMaps(of: fixture.unit)
        var cursor = try fixture.repository.image(2, of: fixture.unit).cursor(by: FrameBench())
        var pages = 0
        while let run = try cursor.next() { pages += run.count }
        #expect(pages == Int(count))
        // Other tests may run in this process meanwhile; the pages themselves are 488 MiB.
        #expect(MemoryUse.peakKiB() - before < 256 << 10)
    }
}
