import Archiving
import Model
import Platform
import Storage
import StorageTestSupport
import Testing

@Suite struct RepositoryTests {
    @Test func opensWithEachOfItsKeys() throws {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        let phrase = KeySecret.passphrase(KeyBytes(copying: Array("correct horse".utf8)))
        let recovery = KeySecret.recovery(try .random())
        let slot = try fixture.repository.addKey(phrase, label: "people", now: Fixture.now, cost: Fixture.cheap)
        try fixture.repository.addKey(recovery, label: "paper", now: Fixture.now)
        for secret in [fixture.secret, phrase, recovery] {
            let opened = try Repository.open(in: store, secret: secret, for: .reading)
            #expect(opened.id == fixture.repository.id)
        }
        #expect(fault { try Repository.open(in: store, secret: Fixture.key(8), for: .reading) }?.code == .noKeyMatches)
        try fixture.repository.removeKey(slot.id)
        #expect(fault { try Repository.open(in: store, secret: phrase, for: .reading) }?.code == .noKeyMatches)
        #expect(try fixture.repository.keys().count == 2)
        #expect(try fixture.repository.check().isGood)
    }

    @Test func keepsItsLastKey() throws {
        let fixture = try Fixture()
        let slot = try #require(try fixture.repository.keys().first)
        #expect(fault { try fixture.repository.removeKey(slot.id) }?.code == .lastKey)
        #expect(fault { try fixture.repository.removeKey(.random()) }?.code == .notFound)
    }

    @Test func refusesFoldersThatHoldAnything() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try Files.writeDurably([1], to: "\(folder.path)/note", mode: 0o600)
        let made = fault {
            try Repository.create(at: folder.path, secret: Fixture.key(), label: "", now: Fixture.now)
        }
        #expect(made?.code == .repositoryExists)
        #expect(try Files.list(folder.path) == ["note"])
        let path = "\(folder.path)/deep/er"
        let repository = try Repository.create(at: path, secret: Fixture.key(), label: "", now: Fixture.now)
        let again = fault { try Repository.create(at: path, secret: Fixture.key(), label: "", now: Fixture.now) }
        #expect(again?.code == .repositoryExists)
        #expect(repository.location == path)
    }

    @Test func saysThatThereIsNone() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        for path in [folder.path, "\(folder.path)/nowhere"] {
            let opened = fault { try Repository.open(at: path, secret: Fixture.key(), for: .reading) }
            #expect(opened?.code == .repositoryMissing)
        }
    }

    @Test func refusesANewerFormat() throws {
        let store = FaultyStore()
        _ = try Fixture(store)
        let text = String(decoding: try #require(store.bytes(of: "repository.json")), as: UTF8.self)
        store.tamper("repository.json", Array(text.replacing("\"format\" : 1", with: "\"format\" : 2").utf8))
        #expect(
            fault { try Repository.open(in: store, secret: Fixture.key(), for: .reading) }?.code == .repositoryTooNew)
    }

    @Test func letsOneWriterIn() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        var first: Repository? = try Repository.create(
            at: folder.path, secret: Fixture.key(), label: "", now: Fixture.now)
        let open = { try Repository.open(at: folder.path, secret: Fixture.key(), for: $0) }
        #expect(fault { try open(.writing) }?.code == .repositoryInUse)
        #expect(try open(.reading).id == first?.id)
        first = nil
        #expect(try open(.writing).isWritable)
    }

    @Test func readingWritesNothing() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        let unit = UnitID.random()
        do {
            let repository = try Repository.create(
                at: folder.path, secret: Fixture.key(), label: "", now: Fixture.now)
            try Fixture.backUp(Source(files: [0: .init(birth: 1, pages: [1, 2])]), to: repository, unit: unit)
        }
        try Files.remove("\(folder.path)/lock")
        let before = try tree(folder.path)
        let repository = try Repository.open(at: folder.path, secret: Fixture.key(), for: .reading)
        #expect(try repository.check().isGood)
        _ = try Fixture.restore(1, of: unit, from: repository)
        _ = try repository.space()
        #expect(try tree(folder.path) == before)
        #expect(fault { try repository.mergeMaps(of: unit) }?.code == .repositoryReadOnly)
        #expect(fault { try repository.startPoint(of: unit, compression: .fast) }?.code == .repositoryReadOnly)
    }

    @Test func dropsPacksThatCanNeverBeCommitted() throws {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        try fixture.backUp(Source(files: [0: .init(birth: 1, pages: [1])]))
        let strays = ["1-0123456789abcdef", "2-0123456789abcdef"].map {
            "db/\(fixture.unit)/packs/000000000000000\($0)"
        }
        for stray in strays { try store.put(stray, [1]) }
        _ = try Repository.open(in: store, secret: fixture.secret, for: .writing)
        #expect(store.names.filter { $0.contains("/packs/") }.isEmpty)
    }

    @Test func marksSayWhatHappenedSince() throws {
        let store = FaultyStore()
        let fixture = try Fixture(store)
        try fixture.backUp(Source(files: [0: .init(birth: 1, pages: [1])]))
        for kind in [Mark.Kind.preserved, .deleted, .undeleted, .preserved, .released, .deleted] {
            try fixture.repository.mark(1, of: fixture.unit, Mark(kind: kind, instant: Fixture.now, actor: .daemon))
        }
        let proof = Mark(kind: .proof, instant: Fixture.now, actor: .daemon, level: .restore)
        try fixture.repository.mark(1, of: fixture.unit, proof)
        try fixture.repository.mark(1, of: fixture.unit, proof)
        let state = try fixture.repository.markStates(of: fixture.unit, preservedAtBirth: [1])[1]
        #expect(state?.isPreserved == false)
        #expect(state?.deleted == Fixture.now)
        #expect(state?.proofs == [.restore: Fixture.now])
        #expect(store.names.filter { $0.contains("/marks/") }.count == 3)
    }

    @Test func countsSpaceByUnitAndKind() throws {
        let fixture = try Fixture()
        try fixture.backUp(Source(files: [0: .init(birth: 1, pages: [1, 2, 3])]))
        let report = try fixture.repository.space()
        #expect(report.units.map(\.unit) == [fixture.unit])
        #expect(report.used.bytes > 0 && report.used == report.units.first?.points)
    }

    private func fault(_ body: () throws -> some Any) -> Fault? {
        do {
            _ = try body()
            return nil
        } catch { return error as? Fault }
    }

    /// Every name with its times.
    private func tree(_ path: String) throws -> [String: FileStatus] {
        var found: [String: FileStatus] = [:]
        for name in try Files.list(path) {
            let child = "\(path)/\(name)"
            guard let status = try Files.status(child, followLinks: false) else { continue }
            found[child] = status
            if status.kind == .directory { found.merge(try tree(child)) { first, _ in first } }
        }
        return found
    }
}
