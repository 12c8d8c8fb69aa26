import Archiving
import Engines
import Foundation
import Model
import Operations
import Platform
import Storage
import Synchronization
import Testing

@Suite struct BackUpTests {
    @Test func everyBackupIsAFull() throws {
        let fixture = try BackupFixture()
        var backups: [(PointRecord, [UInt8])] = []
        for version in 1...20 {
            fixture.engine.change([version, version * 3, 99], version: version)
            backups.append((try fixture.made(), fixture.engine.content))
        }
        #expect(backups[0].0.draft.kind == .full)
        #expect(backups[1].0.draft.kind == .progressive)
        #expect(backups[1].0.pagesStored == 3)
        try fixture.repository.mergeMaps(of: fixture.unit.id)
        for (record, content) in backups { #expect(try fixture.restored(record) == content) }
    }

    @Test func theNumberOfALostBackupIsNotTakenAgain() throws {
        let fixture = try BackupFixture()
        for version in 1...3 {
            fixture.engine.change(Array(0..<60), version: version)
            try fixture.backUp()
            try fixture.repository.mergeMaps(of: fixture.unit.id)
        }
        try Files.remove("\(fixture.folder)/db/\(fixture.unit.id)/points/0000000000000003")
        let again = try Repository.open(
            at: fixture.folder, secret: .keyFile(KeyBytes(copying: [UInt8](repeating: 7, count: 32))), for: .reading)
        #expect(try again.sequences(of: fixture.unit.id) == [1, 2])
        fixture.engine.change([5], version: 4)
        let record = try fixture.made()
        #expect(record.sequence == 4)
        #expect(try fixture.restored(record) == fixture.engine.content)
    }

    @Test func storesNothingWhenNothingChanged() throws {
        let fixture = try BackupFixture()
        try fixture.backUp()
        guard case .unchanged = try fixture.backUp() else {
            Issue.record("an unchanged database was backed up again")
            return
        }
        #expect(try fixture.repository.sequences(of: fixture.unit.id) == [1])
    }

    @Test func followsShrinkingGrowthAndAnotherPageSize() throws {
        let fixture = try BackupFixture(pages: 300)
        try fixture.backUp()
        fixture.engine.state.withLock { $0.pages.removeLast(250) }
        let short = try fixture.made()
        let shortContent = fixture.engine.content
        fixture.engine.state.withLock { state in
            state.pages += (50..<400).map { ScriptedEngine.page($0, version: 5, size: 4096) }
        }
        let long = try fixture.made()
        let longContent = fixture.engine.content
        fixture.engine.state.withLock { state in
            state.pageSize = 512
            state.pages = (0..<777).map { ScriptedEngine.page($0, version: 6, size: 512) }
        }
        let other = try fixture.made()
        #expect(other.draft.gone == [long.draft.files[0].id])
        #expect(try fixture.restored(short) == shortContent)
        #expect(try fixture.restored(long) == longContent)
        #expect(try fixture.restored(other) == fixture.engine.content)
    }

    @Test func aFileWhoseNameOnlyLooksTheSameIsAnother() throws {
        let fixture = try BackupFixture()
        fixture.path = "/nowhere/caf\u{e9}"
        let first = try fixture.made()
        fixture.path = "/nowhere/cafe\u{301}"
        let second = try fixture.made()
        #expect(second.draft.gone == [first.draft.files[0].id])
        #expect(second.draft.sourcePath.isSame(as: fixture.path))
        #expect(try fixture.restored(second) == fixture.engine.content)
    }

    @Test func startsOverWhenACommitComesInBetweenAndHoldsWritersOnlyAtLast() throws {
        let fixture = try BackupFixture()
        fixture.engine.state.withLock { $0.interruptions = 2 }
        try fixture.backUp()
        #expect(fixture.engine.state.withLock { $0.exhausted } == 0)
        fixture.engine.change([5], version: 1)
        fixture.engine.state.withLock { $0.interruptions = 3 }
        let record = try fixture.made()
        #expect(fixture.engine.state.withLock { $0.exhausted } == 1)
        #expect(try fixture.restored(record) == fixture.engine.content)
        #expect(try fixture.repository.sequences(of: fixture.unit.id) == [1, 2])
    }
}

@Suite struct UnchangedTests {
    private func isUnchanged(_ outcome: BackUp.Outcome) -> Bool {
        if case .unchanged = outcome { true } else { false }
    }

