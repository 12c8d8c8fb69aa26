import Archiving
import Model
import Platform
import Storage
import StorageTestSupport
import Testing

@Suite struct PruneTests {
    /// A full of `pages` pages and progressives of which each changes `changed` others.
    private static func make(
        _ store: any ObjectStore, pages: Int = 2000, changed: Int = 40, steps: Int = 5
    ) throws -> (Fixture, [SequenceNumber: Source]) {
        let fixture = try Fixture(store)
        var source = Source(files: [0: .init(birth: 1, pages: (0..<UInt64(pages)).map { $0 })])
        var history: [SequenceNumber: Source] = [:]
        for step in 0..<steps {
            if step > 0 {
                for page in 0..<changed {
                    source.files[0]?.pages[(page * 47 + step) % pages] = UInt64(10_000 * step + page)
                }
            }
            history[try fixture.backUp(source).sequence] = source
        }
        return (fixture, history)
    }

    @Test func givesBackWhatARepositoryWithTheKeptBackupsOnlyWouldNotHave() throws {
        let store = FaultyStore()
        let (fixture, history) = try Self.make(store, changed: 900)
        let kept = history.filter { $0.key == 3 || $0.key == 5 }
        let before = try Pruning.pageBytes(store, fixture.repository, fixture.unit)
        _ = try fixture.repository.prune(unit: fixture.unit, deleting: [1, 2, 4])
        let after = try Pruning.pageBytes(store, fixture.repository, fixture.unit)
        let freshStore = FaultyStore()
        let fresh = try Fixture(freshStore)
        for (_, source) in kept.sorted(by: { $0.key < $1.key }) { try fresh.backUp(source) }
        let ideal = try Pruning.pageBytes(freshStore, fresh.repository, fresh.unit)
        print("before \(before), after \(after), never more than the kept backups \(ideal)")
        #expect(Double(after) < Double(ideal) * 1.06 && after * 10 < before * 8)
        try Pruning.expect(kept, of: fixture.unit, in: fixture.repository, "pruned")
    }

    @Test func attributesWhatDiesToTheNewestBackupThatHoldsIt() throws {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        // Pages of their own size each: frames of one page each would blur nothing.
        var source = Source(files: [0: .init(birth: 1, pages: Array(0..<512))])
        try fixture.backUp(source)
        for page in 0..<256 { source.files[0]?.pages[page] = UInt64(1000 + page) }
        try fixture.backUp(source)
        for page in 0..<256 { source.files[0]?.pages[page] = UInt64(2000 + page) }
        try fixture.backUp(source)
        let estimate = try fixture.repository.pruneEstimate(of: fixture.unit, deleting: [1, 2])
        let sizes = try (1...3).map { try fixture.repository.record($0, of: fixture.unit).bytesStored.bytes }
        // The first 256 pages of the full die with it, their successors with the second.
        let first = try #require(estimate.byBackup[1]?.bytes)
        let second = try #require(estimate.byBackup[2]?.bytes)
        #expect(abs(first - sizes[0] / 2) < sizes[0] / 10, "\(first) of \(sizes)")
        #expect(abs(second - sizes[1]) < sizes[1] / 10, "\(second) of \(sizes)")
        #expect(estimate.dead == .zero && estimate.byBackup.count == 2)
        // Only the oldest goes: the second still needs all but what it replaced.
        let less = try fixture.repository.pruneEstimate(of: fixture.unit, deleting: [2])
        #expect(less.byBackup[2].map { abs($0.bytes - second) < 200 } == true, "\(less)")
    }

    @Test func aDeletedNewestBackupKeepsItsNumber() throws {
        let store = FaultyStore()
        let (fixture, history) = try Self.make(store)
        let (repository, unit) = (fixture.repository, fixture.unit)
        _ = try repository.prune(unit: unit, deleting: [4, 5])
        #expect(try repository.newest(of: unit)?.sequence == 3)
        var kept = history.filter { $0.key < 4 }
        try Pruning.expect(kept, of: unit, in: repository, "pruned")
        let reopened = try Repository.open(in: store, secret: fixture.secret, for: .writing)
        var source = history[3] ?? Source()
        source.files[0]?.pages[0] = 5
        let next = try Fixture.backUp(source, to: reopened, unit: unit)
        // Number 6 is the fence.
        #expect(next.sequence == 7 && next.pagesStored == 1 && next.draft.preSequence == 3)
        kept[7] = source
        try Pruning.expect(kept, of: unit, in: reopened, "a backup later")
        _ = try reopened.prune(unit: unit, deleting: [1, 2, 3])
        try Pruning.expect([7: source], of: unit, in: reopened, "pruned again")
        #expect(try reopened.sequences(of: unit) == [7])
    }

