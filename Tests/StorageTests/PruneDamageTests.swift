import Archiving
import Model
import Storage
import StorageTestSupport
import Testing

/// Prunes of a unit in which something is damaged: what could be read before can be read afterwards.
@Suite struct PruneDamageTests {
    /// Nine backups, pruned once after the third, all of them in one map.
    private static func make() throws -> (FaultyStore, Fixture, [SequenceNumber: Source]) {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        var source = Source(files: [0: .init(birth: 1, pages: Array(0..<60))])
        var history: [SequenceNumber: Source] = [:]
        for step in 0..<10 {
            for page in 0..<9 { source.files[0]?.pages[(step * 7 + page * 5) % 60] = UInt64(1000 * step + page) }
            let record = try Fixture.backUp(
                source, to: fixture.repository, unit: fixture.unit, inlineFrames: step % 3 == 0 ? 0 : 64)
            history[record.sequence] = source
            if step == 3 { _ = try fixture.repository.prune(unit: fixture.unit, deleting: [1]) }
            if step == 8 { try fixture.repository.mergeMaps(of: fixture.unit) }
        }
        history[1] = nil
        return (store, fixture, history)
    }

    private static func readable(
        _ history: [SequenceNumber: Source], _ store: FaultyStore, _ fixture: Fixture
    ) throws -> Set<SequenceNumber> {
        let repository = try Repository.open(in: store, secret: fixture.secret, for: .reading)
        return Set(
            history.filter { sequence, source in
                let restored = try? Fixture.restore(sequence, of: fixture.unit, from: repository, threads: 1)
                return restored == Fixture.content(of: source)
            }.keys)
    }

    @Test func aMapThatAloneHoldsAnUnreadableDeltaGoesOn() throws {
        let (store, fixture, history) = try Self.make()
        let unit = fixture.unit
        let name = "db/\(unit)/points/0000000000000008"
        var bytes = try #require(store.bytes(of: name))
        // The record is the frame with the magic that is followed by kind 3.
        let magic = Array("HFF1".utf8) + [3]
        let start = try #require(bytes.indices.first { bytes[$0...].starts(with: magic) })
        bytes[start + 100] ^= 1
        store.tamper(name, bytes)
        #expect(try Self.readable(history, store, fixture).contains(9))
        let repository = try Repository.open(in: store, secret: fixture.secret, for: .writing)
        let report = try repository.prune(unit: unit, deleting: [2, 5, 6, 8])
        #expect(report.damage.items.map(\.object) == [.point(8)])
        #expect(report.estimate.left.contains(8))
        #expect(try Self.readable(history, store, fixture).isSuperset(of: [3, 4, 7, 9, 10]))
        // And through further prunes, also without the backup at which the map ends.
        _ = try repository.prune(unit: unit, deleting: [3])
        #expect(try Self.readable(history, store, fixture).isSuperset(of: [4, 7, 9, 10]))
        _ = try repository.prune(unit: unit, deleting: [4, 9])
        #expect(try Self.readable(history, store, fixture).isSuperset(of: [7, 10]))
        let again = try repository.prune(unit: unit, deleting: [])
        #expect(again.written == .zero && again.deletedObjects == 0)
    }

    @Test(arguments: Pruning.seeds(60, long: 400)) func whatCouldBeReadBeforeCanBeReadAfterwards(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let (store, fixture, history) = try Self.make()
        let victims = store.names.filter { $0.hasPrefix("db/") && !$0.contains("/heads/") }
        for _ in 0..<Int.random(in: 1...2, using: &random) {
            let name = victims[Int.random(in: 0..<victims.count, using: &random)]
            var bytes = try #require(store.bytes(of: name))
            let end = bytes.count
            let place = Bool.random(using: &random) ? max(0, end - 400)..<end : 0..<end
            bytes[Int.random(in: place, using: &random)] ^= UInt8(1 << Int.random(in: 0..<8, using: &random))
            store.tamper(name, bytes)
        }
        var kept = history
        for round in 0..<3 {
            let before = try Self.readable(kept, store, fixture)
            let deleting = Set(kept.keys.sorted().filter { _ in Int.random(in: 0..<10, using: &random) < 4 })
            let repository = try Repository.open(in: store, secret: fixture.secret, for: .writing)
            let report: PruneReport
            do { report = try repository.prune(unit: fixture.unit, deleting: deleting) } catch let fault as Fault {
                Issue.record("seed \(seed), round \(round): \(fault)")
                return
            }
            for sequence in deleting.subtracting(report.estimate.left) { kept[sequence] = nil }
            if report.unitRemoved { return }
            let after = try Self.readable(kept, store, fixture)
            let lost = before.intersection(kept.keys).subtracting(after)
            #expect(lost.isEmpty, "seed \(seed), round \(round), without \(deleting.sorted()): lost \(lost.sorted())")
        }
    }
}