    @Test func believesATokenOfTheNewestBackupOnly() throws {
        let fixture = try BackupFixture()
        let first = try fixture.made()
        fixture.engine.change([1], version: 1)
        fixture.engine.state.withLock { $0.unchangedSince = ["later"] }
        let lost = KnownState(backup: BackupID(unit: fixture.unit.id, sequence: 7), token: "later")
        let second = try fixture.backUp(known: lost)
        #expect(!isUnchanged(second), "a state that equals a backup that is not there proves nothing")
        let known = KnownState(backup: BackupID(unit: fixture.unit.id, sequence: first.sequence + 1), token: "later")
        #expect(isUnchanged(try fixture.backUp(known: known)))
    }

    @Test func keepsTheMomentThatSomebodyWantsToKeep() throws {
        let fixture = try BackupFixture()
        try fixture.backUp()
        fixture.engine.state.withLock { $0.finding = .unchanged }
        #expect(isUnchanged(try fixture.backUp()))
        #expect(!isUnchanged(try fixture.backUp(preserve: true)))
        #expect(!isUnchanged(try fixture.backUp(comment: "before the update")))
        #expect(try fixture.repository.record(2, of: fixture.unit.id).draft.preserved)
        #expect(try fixture.repository.record(3, of: fixture.unit.id).draft.comment == "before the update")
    }
}

@Suite struct RunQueueTests {
    @Test func tellsWhoeverWaitsForARunThatWillNotStart() throws {
        let queue = RunQueue(parallel: 1)
        let calls = Mutex<[String]>([])
        let release = BoundedQueue<Int>(capacity: 1)
        let item = { QueueMachine.Item(run: $0, unit: nil, priority: .scheduled) }
        let wait: @Sendable () -> Void = { _ = try? release.take() }
        let nothing: @Sendable () -> Void = {}
        func told(_ run: String) -> @Sendable () -> Void { { calls.withLock { $0.append(run) } } }
        queue.submit(item("1"), dropped: told("1"), wait)
        queue.submit(item("2"), dropped: told("2"), nothing)
        queue.submit(item("3"), dropped: told("3"), nothing)
        let drop = try #require(queue.withdraw("2"))
        drop()
        #expect(queue.withdraw("1") == nil)
        #expect(queue.stop() == ["3"])
        queue.submit(item("4"), dropped: told("4"), nothing)
        #expect(calls.withLock { $0 } == ["2", "3", "4"])
        try release.put(1)
        #expect(queue.waitUntilIdle(deadline: .init(timeIntervalSinceNow: 30)))
    }
}

@Suite struct DriftTests {
    /// The change finder forgets page 7: the progressive lacks it, and the next full must notice.
    @Test func soundsTheAlarmWhenTheChangeFinderDropsAPage() throws {
        let fixture = try BackupFixture()
        try fixture.backUp(.full)
        fixture.engine.change([3, 7], version: 1)
        fixture.engine.state.withLock { $0.finding = .pages([0: [3]]) }
        let lacking = try fixture.made(.progressive)
        #expect(try fixture.restored(lacking) != fixture.engine.content)
        fixture.engine.change([50], version: 2)
        fixture.engine.state.withLock { $0.finding = .pages([0: [50]]) }
        let full = try fixture.made(.full)
        #expect(full.draft.drift == Drift(suspectFrom: 2, pages: 1))
        #expect(try fixture.restored(full) == fixture.engine.content)
    }

    @Test func soundsTheAlarmWhenChangedPagesCountedAsUnchanged() throws {
        let fixture = try BackupFixture()
        try fixture.backUp(.full)
        fixture.engine.change([1, 2], version: 1)
        fixture.engine.state.withLock { $0.finding = .unchanged }
        guard case .unchanged = try fixture.backUp(.progressive) else {
            Issue.record("the finder was not believed")
            return
        }
        #expect(try fixture.made(.full).draft.drift?.pages == 2)
    }