    @Test func marksOfDeletedBackupsGoAndOthersStay() throws {
        let store = FaultyStore()
        let (fixture, _) = try Self.make(store)
        let (repository, unit) = (fixture.repository, fixture.unit)
        for sequence in 1...5 as ClosedRange<SequenceNumber> {
            try repository.mark(sequence, of: unit, Mark(kind: .deleted, instant: Fixture.now, actor: .daemon))
        }
        try repository.mark(5, of: unit, Mark(kind: .undeleted, instant: Fixture.now, actor: .daemon))
        _ = try repository.prune(unit: unit, deleting: [1, 2])
        let states = try repository.markStates(of: unit, preservedAtBirth: [])
        #expect(Set(states.keys) == [3, 4, 5])
        #expect(states[3]?.deleted == Fixture.now && states[5]?.deleted == nil)
        try repository.mark(3, of: unit, Mark(kind: .undeleted, instant: Fixture.now, actor: .daemon))
        #expect(try repository.markStates(of: unit, preservedAtBirth: [])[3]?.deleted == nil)
    }

    @Test func layersOfManyKeptBackupsAreMerged() throws {
        let store = FaultyStore()
        let (fixture, history) = try Self.make(store, pages: 400, changed: 3, steps: 90)
        let (repository, unit) = (fixture.repository, fixture.unit)
        let deleted = Set(history.keys.filter { $0 % 2 == 0 && $0 < 80 })
        _ = try repository.prune(unit: unit, deleting: deleted)
        #expect(store.names.contains { $0.contains("/maps/1/") && $0.hasSuffix("-0000000000000031") })
        try Pruning.expect(history.filter { !deleted.contains($0.key) }, of: unit, in: repository, "pruned")
        #expect(try repository.check(89, of: unit, threads: 1).isGood)
    }

    @Test func aDamagedFrameStaysWhereItIs() throws {
        let store = FaultyStore()
        let (fixture, history) = try Self.make(store, pages: 3000, changed: 1400)
        let (repository, unit) = (fixture.repository, fixture.unit)
        let name = "db/\(unit)/points/0000000000000001"
        var bytes = try #require(store.bytes(of: name))
        bytes[1000] ^= 1
        store.tamper(name, bytes)
        let lost = try repository.check(unit: unit, threads: 1).affected.map(\.sequence)
        #expect(lost.contains(1))
        let report = try repository.prune(unit: unit, deleting: [1, 2, 3])
        #expect(report.damage.items.map(\.object) == [.point(1)] && report.pagesMoved > 0)
        #expect(store.names.contains(name))
        let found = try repository.check(unit: unit, threads: 1)
        #expect(found.findings.map(\.object) == [name])
        // The same backups suffer, no others.
        #expect(Set(found.affected.map(\.sequence)) == Set(lost).intersection([4, 5]))
        let damage = try #require(found.damage[unit])
        let source = try #require(history[5])
        let healed = try fixture.backUp(source, damage: damage)
        #expect(try Fixture.restore(healed.sequence, of: unit, from: repository) == Fixture.content(of: source))
        let after = try repository.prune(unit: unit, deleting: [4, 5])
        #expect(after.damage.isEmpty && !store.names.contains(name))
        try Pruning.expect([healed.sequence: source], of: unit, in: repository, "healed")
    }

    @Test func aBackupThatCannotBeReadStaysWithAllItMayNeed() throws {
        let store = FaultyStore()
        let (fixture, history) = try Self.make(store)
        let (repository, unit) = (fixture.repository, fixture.unit)
        store.tamper("db/\(unit)/points/0000000000000003", [1, 2, 3])
        let report = try repository.prune(unit: unit, deleting: [1, 2, 3])
        #expect(report.estimate.left == [2, 3])
        #expect(try repository.sequences(of: unit) == [2, 3, 4, 5])
        #expect(try Fixture.restore(2, of: unit, from: repository) == history[2].map(Fixture.content))
    }

    @Test func aHeadIsReadFromItsOtherCopyAndNeverFromAnOlderOne() throws {
        let store = FaultyStore()
        let (fixture, history) = try Self.make(store)
        let unit = fixture.unit
        _ = try fixture.repository.prune(unit: unit, deleting: [1, 2])
        let heads = store.names.filter { $0.contains("/heads/") }
        #expect(heads.count == 2)
        for head in heads {
            let other = store.copy()
            other.tamper(head, [7])
            let repository = try Repository.open(in: other, secret: fixture.secret, for: .writing)
            try Pruning.expect(history.filter { $0.key > 2 }, of: unit, in: repository, head, isGood: false)
            #expect(try repository.check(unit: unit, threads: 1).findings.map(\.object) == [head])
            _ = try repository.prune(unit: unit, deleting: [3])
            try Pruning.expect(history.filter { $0.key > 3 }, of: unit, in: repository, head)
        }
        for head in heads { store.tamper(head, [7]) }
        let repository = try Repository.open(in: store, secret: fixture.secret, for: .writing)
        let fault = #expect(throws: Fault.self) { try repository.sequences(of: unit) }
        #expect(fault?.code == .repositoryDamaged)
        #expect(throws: Fault.self) { try repository.prune(unit: unit, deleting: [4]) }
    }
}
