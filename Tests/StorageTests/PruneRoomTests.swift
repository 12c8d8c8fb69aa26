import Archiving
import Model
import Storage
import StorageTestSupport
import Testing

/// Prunes on a disk that is full.
@Suite struct PruneRoomTests {
    /// Eight backups: each second one replaces all that the one before stored, the others leave some of it in use.
    private static func make() throws -> (FaultyStore, Fixture, [SequenceNumber: Source]) {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        var source = Source(files: [0: .init(birth: 1, pages: (0..<800).map { $0 })])
        var history: [SequenceNumber: Source] = [:]
        for step in 0..<8 {
            if step > 0 {
                for page in 0..<800 where page % 8 > step / 2 * 2 {
                    source.files[0]?.pages[page] = UInt64(10_000 * step + page)
                }
            }
            history[try fixture.backUp(source).sequence] = source
        }
        return (store, fixture, history)
    }

    @Test(arguments: [true, false], [3_000, 20_000, 60_000, 120_000, 250_000])
    func aFullDiskGetsRoom(isTold: Bool, room: Int) throws {
        let (store, fixture, history) = try Self.make()
        let (repository, unit) = (fixture.repository, fixture.unit)
        let deleting: Set<SequenceNumber> = [1, 2, 3, 4, 6]
        let kept = history.filter { !deleting.contains($0.key) }
        let place = "\(room) bytes, told \(isTold)"
        let before = store.used
        store.limit(to: before + room, isTold: isTold)
        do {
            let report = try repository.prune(unit: unit, deleting: deleting)
            #expect(report.estimate.left.isEmpty && report.objectsLeft == 0, "\(place)")
            #expect(report.deletedBytes.bytes > 0 && store.used < before, "\(place): \(before) → \(store.used)")
            let after = try repository.pruneEstimate(of: unit, deleting: [])
            #expect(after.stored == report.estimate.storedAfter || report.pagesMoved > 0, "\(place)")
        } catch let fault as Fault {
            // Not even a head with its maps fits.
            #expect(fault.code == .outOfSpace && room < 60_000, "\(place)")
            try Pruning.expect(history, of: unit, in: repository, place)
            return
        }
        try Pruning.expect(kept, of: unit, in: repository, place)
        #expect(store.uncommitted == 0, "\(place)")
        // What was freed is of use for more, and with room all of it is done.
        _ = try repository.prune(unit: unit, deleting: [])
        try Pruning.expect(kept, of: unit, in: repository, "\(place), again")
        store.limit(to: nil, isTold: true)
        _ = try repository.prune(unit: unit, deleting: [])
        try Pruning.expect(kept, of: unit, in: repository, "\(place), with room")
        let estimate = try repository.pruneEstimate(of: unit, deleting: [])
        #expect(estimate.dead.bytes * 20 <= estimate.stored.bytes, "\(place)")
    }

    /// Whatever fails once for want of room, the prune does what it was asked for, or nothing.
    @Test func oneFailureIsNotTheEnd() throws {
        let (store, fixture, history) = try Self.make()
        let quiet = store.copy()
        let deleting: Set<SequenceNumber> = [1, 2, 3, 4, 6]
        let first = try Repository.open(in: quiet, secret: fixture.secret, for: .writing)
        _ = try first.prune(unit: fixture.unit, deleting: deleting)
        for call in 1...(quiet.calls - 12) where Pruning.isLong || call % 6 == 1 {
            let failing = store.copy(trouble: .fails(at: call, .outOfSpace))
            let repository = try Repository.open(in: failing, secret: fixture.secret, for: .writing)
            let report = try? repository.prune(unit: fixture.unit, deleting: deleting)
            let listed = try repository.sequences(of: fixture.unit)
            let kept = history.filter { listed.contains($0.key) }
            #expect(Set(kept.keys).isSuperset(of: [5, 7, 8]), "call \(call)")
            if let report { #expect(report.estimate.left.isEmpty && listed == [5, 7, 8], "call \(call)") }
            try Pruning.expect(kept, of: fixture.unit, in: repository, "call \(call)")
        }
    }
}
