import Archiving
import Model
import Platform
import Storage
import StorageTestSupport
import Synchronization
import Testing

/// Prunes while others are at work on the unit.
@Suite struct PruneConcurrencyTests {
    private static func make(_ store: any ObjectStore = FaultyStore()) throws -> (Fixture, [SequenceNumber: Source]) {
        let fixture = try Fixture(store)
        var source = Source(files: [0: .init(birth: 1, pages: Array(0..<40))])
        var kept: [SequenceNumber: Source] = [:]
        for step in 0..<4 {
            for page in 0..<8 { source.files[0]?.pages[(step * 5 + page * 4) % 40] = UInt64(1000 * step + page) }
            kept[try Fixture.backUp(source, to: fixture.repository, unit: fixture.unit, packFrames: 1).sequence] =
                source
        }
        return (fixture, kept)
    }

    /// A backup that begins and is committed at any two steps of a prune, before and after it included.
    @Test(arguments: [[1, 2], [2, 4], [1, 2, 3, 4]] as [Set<SequenceNumber>])
    func aBackupAtAnyTimeOfAPruneIsGood(_ deleting: Set<SequenceNumber>) throws {
        var steps = 0
        let (counted, _) = try Self.make()
        _ = try counted.repository.prune(unit: counted.unit, deleting: deleting) { _ in steps += 1 }
        #expect(steps > 3)
        for begin in 0...steps {
            for end in begin...(steps + 1) where Pruning.isLong || (begin * 3 + end) % 11 == 0 {
                let (fixture, history) = try Self.make()
                let (repository, unit) = (fixture.repository, fixture.unit)
                var kept = history
                var source = history[4] ?? Source()
                source.files[0]?.pages[7] = 4711
                var step = 0
                var pending: PendingBackup?
                var refused = false
                let go = {
                    if step == begin { pending = try PendingBackup(to: repository, unit: unit) }
                    if step == end, let backup = pending {
                        pending = nil
                        do {
                            kept[try backup.finish(source).sequence] = source
                        } catch let fault as Fault where fault.code == .stepRefused { refused = true }
                    }
                    step += 1
                }
                try go()
                let report = try repository.prune(unit: unit, deleting: deleting) { _ in try go() }
                while step <= steps + 1 { try go() }
                let place = "\(deleting.sorted()), from step \(begin) to \(end)"
                #expect(!refused, "\(place)")
                let listed = Set(try repository.sequences(of: unit))
                for sequence in deleting where !listed.contains(sequence) { kept[sequence] = nil }
                // Only the base of the backup may stay.
                let stayed = Set(kept.keys).intersection(deleting)
                #expect(stayed.isSubset(of: [4]), "\(place)")
                try Pruning.expect(kept, of: unit, in: repository, place)
                pending = nil
                let finished = try repository.prune(unit: unit, deleting: stayed)
                #expect(finished.objectsLeft == 0, "\(place)")
                for sequence in stayed { kept[sequence] = nil }
                try Pruning.expect(kept, of: unit, in: repository, "\(place), pruned again")
                let estimate = try repository.pruneEstimate(of: unit, deleting: [])
                #expect(estimate.dead.bytes * 20 <= estimate.stored.bytes, "\(place): \(report), then \(finished)")
            }
        }
    }

    @Test func whatAReaderHasOpenedStaysUntilItIsDone() throws {
        let store = FaultyStore()
        let (fixture, history) = try Self.make(store)
        let (repository, unit) = (fixture.repository, fixture.unit)
        let before = Set(store.names)
        var image: Image? = try repository.image(2, of: unit)
        let report = try repository.prune(unit: unit, deleting: [1, 2, 3])
        #expect(report.objectsLeft > 0 && report.deletedObjects == 0)
        #expect(before.isSubset(of: store.names))
        #expect(try repository.sequences(of: unit) == [4])
        if let image {
            let content = SharedContent(image.files)
            try ImageReader(image, threads: 1).read { content.put($0) }
            #expect(content.files == history[2].map(Fixture.content))
        }
        let fault = #expect(throws: Fault.self) { try repository.image(2, of: unit) }
        #expect(fault?.code == .notFound)
        image = nil
        let next = try repository.prune(unit: unit, deleting: [])
        #expect(next.objectsLeft == 0 && next.deletedObjects >= report.objectsLeft)
        try Pruning.expect(history.filter { $0.key == 4 }, of: unit, in: repository, "after the reader")
    }

