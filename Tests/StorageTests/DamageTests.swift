import Archiving
import Model
import Storage
import StorageTestSupport
import Testing

@Suite struct DamageTests {
    /// Three backups: what the second stored is in the third, too; all of them in one map.
    private static func make() throws -> (FaultyStore, Fixture) {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        var source = Source(files: [0: .init(birth: 1, pages: Array(0..<3))])
        try fixture.backUp(source)
        source.files[0]?.pages[1] = 100
        try fixture.backUp(source)
        source.files[0]?.pages[2] = 101
        try fixture.backUp(source)
        try fixture.repository.mergeMaps(of: fixture.unit)
        let mark = Mark(kind: .proof, instant: Fixture.now, actor: .daemon, level: .pages)
        try fixture.repository.mark(1, of: fixture.unit, mark)
        return (store, fixture)
    }

    private static let newest = 3

    @Test func everyFlippedByteOfABackupUnitIsFound() throws {
        let (store, fixture) = try Self.make()
        let names = store.names.filter { $0.hasPrefix("db/") }
        #expect(names.count == 5)
        for name in names {
            let bytes = try #require(store.bytes(of: name))
            for index in bytes.indices {
                var flipped = bytes
                flipped[index] ^= UInt8(1 << (index % 8))
                store.tamper(name, flipped)
                try expectFound(name, store, fixture, "byte \(index)", restores: index % 64 == 0)
            }
            store.tamper(name, bytes)
        }
        #expect(try fixture.repository.check(threads: 1).isGood)
    }

    @Test(arguments: ["/points/", "/maps/"])
    func damageHasTheCodeOfWhatIsDamaged(place: String) throws {
        let (store, fixture) = try Self.make()
        for name in store.names where name.contains(place) {
            let good = try #require(store.bytes(of: name))
            store.tamper(name, good.dropLast() + [~good[good.count - 1]])
            let finding = try fixture.repository.check(threads: 1).findings.first { $0.object == name }
            #expect(finding?.fault.code == (place == "/maps/" ? .mapDamaged : .pointDamaged))
            store.tamper(name, good)
        }
    }

    @Test func everyFlippedByteOfKeysAndDescriptionIsFound() throws {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        // The key at hand opens one of the slots only.
        try fixture.repository.addKey(Fixture.key(9), label: "second", now: Fixture.now)
        let names = store.names
        #expect(names.count == 5)
        for name in names {
            let bytes = try #require(store.bytes(of: name))
            for index in bytes.indices {
                var flipped = bytes
                flipped[index] ^= UInt8(1 << (index % 8))
                store.tamper(name, flipped)
                try expectFound(name, store, fixture, "byte \(index)")
            }
            store.tamper(name, bytes)
        }
        #expect(try fixture.repository.check(threads: 1).isGood)
    }

    @Test func everyCutIsFound() throws {
        let (store, fixture) = try Self.make()
        for name in store.names {
            let bytes = try #require(store.bytes(of: name))
            for count in 0..<bytes.count where count % 101 == 0 || count + 3 > bytes.count {
                store.tamper(name, Array(bytes.prefix(count)))
                try expectFound(name, store, fixture, "\(count) bytes left")
            }
            store.tamper(name, bytes + [0])
            try expectFound(name, store, fixture, "a byte more")
            store.tamper(name, bytes)
        }
    }

    @Test func everyMissingObjectThatSomethingNeedsIsFound() throws {
        let (store, fixture) = try Self.make()
        for name in store.names where !name.contains("/marks/") && !name.contains("/maps/") {
            let bytes = try #require(store.bytes(of: name))
            guard !name.hasSuffix("/points/000000000000000\(Self.newest)") else { continue }
            store.tamper(name, nil)
            try expectFound(name, store, fixture, "missing")
            store.tamper(name, bytes)
        }
    }

    @Test func anObjectInAnothersPlaceIsFound() throws {
        let (store, fixture) = try Self.make()
        let points = store.names.filter { $0.contains("/points/") }
        let bytes = try #require(store.bytes(of: points[0]))
        store.tamper(points[1], bytes)
        try expectFound(points[1], store, fixture, "exchanged")
    }

    private func expectFound(
        _ name: String, _ store: FaultyStore, _ fixture: Fixture, _ what: String, restores: Bool = true
    ) throws {
        let isOfUnit = name.hasPrefix("db/")
        let report =
            try isOfUnit
            ? fixture.repository.check(unit: fixture.unit, threads: 1) : fixture.repository.check(threads: 1)
        let isNamed = report.findings.contains { name == $0.object || name == "\($0.object).seal" }
        #expect(isNamed, "\(name): \(what)")
        guard let number = name.split(separator: "/").last.flatMap({ Int($0) }), name.contains("/points/") else {
            // Nothing else is needed to restore.
            #expect(report.affected.isEmpty, "\(name): \(what)")
            return
        }
        let affected = Set(report.affected.map { Int($0.sequence) })
        #expect(affected.isSubset(of: number...Self.newest) && !affected.isEmpty, "\(name): \(what)")
        guard restores else { return }
        let broken = (1...Self.newest).filter { sequence in
            let restored = try? Fixture.restore(
                SequenceNumber(sequence), of: fixture.unit, from: fixture.repository, threads: 1)
            return restored == nil
        }
        #expect(affected.isSuperset(of: broken), "\(name): \(what)")
    }

