import Archiving
import Model
import Storage
import StorageTestSupport
import Testing

/// What a backup asks of the store, whatever the number of backups before it.
@Suite struct ScaleTests {
    private let store = CountingStore()
    private let fixture: Fixture
    private var source = Source(files: [0: .init(birth: 1, pages: Array(0..<100))])

    init() throws { fixture = try Fixture(store) }

    /// As the daemon makes one: with its looks at what was deleted and damaged, and the maps after it.
    private mutating func backUp() throws {
        let (repository, unit) = (fixture.repository, fixture.unit)
        if let newest = try repository.lastSequence(of: unit) {
            #expect(try repository.markState(of: newest, unit).deleted == nil)
        }
        #expect(try repository.knownDamage(of: unit).isEmpty)
        let next = try repository.lastSequence(of: unit) ?? 0
        source.files[0]?.pages[Int(next % 100)] = 1000 + next
        try fixture.backUp(source)
        try repository.mergeMaps(of: unit)
    }

    @Test mutating func aBackupCostsTheSameAfterThousandsOfOthers() throws {
        var counts: [CountingStore.Count] = []
        for start in [300, 3000] as [SequenceNumber] {
            while try fixture.repository.lastSequence(of: fixture.unit) ?? 0 < start { try backUp() }
            // Some of those before it bear marks.
            for sequence in (start - 40)...(start - 20) {
                let mark = Mark(kind: .deleted, instant: Fixture.now, actor: .daemon)
                try fixture.repository.mark(sequence, of: fixture.unit, mark)
            }
            try backUp()
            counts.append(try store.counting { for _ in 0..<128 { try backUp() } })
        }
        #expect(Set(counts[1].lists.keys) == ["heads"])
        #expect(counts[1].names == 0)
        #expect(counts[1].calls <= counts[0].calls * 11 / 10)
    }

    @Test mutating func whatIsRememberedGivesWayToWhatIsThere() throws {
        let (repository, unit) = (fixture.repository, fixture.unit)
        for _ in 0..<20 { try backUp() }
        // Another process, and one that reads only.
        let other = try Repository.open(in: store, secret: fixture.secret, for: .writing)
        let reader = try Repository.open(in: store, secret: fixture.secret, for: .reading)
        for _ in 0..<3 { try Fixture.backUp(source, to: other, unit: unit) }
        #expect(try repository.lastSequence(of: unit) == 23)
        #expect(try reader.lastSequence(of: unit) == 23)
        #expect(try repository.lastSequence(of: unit, below: 23) == 22)
        // The newest two are lost: numbers that maps merge are not given again, others are.
        for sequence in [22, 23] { store.base.tamper("db/\(unit)/points/00000000000000\(sequence)", nil) }
        #expect(try repository.lastSequence(of: unit) == 21)
        #expect(try repository.newest(of: unit)?.sequence == 21)
        for _ in 0..<2 { try Fixture.backUp(source, to: repository, unit: unit) }
        #expect(try repository.lastSequence(of: unit) == 23)
        for sequence in 16...23 { store.base.tamper("db/\(unit)/points/00000000000000\(sequence)", nil) }
        #expect(try repository.lastSequence(of: unit) == 15)
        let writer = try repository.startPoint(of: unit, compression: .fast)
        #expect(writer.sequence == 17)
        writer.abandon()
    }

    /// A prune takes numbers out of the list, and the whole unit in the end.
    @Test mutating func numbersThatAPruneTookAreNotGivenAgain() throws {
        let (repository, unit) = (fixture.repository, fixture.unit)
        for _ in 0..<20 { try backUp() }
        _ = try repository.prune(unit: unit, deleting: Set(5...20))
        #expect(try repository.lastSequence(of: unit) == 21)
        #expect(try repository.newest(of: unit)?.sequence == 4)
        try backUp()
        #expect(try repository.lastSequence(of: unit) == 22)
        #expect(
            try Fixture.restore(22, of: unit, from: repository) == Fixture.content(of: source))
        let all = Set(try repository.sequences(of: unit))
        #expect(try repository.prune(unit: unit, deleting: all).unitRemoved)
        #expect(try repository.lastSequence(of: unit) == nil)
        try backUp()
        #expect(try repository.lastSequence(of: unit) == 1)
    }

    @Test mutating func manyMarksAreOneLook() throws {
        let (repository, unit) = (fixture.repository, fixture.unit)
        for _ in 0..<20 { try backUp() }
        let deleted = Mark(kind: .deleted, instant: Fixture.now, actor: .daemon)
        try repository.mark(3, of: unit, Mark(kind: .undeleted, instant: Fixture.now, actor: .daemon))
        let count = try store.counting { try repository.mark(Array(1...20), of: unit, deleted) }
        #expect(count.lists["marks"] == 1)
        let book = try repository.markBook(of: unit)
        for sequence in 1...20 as ClosedRange<SequenceNumber> {
            #expect(try repository.markState(of: sequence, unit).deleted == Fixture.now)
            #expect(try book.state(of: sequence, preservedAtBirth: true).deleted == Fixture.now)
            #expect(try book.state(of: sequence, preservedAtBirth: true).isPreserved)
        }
        // What it made obsolete is gone, and what is missing is refused.
        #expect(try store.list("db/\(unit)/marks").count == 20)
        #expect(throws: Fault.self) { try repository.mark([20, 21], of: unit, deleted) }
    }

    /// What is unchanged must not wait in memory for a frame that never fills.
    @Test func aFrameIsSealedAtTheLatestWhenMuchWaitsForIt() throws {
        let writer = try fixture.repository.startPoint(of: fixture.unit, compression: .fast)
        defer { writer.abandon() }
        let worker = try writer.worker()
        let page = Source.bytes(of: 1)
        worker.begin(chunk: 0)
        try page.withUnsafeBytes {
            try worker.add(
                file: 0, firstPage: 0, pageSize: Source.pageSize, bytes: $0,
                hashes: [fixture.repository.hasher.hash($0)])
        }
        try worker.end()
        #expect(writer.bytesStored == .zero)
        for chunk in 1...70_000 {
            worker.begin(chunk: chunk)
            try worker.end()
        }
        #expect(writer.bytesStored > .zero)
        try worker.finish()
    }

    @Test func namesAreReadAsTheyAreWritten() {
        let names: [ObjectName] = [
            .point(1), .point(9_999_999_999_999_999), .point(12_345_678_901_234_567), .pack(7, .max), .fold(8, 0),
            .pack(12_345_678_901_234_567, 1),
        ]
        for name in names { #expect(ObjectName(path: name.path) == name) }
        for path in [
            "points/000000000000000a", "points/+000000000000001", "packs/0000000000000001-000000000000000G",
            "packs/0000000000000001-00000000000000AB", "packs/000000000000000a-0000000000000001", "points/1",
            "ponits/0000000000000001",
        ] { #expect(ObjectName(path: path) == nil) }
    }

    @Test func aSetOfNumbers() {
        var set = NumberSet()
        for number in [0, 63, 64, 100_000] as [SequenceNumber] {
            #expect(!set.contains(number))
            set.insert(number)
            #expect(set.contains(number))
        }
        #expect(!set.contains(1) && !set.contains(99_999) && !set.contains(.max / 2))
    }
}
