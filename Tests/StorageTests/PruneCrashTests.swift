import Archiving
import Model
import Storage
import StorageTestSupport
import Testing

/// Prunes that are ended by a power cut, or fail, at every call; no kept backup may suffer, and the next prune does the rest.
@Suite struct PruneCrashTests {
    /// Which backups of five go, the first two of which a prune may have folded before.
    struct Scene: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var deleting: Set<SequenceNumber>
        var isPrunedBefore = false

        static let all = [
            Scene(testDescription: "the old ones", deleting: [1, 2, 3]),
            Scene(testDescription: "some between", deleting: [2, 4], isPrunedBefore: true),
            Scene(testDescription: "the newest", deleting: [1, 4, 5]),
            Scene(testDescription: "all", deleting: [1, 2, 3, 4, 5]),
            Scene(testDescription: "nothing, after killed backups", deleting: []),
        ]
    }

    private struct Life {
        let secret = Fixture.key()
        let unit = UnitID(bytes: [UInt8](repeating: 6, count: 16))
        var kept: [SequenceNumber: Source] = [:]
        var scene: Scene

        func open(_ store: any ObjectStore) throws -> Repository {
            try Repository.open(in: store, secret: secret, for: .writing)
        }

        /// What is there when the prune begins.
        mutating func make() throws -> FaultyStore {
            let store = FaultyStore()
            let repository = try Repository.create(in: store, secret: secret, label: "", now: Fixture.now)
            var source = Source(files: [0: .init(birth: 1, pages: Array(0..<30))])
            for step in 0..<5 as Range<Int> {
                for page in 0..<6 where page < source.files[0]?.pages.count ?? 0 {
                    source.files[0]?.pages[(step * 3 + page * 4) % 24] = UInt64(1000 * (step + 1) + page)
                }
                if step == 2 { source.files[0]?.pages.removeLast(3) }
                if step == 3 { source.files[1] = .init(birth: 4, pages: [1, 2, 3]) }
                let record = try Fixture.backUp(
                    source, to: repository, unit: unit, chunkPages: 4, inlineFrames: step % 2 == 0 ? 0 : 64,
                    packFrames: 1)
                kept[record.sequence] = source
                try repository.mark(
                    record.sequence, of: unit, Mark(kind: .proof, instant: Fixture.now, actor: .daemon, level: .pages))
                if step == 2, scene.isPrunedBefore {
                    kept[1] = nil
                    _ = try repository.prune(unit: unit, deleting: [1])
                }
            }
            try repository.mergeMaps(of: unit)
            if scene.deleting.isEmpty {
                // A pack of a number that another backup took.
                try store.put("db/\(unit)/packs/0000000000000003-0123456789abcdef", [1, 2, 3])
            }
            return store.afterPowerCut(seed: 0)
        }
    }

    @Test(arguments: Scene.all) func aKilledPruneLosesNothingAndIsFinishedByTheNext(_ scene: Scene) throws {
        var life = Life(scene: scene)
        let store = try life.make()
        let quiet = store.copy()
        _ = try life.open(quiet).prune(unit: life.unit, deleting: scene.deleting)
        #expect(quiet.calls > 4 || scene.deleting.isEmpty)
        for call in 1...quiet.calls {
            // After a call and before the next are the same.
            for trouble in [FaultyStore.Trouble.killedBefore(call)] + (call == quiet.calls ? [.killedAfter(call)] : [])
            {
                let dying = store.copy(trouble: trouble)
                #expect(throws: (any Error).self) {
                    _ = try life.open(dying).prune(unit: life.unit, deleting: scene.deleting)
                }
                for seed in 0..<(Pruning.isLong ? 4 : 1) as Range<UInt64> {
                    let place = "\(scene.testDescription), \(trouble), seed \(seed)"
                    try check(dying.afterPowerCut(seed: seed &* 1000 &+ UInt64(call)), life, place)
                }
            }
        }
    }

    @Test(arguments: Scene.all) func aFailedCallLosesNothing(_ scene: Scene) throws {
        var life = Life(scene: scene)
        let store = try life.make()
        let quiet = store.copy()
        _ = try life.open(quiet).prune(unit: life.unit, deleting: scene.deleting)
        for call in 1...quiet.calls where Pruning.isLong || call % 3 == 0 {
            let failing = store.copy(trouble: .fails(at: call, .outOfSpace))
            do {
                _ = try life.open(failing).prune(unit: life.unit, deleting: scene.deleting)
            } catch let fault as Fault {
                #expect(fault.code == .outOfSpace)
            }
            let cut = failing.afterPowerCut(seed: UInt64(call))
            try check(failing, life, "\(scene.testDescription), call \(call) fails")
            if Pruning.isLong { try check(cut, life, "\(scene.testDescription), call \(call), then a power cut") }
        }
    }

    @Test(arguments: Scene.all) func aPruneAfterAKilledOneMayBeKilledToo(_ scene: Scene) throws {
        var life = Life(scene: scene)
        let store = try life.make()
        let quiet = store.copy()
        _ = try life.open(quiet).prune(unit: life.unit, deleting: scene.deleting)
        for first in 1...quiet.calls where Pruning.isLong || first % 7 == 3 {
            let dying = store.copy(trouble: .killedAfter(first))
            _ = try? life.open(dying).prune(unit: life.unit, deleting: scene.deleting)
            let between = dying.afterPowerCut(seed: UInt64(first))
            let finishing = between.copy()
            _ = try life.open(finishing).prune(unit: life.unit, deleting: scene.deleting)
            guard finishing.calls > 0 else { continue }
            for second in 1...finishing.calls where Pruning.isLong || second % 3 == 1 {
                let again = between.copy(trouble: .killedBefore(second))
                _ = try? life.open(again).prune(unit: life.unit, deleting: scene.deleting)
                try check(
                    again.afterPowerCut(seed: UInt64(second)), life,
                    "\(scene.testDescription), killed at \(first) and at \(second)")
            }
        }
    }

    private func check(_ store: FaultyStore, _ life: Life, _ place: String) throws {
        let repository = try life.open(store)
        let deleting = life.scene.deleting
        let listed = try repository.sequences(of: life.unit).filter {
            try !repository.record($0, of: life.unit).isVoid
        }
        #expect(Set(listed).isSuperset(of: Set(life.kept.keys).subtracting(deleting)), "\(place)")
        // Whatever is listed is whole; a pack of nobody's is not.
        let isGood = !deleting.isEmpty
        try Pruning.expect(
            life.kept.filter { listed.contains($0.key) }, of: life.unit, in: repository, place, isGood: isGood)
        let highest = life.kept.keys.max() ?? 0
        var kept = life.kept
        for sequence in deleting { kept[sequence] = nil }
        if UInt64(place.utf8.count) % 2 == 0 || kept.isEmpty {
            _ = try repository.prune(unit: life.unit, deleting: deleting)
            try Pruning.expect(kept, of: life.unit, in: repository, "\(place), finished")
            let estimate = try repository.pruneEstimate(of: life.unit, deleting: [])
            #expect(estimate.freed == .zero && estimate.dead.bytes * 20 <= estimate.stored.bytes, "\(place)")
            let again = try repository.prune(unit: life.unit, deleting: [])
            #expect(again.deletedObjects == 0 && again.written == .zero, "\(place)")
            #expect(store.uncommitted == 0, "\(place)")
            if kept.isEmpty { #expect(!store.names.contains { $0.hasPrefix("db/") }, "\(place)") }
        } else {
            for sequence in life.kept.keys where !listed.contains(sequence) { kept[sequence] = nil }
            for sequence in listed { kept[sequence] = life.kept[sequence] }
        }
        // Life goes on, and no number comes back.
        var source = life.kept[highest] ?? Source()
        source.files[0]?.pages[5] = 77
        let next = try Fixture.backUp(source, to: repository, unit: life.unit)
        #expect(kept.isEmpty || next.sequence > highest, "\(place)")
        kept[next.sequence] = source
        try repository.mergeMaps(of: life.unit)
        try Pruning.expect(kept, of: life.unit, in: repository, "\(place), a backup later", isGood: isGood)
    }
}
