import Archiving
import Model
import Storage
import StorageTestSupport
import Testing

/// Random lives of a unit with prunes in between.
@Suite struct PruneHistoryTests {
    @Test(arguments: Pruning.seeds(6, long: 400)) func everyKeptBackupStaysWhatItWas(seed: UInt64) throws {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        let (repository, unit) = (fixture.repository, fixture.unit)
        var history = History(seed: seed)
        var worst = 0.0
        var moved: UInt64 = 0
        for round in 0..<8 {
            for _ in 0..<Int.random(in: 1...9, using: &history.random) {
                history.change()
                try history.backUp(to: repository, unit: unit)
            }
            let deleted = history.choose()
            if deleted.count == history.kept.count { continue }
            let place = "seed \(seed), round \(round), without \(deleted.sorted())"
            let estimate = try repository.pruneEstimate(of: unit, deleting: deleted)
            let before = try Pruning.pageBytes(store, repository, unit)
            #expect(estimate.stored.bytes == before, "\(place)")
            let foldsBefore = folds(store)
            let report = try repository.prune(unit: unit, deleting: deleted)
            history.forget(deleted)
            try Pruning.expect(history.kept, of: unit, in: repository, place)
            #expect(report.objectsLeft == 0 && report.damage.isEmpty && report.estimate.left.isEmpty, "\(place)")
            #expect(report.estimate == estimate, "\(place)")
            // What moved has other frames now; all else is exact.
            let after = try Pruning.pageBytes(store, repository, unit)
            let added = folds(store).filter { foldsBefore[$0.key] == nil }.reduce(0) { $0 + $1.value }
            let promised = movedBytes(estimate, report, before: before, after: after, added: added)
            #expect(promised.isExact, "\(place): \(promised)")
            #expect(
                Double(added) <= Double(promised.moved) * 1.25 + 400.0 * Double(max(1, history.kept.count)),
                "\(place): \(promised)")
            let now = try repository.pruneEstimate(of: unit, deleting: [])
            #expect(now.stored.bytes == after && now.freed == .zero, "\(place)")
            worst = max(worst, Double(now.dead.bytes) / Double(max(1, now.stored.bytes)))
            #expect(now.dead.bytes * 100 <= now.stored.bytes * 5, "\(place): \(now)")
            #expect(store.uncommitted == 0, "\(place)")
            moved += report.pagesMoved
        }
        print("seed \(seed): worst dead share \(worst), \(moved) pages moved")
        let reopened = try Repository.open(in: store, secret: fixture.secret, for: .writing)
        try Pruning.expect(history.kept, of: unit, in: reopened, "seed \(seed), reopened")
        // Without any map, those that the head names included.
        for name in store.names where name.contains("/maps/") { store.tamper(name, nil) }
        let bare = try Repository.open(in: store, secret: fixture.secret, for: .writing)
        try Pruning.expect(history.kept, of: unit, in: bare, "seed \(seed), no maps", isGood: false)
        try bare.mergeMaps(of: unit)
        try Pruning.expect(history.kept, of: unit, in: bare, "seed \(seed), maps made anew", isGood: false)
    }

    private struct Promise {
        var moved: Int64
        var isExact: Bool
    }

    private func movedBytes(
        _ estimate: PruneEstimate, _ report: PruneReport, before: Int64, after: Int64, added: Int64
    ) -> Promise {
        // before − freed = what stays + what moved at its old size; after = what stays + what was added.
        let moved = estimate.storedAfter.bytes - (after - added)
        return Promise(moved: moved, isExact: moved >= 0 && (report.pagesMoved > 0) == (moved > 0))
    }

    private func folds(_ store: FaultyStore) -> [String: Int64] {
        Dictionary(
            store.names.filter { $0.contains("/folds/") }.map { ($0, Int64(store.bytes(of: $0)?.count ?? 0)) },
            uniquingKeysWith: { first, _ in first })
    }
}
