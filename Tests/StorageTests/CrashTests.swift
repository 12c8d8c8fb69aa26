import Archiving
import Model
import Storage
import StorageTestSupport
import Testing

/// A short life of a repository, ended by a power cut at every call; nothing acknowledged may be lost.
@Suite struct CrashTests {
    private struct Life {
        let secret = Fixture.key()
        let unit = UnitID(bytes: [UInt8](repeating: 5, count: 16))
        /// Backups that were acknowledged before the end.
        var acknowledged: [SequenceNumber: Source] = [:]
        /// Backups that were begun.
        var begun: [SequenceNumber: Source] = [:]

        /// Opens the repository and makes backups, merges maps and marks until something fails.
        mutating func run(_ store: any ObjectStore) throws {
            let repository = try Repository.open(in: store, secret: secret, for: .writing)
            var source = CrashTests.first
            for step in 0..<4 as Range<Int> {
                source.files[0]?.pages[step] = UInt64(500 + step)
                source.files[0]?.pages[step + 3] = UInt64(600 + step)
                if step == 2 { source.files[0]?.pages.removeLast(3) }
                begun[SequenceNumber(step + 2)] = source
                // Every second backup has a point and two packs.
                let record = try Fixture.backUp(
                    source, to: repository, unit: unit, chunkPages: 2, inlineFrames: step % 2 == 0 ? 0 : 64,
                    packFrames: 1)
                acknowledged[record.sequence] = source
            }
            let mark = Mark(kind: .preserved, instant: Fixture.now, actor: .daemon)
            try repository.mark(2, of: unit, mark)
            try repository.mergeMaps(of: unit)
        }
    }

    private static let first = Source(files: [0: .init(birth: 1, pages: Array(0..<12))])

    private static func start() throws -> (FaultyStore, Life) {
        var life = Life()
        let store = FaultyStore()
        let repository = try Repository.create(in: store, secret: life.secret, label: "", now: Fixture.now)
        try Fixture.backUp(first, to: repository, unit: life.unit)
        life.acknowledged[1] = first
        life.begun[1] = first
        return (store.afterPowerCut(seed: 0), life)
    }

    @Test(arguments: [false, true]) func nothingAcknowledgedIsLostWhereverThePowerGoes(after: Bool) throws {
        let (store, life) = try Self.start()
        var whole = life
        let quiet = store.copy()
        try whole.run(quiet)
        #expect(whole.acknowledged.count == 5)
        #expect(quiet.names.filter { $0.contains("/packs/") }.count == 4)
        for call in 1...quiet.calls {
            var life = life
            let dying = store.copy(trouble: after ? .killedAfter(call) : .killedBefore(call))
            #expect(throws: (any Error).self) { try life.run(dying) }
            for seed in 0..<2 as Range<UInt64> {
                try check(dying.afterPowerCut(seed: seed &* 1000 &+ UInt64(call)), life, "call \(call), seed \(seed)")
            }
        }
    }

    @Test(arguments: [Code.outOfSpace, .inputOutput]) func afterAFailedCallTheNextBackupWorks(_ code: Code) throws {
        let (store, life) = try Self.start()
        let quiet = store.copy()
        var whole = life
        try whole.run(quiet)
        for call in 1...quiet.calls {
            var life = life
            let failing = store.copy(trouble: .fails(at: call, code))
            do {
                try life.run(failing)
            } catch let fault as Fault {
                #expect(fault.code == code)
            }
            let cut = failing.afterPowerCut(seed: UInt64(call))
            try check(failing, life, "call \(call)")
            try check(cut, life, "call \(call), then a power cut")
        }
    }

    private func check(_ store: FaultyStore, _ life: Life, _ place: String) throws {
        let repository = try Repository.open(in: store, secret: life.secret, for: .writing)
        let sequences = try repository.sequences(of: life.unit)
        #expect(Set(sequences).isSuperset(of: life.acknowledged.keys), "\(place)")
        for sequence in sequences {
            let restored = try Fixture.restore(sequence, of: life.unit, from: repository, threads: 1)
            let isWhole = restored == life.begun[sequence].map(Fixture.content)
            #expect(isWhole, "\(place), backup \(sequence)")
        }
        let report = try repository.check(threads: 1)
        #expect(report.isGood, "\(place): \(report.findings.map(\.fault.description))")
        #expect(store.uncommitted == 0, "\(place)")
        // Life goes on.
        var source = Self.first
        source.files[0]?.pages[5] = 77
        let next = try Fixture.backUp(source, to: repository, unit: life.unit)
        #expect(next.sequence == (sequences.last ?? 0) + 1)
        let restored = try Fixture.restore(next.sequence, of: life.unit, from: repository, threads: 1)
        let isWhole = restored == Fixture.content(of: source)
        #expect(isWhole, "\(place)")
    }
}