    /// The file goes on under another name, so nothing of it is stored yet, whatever the change finder says.
    @Test(arguments: [ChangeFinding.unchanged, .pages([0: [3]])])
    func storesAllOfADatabaseThatWasMoved(finding: ChangeFinding) throws {
        let fixture = try BackupFixture()
        try fixture.backUp(.full)
        fixture.path = "/elsewhere/a"
        fixture.engine.state.withLock { $0.finding = finding }
        let moved = try fixture.made(.progressive)
        #expect(moved.pagesStored == 100)
        #expect(try fixture.restored(moved) == fixture.engine.content)
        #expect(try fixture.made(.full).draft.drift == nil)
    }

    @Test func isSilentWhenEveryChangeWasNamed() throws {
        let fixture = try BackupFixture()
        try fixture.backUp(.full)
        fixture.engine.change([3, 7, 99], version: 1)
        fixture.engine.state.withLock { $0.finding = .pages([0: [3, 7, 8, 99]]) }
        let progressive = try fixture.made(.progressive)
        #expect(progressive.pagesStored == 3)
        #expect(try fixture.restored(progressive) == fixture.engine.content)
        fixture.engine.state.withLock { $0.finding = .pages([:]) }
        #expect(try fixture.made(.full).draft.drift == nil)
    }

    @Test func suspectsOnlyWhatCameAfterTheLastCleanFull() throws {
        let fixture = try BackupFixture()
        try fixture.backUp(.full)
        for version in 1...3 {
            fixture.engine.change([version], version: version)
            try fixture.backUp()
        }
        try fixture.backUp(.full)
        fixture.engine.change([10, 11], version: 9)
        fixture.engine.state.withLock { $0.finding = .pages([0: [10]]) }
        try fixture.backUp(.progressive)
        fixture.engine.state.withLock { $0.finding = .unchanged }
        #expect(try fixture.made(.full).draft.drift == Drift(suspectFrom: 6, pages: 1))
    }
}

@Suite struct HealingTests {
    /// Damages a point in the middle of its stored pages and hashes.
    private func damage(_ sequence: Int, of fixture: BackupFixture) throws {
        let digits = String(sequence)
        let name = String(repeating: "0", count: 16 - digits.count) + digits
        let path = "\(fixture.folder)/db/\(fixture.unit.id)/points/\(name)"
        var bytes = try Files.read(path, limit: 64 << 20)
        for index in stride(from: 200, to: bytes.count, by: 97) { bytes[index] ^= 0x55 }
        try Files.writeDurably(bytes, to: path, mode: 0o600)
    }

    @Test(arguments: [1, 2]) func storesEverythingAnewWhenTheImageBeforeCannotBeRead(damaged: Int) throws {
        let fixture = try BackupFixture()
        try fixture.backUp()
        fixture.engine.change([4], version: 1)
        try fixture.backUp()
        try damage(damaged, of: fixture)
        fixture.engine.change([5], version: 2)
        guard case .made(let record, _, _, let healed) = try fixture.backUp() else {
            Issue.record("no backup was made")
            return
        }
        #expect(healed?.code.exitStatus == 17)
        #expect(record.pagesStored == 100)
        #expect(try fixture.restored(record) == fixture.engine.content)
        fixture.engine.change([6], version: 3)
        let next = try fixture.made()
        #expect(next.pagesStored == 1)
        #expect(try fixture.restored(next) == fixture.engine.content)
    }

    @Test func storesDamagedFramesAgainWithTheNextFull() throws {
        let fixture = try BackupFixture()
        let first = try fixture.made(.full)
        var list = DamageList()
        list.insert(DamageList.Item(object: .point(first.sequence), frames: [0]))
        try fixture.repository.noteDamage(list, of: fixture.unit.id, at: Instant(seconds: 1), by: .daemon)
        let full = try fixture.made(.full)
        #expect(full.pagesStored > 0)
        #expect(full.draft.drift == nil)
        #expect(full.draft.postRoot == first.draft.postRoot)
    }
}