    @Test func aReaderInAnotherRepositoryObjectIsSeen() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let unit = UnitID.random()
        let writing = try Repository.create(at: folder.path, secret: Fixture.key(), label: "", now: Fixture.now)
        var source = Source(files: [0: .init(birth: 1, pages: Array(0..<40))])
        try Fixture.backUp(source, to: writing, unit: unit)
        for page in 0..<30 { source.files[0]?.pages[page] = UInt64(100 + page) }
        try Fixture.backUp(source, to: writing, unit: unit)
        let reading = try Repository.open(at: folder.path, secret: Fixture.key(), for: .reading)
        var image: Image? = try reading.image(1, of: unit)
        #expect(try writing.prune(unit: unit, deleting: [1]).objectsLeft > 0)
        if let image {
            let read = try ImageReader(image, threads: 1).read { _ in }
            #expect(read.pages == 40)
        }
        image = nil
        #expect(try writing.prune(unit: unit, deleting: []).objectsLeft == 0)
        #expect(!Files.exists("\(folder.path)/db/\(unit)/points/0000000000000001"))
        #expect(try Fixture.restore(2, of: unit, from: reading) == Fixture.content(of: source))
        // And a unit without backups leaves no folder.
        let gone = try writing.prune(unit: unit, deleting: [2])
        #expect(gone.unitRemoved)
        #expect(try Files.list("\(folder.path)/db").isEmpty)
        #expect(try reading.units().isEmpty)
        #expect(try writing.check().isGood)
    }

    @Test func oneUnitIsPrunedOnceAtATime() throws {
        let (fixture, _) = try Self.make()
        var code: Code?
        _ = try fixture.repository.prune(unit: fixture.unit, deleting: [1]) { _ in
            do { _ = try fixture.repository.prune(unit: fixture.unit, deleting: []) } catch let fault as Fault {
                code = fault.code
            }
        }
        #expect(code == .busy)
        _ = try fixture.repository.prune(unit: fixture.unit, deleting: [])
    }

    /// A writer, a reader and a prune, each on its own thread, on a local folder.
    @Test func threadsDoNotDisturbEachOther() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let rounds = Pruning.isLong ? 300 : 40
        let fixture = try Fixture(LocalFolderStore(folder.path))
        let (repository, unit) = (fixture.repository, fixture.unit)
        let kept = Mutex<[SequenceNumber: Source]>([:])
        let isOver = Atomic<Bool>(false)
        let read = Atomic<Int>(0)
        let pruned = Atomic<Int>(0)
        try Threads.runAll(
            "prune-test",
            [
                {
                    defer { isOver.store(true, ordering: .sequentiallyConsistent) }
                    var history = History(seed: 99)
                    for _ in 0..<rounds {
                        history.change()
                        try history.backUp(to: repository, unit: unit)
                        kept.withLock { $0.merge(history.kept) { old, _ in old } }
                        history.kept = [:]
                    }
                },
                {
                    while !isOver.load(ordering: .sequentiallyConsistent) {
                        guard let (sequence, source) = kept.withLock({ $0.randomElement() }) else { continue }
                        do {
                            let restored = try Fixture.restore(sequence, of: unit, from: repository, threads: 1)
                            #expect(restored == Fixture.content(of: source), "backup \(sequence)")
                            read.add(1, ordering: .relaxed)
                        } catch let fault as Fault where fault.code == .notFound {}
                    }
                },
                {
                    while !isOver.load(ordering: .sequentiallyConsistent) {
                        // All but every fifth and the newest three.
                        let victims = kept.withLock { kept in
                            let chosen = kept.keys.sorted().dropLast(3).filter { $0 % 5 != 0 }
                            for sequence in chosen { kept[sequence] = nil }
                            return Set(chosen)
                        }
                        _ = try repository.prune(unit: unit, deleting: victims)
                        pruned.add(1, ordering: .relaxed)
                    }
                },
            ])
        print("read \(read.load(ordering: .relaxed)) times, pruned \(pruned.load(ordering: .relaxed)) times")
        #expect(pruned.load(ordering: .relaxed) > 0)
        _ = try repository.prune(unit: unit, deleting: [])
        try Pruning.expect(kept.withLock { $0 }, of: unit, in: repository, "in the end")
        let estimate = try repository.pruneEstimate(of: unit, deleting: [])
        #expect(estimate.dead.bytes * 20 <= estimate.stored.bytes)
    }
}