    @Test func lostMapsAreReadAroundAndMadeAnew() throws {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        var source = Source(files: [0: .init(birth: 1, pages: Array(0..<40))])
        for step in 0..<20 {
            source.files[0]?.pages[step] = UInt64(100 + step)
            try fixture.backUp(source)
        }
        try fixture.repository.mergeMaps(of: fixture.unit)
        let maps = store.names.filter { $0.contains("/maps/") }
        #expect(!maps.isEmpty)
        for (index, name) in maps.enumerated() {
            guard var bytes = store.bytes(of: name) else { continue }
            // In the delta frame, which is first read when pages are asked for, or all of it.
            bytes[150] ^= 1
            store.tamper(name, index % 2 == 0 ? bytes : nil)
        }
        #expect(try Fixture.restore(20, of: fixture.unit, from: fixture.repository) == Fixture.content(of: source))
        try fixture.repository.mergeMaps(of: fixture.unit)
        #expect(store.names.filter { $0.contains("/maps/") } == maps)
        #expect(fixture.repository.unusableMaps(of: fixture.unit).isEmpty)
        #expect(try fixture.repository.check().isGood)
        #expect(try Fixture.restore(20, of: fixture.unit, from: fixture.repository) == Fixture.content(of: source))
    }

    @Test func aBackupFromNothingDoesNotNeedDamagedOnes() throws {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        var source = Source(files: [0: .init(birth: 1, pages: Array(0..<10)), 1: .init(birth: 1, pages: [7])])
        for step in 0..<18 {
            source.files[0]?.pages[step % 10] = UInt64(100 + step)
            try fixture.backUp(source)
        }
        store.tamper("db/\(fixture.unit)/points/0000000000000018", [1, 2, 3])
        store.tamper("db/\(fixture.unit)/points/0000000000000005", nil)
        source = Source(files: [0: .init(birth: 19, pages: Array(50..<58))])
        let base = try Fixture.backUp(source, to: fixture.repository, unit: fixture.unit, fromNothing: true)
        #expect(base.sequence == 19 && base.pagesStored == 8)
        var history: [SequenceNumber: Source] = [19: source]
        for step in 0..<20 {
            source.files[0]?.pages[step % 8] = UInt64(200 + step)
            history[try fixture.backUp(source).sequence] = source
            if step % 7 == 0 { try fixture.repository.mergeMaps(of: fixture.unit) }
        }
        #expect(store.names.contains { $0.hasSuffix("17-0000000000000032") })
        for (sequence, source) in history {
            let restored = try Fixture.restore(sequence, of: fixture.unit, from: fixture.repository)
            let isWhole = restored == Fixture.content(of: source)
            #expect(isWhole, "backup \(sequence)")
        }
        let report = try fixture.repository.check()
        #expect(report.affected.map(\.sequence).max() == 18)
    }

    @Test func namesFramesThatAreMostlyDead() throws {
        let fixture = try Fixture()
        var source = Source(files: [0: .init(birth: 1, pages: Array(0..<600))])
        try fixture.backUp(source)
        #expect(try fixture.repository.image(1, of: fixture.unit).mostlyDeadFrames().isEmpty)
        // Both frames of the first backup keep a part of their pages only.
        for page in 0..<600 where page % 8 != 0 { source.files[0]?.pages[page] += 1000 }
        try fixture.backUp(source)
        let dead = try fixture.repository.image(2, of: fixture.unit).mostlyDeadFrames()
        #expect(!dead.isEmpty && dead.items.allSatisfy { $0.object == .point(1) })
        let full = try fixture.backUp(source, damage: dead)
        #expect(full.pagesStored == 75)
        #expect(try fixture.repository.image(3, of: fixture.unit).mostlyDeadFrames().isEmpty)
        let restored = try Fixture.restore(3, of: fixture.unit, from: fixture.repository)
        #expect(restored == Fixture.content(of: source))
    }

    @Test func aDamagedDeltaIsMadeAnewFromItsPages() throws {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        let source = Source(files: [0: .init(birth: 1, pages: Array(0..<4000))])
        try fixture.backUp(source)
        let name = "db/\(fixture.unit)/points/0000000000000001"
        let bytes = try #require(store.bytes(of: name))
        let report = try fixture.repository.check()
        #expect(report.isGood)
        // The delta is the frame with the magic that is followed by kind 2.
        let magic = Array("HFF1".utf8) + [2]
        let start = try #require(bytes.indices.first { bytes[$0...].starts(with: magic) })
        var damaged = bytes
        damaged[start + 100] ^= 1
        store.tamper(name, damaged)
        #expect(try !fixture.repository.check().isGood)
        #expect(try Fixture.restore(1, of: fixture.unit, from: fixture.repository) == Fixture.content(of: source))
    }
}
