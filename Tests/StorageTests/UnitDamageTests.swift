import Archiving
import Dispatch
import Model
import Platform
import Storage
import StorageTestSupport
import Synchronization
import Testing

/// Damage of one unit is that unit's, and work on a unit is no damage.
@Suite struct UnitDamageTests {
    private static func make() throws -> (FaultyStore, Fixture, UnitID) {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        let other = UnitID.random()
        for unit in [fixture.unit, other] {
            var source = Source(files: [0: .init(birth: 1, pages: Array(0..<40))])
            for step in 0..<4 {
                for page in 0..<20 { source.files[0]?.pages[page + step] = UInt64(100 * step + page) }
                try Fixture.backUp(source, to: fixture.repository, unit: unit)
            }
            _ = try fixture.repository.prune(unit: unit, deleting: [1])
        }
        return (store, fixture, other)
    }

    /// Changes one byte of both copies of the head: of its header, or of the header of its last frame.
    private static func damageHeads(_ store: FaultyStore, of unit: UnitID, fromStart: Int?) throws {
        for name in store.names where name.hasPrefix("db/\(unit)/heads/") {
            var bytes = try #require(store.bytes(of: name))
            // The footer frame has 72 bytes; its kind is the fifth.
            bytes[fromStart ?? bytes.count - 72 + 4] = 77
            store.tamper(name, bytes)
        }
    }

    @Test(arguments: [nil, 3, 4, 5, 6, 100] as [Int?])
    func aUnitWhoseHeadLooksNewerIsDamagedAndTheOthersGoOn(place: Int?) throws {
        let (store, fixture, other) = try Self.make()
        let unit = fixture.unit
        try Self.damageHeads(store, of: unit, fromStart: place)
        let repository = try Repository.open(in: store, secret: fixture.secret, for: .writing)
        let calls: [() throws -> Void] = [
            { _ = try repository.sequences(of: unit) }, { _ = try repository.newest(of: unit) },
            { _ = try repository.image(4, of: unit) }, { _ = try repository.prune(unit: unit, deleting: [2]) },
            { _ = try repository.mergeMaps(of: unit) },
        ]
        for call in calls {
            let fault = #expect(throws: Fault.self) { try call() }
            #expect(fault?.code == .repositoryDamaged)
        }
        let report = try repository.check(threads: 1)
        #expect(report.findings.map(\.unit) == [unit, unit])
        #expect(report.findings.allSatisfy { $0.object.hasPrefix("db/\(unit)/heads/") })
        #expect(report.affected.map(\.sequence) == [2, 3, 4])
        let space = try repository.space()
        #expect(Set(space.units.map(\.unit)) == [unit, other])
        #expect(space.units.filter(\.isUnreadable).map(\.unit) == [unit])
        _ = try repository.prune(unit: other, deleting: [2])
        #expect(try repository.sequences(of: other) == [3, 4])
    }

    @Test func aPointThatLooksNewerIsDamaged() throws {
        let (store, fixture, _) = try Self.make()
        let name = "db/\(fixture.unit)/points/0000000000000004"
        var bytes = try #require(store.bytes(of: name))
        bytes[4] = 77
        store.tamper(name, bytes)
        let fault = #expect(throws: Fault.self) { try fixture.repository.record(4, of: fixture.unit) }
        #expect(fault?.code == .pointDamaged)
    }

    /// A check that begins at any step of a prune, deletion included, finds nothing.
    @Test func aCheckBesideAPruneFindsNoDamage() throws {
        var steps = 0
        let (_, counted, _) = try Self.make()
        _ = try counted.repository.prune(unit: counted.unit, deleting: [2, 3]) { _ in steps += 1 }
        for chosen in 0..<steps {
            let (_, fixture, _) = try Self.make()
            var step = 0
            _ = try fixture.repository.prune(unit: fixture.unit, deleting: [2, 3]) { _ in
                if step == chosen {
                    let report = try fixture.repository.check(threads: 1)
                    #expect(report.isGood, "step \(chosen): \(report.findings.map(\.fault.description))")
                }
                step += 1
            }
        }
    }

    /// A prune in the midst of its deletions goes on when the check has listed what is there.
    @Test func whatAPruneDeletesDuringACheckIsNotMissing() throws {
        let (_, fixture, _) = try Self.make()
        let (repository, unit) = (fixture.repository, fixture.unit)
        let deleting = DispatchSemaphore(value: 0)
        let listed = DispatchSemaphore(value: 0)
        let pruned = DispatchSemaphore(value: 0)
        try Threads.runAll(
            "check-test",
            [
                {
                    let isFirst = Atomic<Bool>(true)
                    let report = try repository.prune(unit: unit, deleting: [2, 3]) { step in
                        guard case .deleted = step, isFirst.exchange(false, ordering: .relaxed) else { return }
                        deleting.signal()
                        listed.wait()
                    }
                    #expect(report.deletedObjects > 3)
                    pruned.signal()
                },
                {
                    deleting.wait()
                    let isFirst = Atomic<Bool>(true)
                    let report = try repository.check(unit: unit, threads: 1) { _ in
                        guard isFirst.exchange(false, ordering: .relaxed) else { return }
                        listed.signal()
                        pruned.wait()
                    }
                    #expect(report.isGood, "\(report.findings.map(\.fault.description))")
                },
            ])
    }

    /// The repository's folder comes back as it was earlier, while it is open for reading.
    @Test func aHeadIsNotRememberedBeyondItsObject() throws {
        let (store, fixture, _) = try Self.make()
        let unit = fixture.unit
        let others = store.copy()
        let repository = fixture.repository
        _ = try repository.prune(unit: unit, deleting: [2])
        #expect(try repository.sequences(of: unit) == [3, 4])
        // Another life from the same start, with a head of the same generation.
        let other = try Repository.open(in: others, secret: fixture.secret, for: .writing)
        _ = try other.prune(unit: unit, deleting: [3])
        for name in Set(store.names + others.names) { store.tamper(name, others.bytes(of: name)) }
        #expect(try repository.sequences(of: unit) == [2, 4])
    }
}
