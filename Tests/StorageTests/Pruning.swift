import Archiving
import Foundation
import Model
import Storage
import StorageTestSupport
import Testing

/// A unit with a random life, of which every backup's content is known.
struct History {
    var random: SeededGenerator
    var source: Source
    /// What backups that were not pruned must hold.
    var kept: [SequenceNumber: Source] = [:]
    private var nextFile: UInt32 = 1

    init(seed: UInt64) {
        random = SeededGenerator(seed: seed)
        source = Source(files: [0: .init(birth: 1, pages: [])])
        source.files[0]?.pages = (0..<Int.random(in: 1...120, using: &random)).map { _ in random.next() }
    }

    /// Changes some pages, lets files grow, shrink, go and come.
    mutating func change() {
        for file in source.files.keys.sorted() {
            var pages = source.files[file]?.pages ?? []
            switch Int.random(in: 0..<9, using: &random) {
            case 0: pages.removeLast(Int.random(in: 0...pages.count, using: &random))
            case 1: for _ in 0..<Int.random(in: 1..<40, using: &random) { pages.append(random.next()) }
            case 2:
                let start = Int.random(in: 0...pages.count, using: &random)
                pages = pages.prefix(start) + (start..<pages.count).map { _ in random.next() }
            default:
                for _ in 0..<min(Int.random(in: 1...12, using: &random), pages.count) {
                    pages[Int.random(in: 0..<pages.count, using: &random)] = random.next()
                }
            }
            source.files[file]?.pages = pages
        }
        if Int.random(in: 0..<10, using: &random) == 0 {
            source.files[nextFile] = .init(birth: 1, pages: (0..<20).map { _ in random.next() })
            nextFile += 1
        }
        if source.files.count > 1, Int.random(in: 0..<15, using: &random) == 0 {
            let victims = source.files.keys.sorted()
            source.files[victims[Int.random(in: 0..<victims.count, using: &random)]] = nil
        }
    }

    /// A backup in one of the ways that there are.
    mutating func backUp(to repository: Repository, unit: UnitID) throws {
        let frames = [0, 1, 64]
        let damage =
            try Int.random(in: 0..<6, using: &random) == 0
            ? repository.newest(of: unit).map { try repository.image($0.sequence, of: unit).mostlyDeadFrames() } : nil
        let record = try Fixture.backUp(
            source, to: repository, unit: unit, chunkPages: Int.random(in: 1...9, using: &random),
            damage: damage ?? DamageList(), fromNothing: Int.random(in: 0..<14, using: &random) == 0,
            inlineFrames: frames[Int.random(in: 0..<3, using: &random)],
            packFrames: Int.random(in: 1...3, using: &random))
        kept[record.sequence] = source
        if Int.random(in: 0..<16, using: &random) == 0 {
            _ = try repository.putVoidPoint(of: unit, like: record, at: Fixture.now, by: .daemon)
        }
        if Int.random(in: 0..<4, using: &random) == 0 { try repository.mergeMaps(of: unit) }
    }

    /// Backups to delete: none, some, most or all of the old ones, or any.
    mutating func choose() -> Set<SequenceNumber> {
        let all = kept.keys.sorted()
        switch Int.random(in: 0..<6, using: &random) {
        case 0: return []
        case 1: return Set(all.dropLast())
        case 2: return Set(all.suffix(Int.random(in: 1...3, using: &random)))
        case 3: return Set(all.prefix(Int.random(in: 0...all.count, using: &random)))
        default: return Set(all.filter { _ in Bool.random(using: &random) })
        }
    }

    mutating func forget(_ deleted: Set<SequenceNumber>) {
        for sequence in deleted { kept[sequence] = nil }
    }
}

/// What tests of pruning look at.
enum Pruning {
    static let isLong = ProcessInfo.processInfo.environment["HOLDFAST_LONG"] == "1"

    /// `HOLDFAST_SEED=N` replays one history.
    static func seeds(_ count: Int, long: Int) -> [UInt64] {
        if let seed = ProcessInfo.processInfo.environment["HOLDFAST_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        return (0..<UInt64(isLong ? long : count)).map { $0 }
    }

    /// The backups are these, and each restores to what it was, hashes and root included.
    static func expect(
        _ kept: [SequenceNumber: Source], of unit: UnitID, in repository: Repository, _ place: String,
        isGood: Bool = true
    ) throws {
        let listed = try repository.sequences(of: unit).filter { try !repository.record($0, of: unit).isVoid }
        #expect(Set(listed) == Set(kept.keys), "\(place)")
        for (sequence, source) in kept {
            let restored = try Fixture.restore(sequence, of: unit, from: repository, threads: 1)
            let isWhole = restored == Fixture.content(of: source)
            #expect(isWhole, "\(place), backup \(sequence)")
        }
        guard isGood else { return }
        let report = try repository.check(unit: unit, threads: 1)
        #expect(report.isGood, "\(place): \(report.findings.map(\.fault.description))")
    }

    /// Bytes of points, packs and folds of a unit, void points left out.
    static func pageBytes(_ store: FaultyStore, _ repository: Repository, _ unit: UnitID) throws -> Int64 {
        let voids = try repository.sequences(of: unit).filter { try repository.record($0, of: unit).isVoid }
        let names = store.names.filter { name in
            ["points", "packs", "folds"].contains { name.hasPrefix("db/\(unit)/\($0)/") }
        }
        return names.reduce(0) { sum, name in
            guard let last = name.split(separator: "/").last,
                !voids.contains(where: { name.contains("/points/") && SequenceNumber(last) == $0 })
            else { return sum }
            return sum + Int64(store.bytes(of: name)?.count ?? 0)
        }
    }
}
