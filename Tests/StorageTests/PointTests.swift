import Archiving
import Model
import Storage
import StorageTestSupport
import Testing

@Suite struct PointTests {
    @Test func everyBackupRestoresInOneStep() throws {
        let fixture = try Fixture()
        var source = Source(files: [0: .init(birth: 1, pages: Array(0..<100)), 1: .init(birth: 1, pages: [])])
        var history: [Source] = []
        for step in 0..<5 as Range<UInt64> {
            source.files[0]?.pages[Int(step) * 7] = 1000 + step
            history.append(source)
            let record = try fixture.backUp(source)
            #expect(record.pagesStored == (step == 0 ? 100 : 1))
            #expect(record.sequence == step + 1)
        }
        for (index, source) in history.enumerated() {
            let restored = try Fixture.restore(SequenceNumber(index + 1), of: fixture.unit, from: fixture.repository)
            #expect(restored == Fixture.content(of: source))
        }
    }

    @Test func aSmallBackupIsOneObject() throws {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        let before = Set(store.names)
        try fixture.backUp(Source(files: [0: .init(birth: 1, pages: Array(0..<500))]))
        #expect(Set(store.names).subtracting(before) == ["db/\(fixture.unit)/points/0000000000000001"])
    }

    @Test func manyFramesGoToPacks() throws {
        let fixture = try Fixture()
        let pages = UInt64(PointWriter.inlineFrames * PageWorker.pagesPerFrame(pageSize: Source.pageSize) + 3000)
        let source = Source(files: [0: .init(birth: 1, pages: Array(0..<pages))])
        let record = try Fixture.backUp(source, to: fixture.repository, unit: fixture.unit, chunkPages: 512)
        #expect(record.packs.count == 1)
        #expect(try Fixture.restore(1, of: fixture.unit, from: fixture.repository) == Fixture.content(of: source))
        #expect(try fixture.repository.check().isGood)
    }

    @Test func anAbandonedBackupLeavesNothing() throws {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        let before = store.names
        let writer = try fixture.repository.startPoint(of: fixture.unit, compression: .fast)
        let worker = try writer.worker()
        worker.begin(chunk: 0)
        let page = Source.bytes(of: 1)
        try page.withUnsafeBytes {
            try worker.add(
                file: 0, firstPage: 0, pageSize: 512, bytes: $0, hashes: [fixture.repository.hasher.hash($0)])
        }
        try worker.finish()
        writer.abandon()
        #expect(store.names == before)
        #expect(store.uncommitted == 0)
    }

    @Test func theNumberFencesASecondWriter() throws {
        let fixture = try Fixture()
        let source = Source(files: [0: .init(birth: 1, pages: [1, 2])])
        let slow = try fixture.repository.startPoint(of: fixture.unit, compression: .fast)
        try fixture.backUp(source)
        let draft = Fixture.draft(kind: .full, files: [], root: .empty, before: nil)
        let fault = #expect(throws: Fault.self) { try slow.commit(draft) }
        #expect(fault?.code == .sequenceTaken)
        slow.abandon()
        #expect(try Fixture.restore(1, of: fixture.unit, from: fixture.repository) == Fixture.content(of: source))
    }

    @Test func aVoidPointKeepsTheImage() throws {
        let fixture = try Fixture()
        var source = Source(files: [0: .init(birth: 1, pages: [1, 2, 3])])
        let first = try fixture.backUp(source)
        let void = try fixture.repository.putVoidPoint(
            of: fixture.unit, like: first, at: Fixture.now, by: .daemon)
        #expect(void.sequence == 2 && void.isVoid)
        #expect(try fixture.repository.newest(of: fixture.unit)?.sequence == 1)
        source.files[0]?.pages[1] = 9
        let third = try fixture.backUp(source)
        #expect(third.sequence == 3 && third.pagesStored == 1)
        #expect(try Fixture.restore(3, of: fixture.unit, from: fixture.repository) == Fixture.content(of: source))
        let fault = #expect(throws: Fault.self) { try fixture.repository.image(2, of: fixture.unit) }
        #expect(fault?.code == .notFound)
    }

    @Test func streamsAFileInOrderAtItsExactLength() throws {
        let fixture = try Fixture()
        let source = Source(files: [3: .init(birth: 1, pages: Array(0..<50)), 4: .init(birth: 1, pages: [8])])
        try fixture.backUp(source)
        let image = try fixture.repository.image(1, of: fixture.unit)
        var bytes: [UInt8] = []
        try ImageReader(image).stream(file: 3) { bytes.append(contentsOf: $0) }
        #expect(bytes == Fixture.content(of: source)[3])
    }

    @Test func aFullStoresDamagedFramesAgain() throws {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        let source = Source(files: [0: .init(birth: 1, pages: Array(0..<20))])
        try fixture.backUp(source)
        let name = "db/\(fixture.unit)/points/0000000000000001"
        var bytes = try #require(store.bytes(of: name))
        bytes[200] ^= 1
        store.tamper(name, bytes)
        let report = try fixture.repository.check()
        #expect(report.affected.map(\.sequence) == [1])
        let damage = try #require(report.damage[fixture.unit])
        try fixture.repository.noteDamage(damage, of: fixture.unit, at: Fixture.now, by: .daemon)
        let known = try fixture.repository.knownDamage(of: fixture.unit)
        #expect(known == damage)
        let healed = try fixture.backUp(source, damage: known)
        #expect(healed.pagesStored > 0)
        #expect(try Fixture.restore(2, of: fixture.unit, from: fixture.repository) == Fixture.content(of: source))
    }
}
