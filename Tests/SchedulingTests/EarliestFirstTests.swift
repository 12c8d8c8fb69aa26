import Model
import Scheduling
import Testing

@Suite struct EarliestFirstTests {
    @Test func isAlwaysLikeASortedTable() {
        let seed = SimulationTests.seed
        var random = SeededGenerator(seed: seed)
        var heap = EarliestFirst(count: 100)
        var table: [Int: Instant] = [:]
        for _ in 0..<20_000 {
            let place = Int.random(in: 0..<100, using: &random)
            let instant =
                random.chance(4) ? nil : Instant(seconds: Int64.random(in: 0..<50, using: &random))
            heap.set(instant, for: place)
            table[place] = instant
            let limit = Instant(seconds: Int64.random(in: -1..<51, using: &random))
            #expect(heap.earliest == table.values.min(), "HOLDFAST_SEED=\(seed)")
            let expected = Set(table.filter { $0.value <= limit }.keys)
            #expect(Set(heap.places(through: limit)) == expected, "HOLDFAST_SEED=\(seed)")
        }
    }
}
