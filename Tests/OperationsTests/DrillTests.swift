import EnginesTestSupport
import Model
import Operations
import Platform
import Storage
import Synchronization
import Testing

@Suite struct DrillTests {
    /// Every account starts at 0, and transfers change no sum.
    private let good = """
        database: crm/*.db
        query: SELECT sum(balance), min(id), NULL, X'00ff'
            FROM account
        expect: 0|1||X'00ff'
        query: SELECT NULL, id FROM account WHERE id <= 2 ORDER BY id
        expect: ∅|1
        expect: ∅|2
        query: SELECT id FROM account WHERE id <= 3
        expect-rows: 3
        query: SELECT id FROM customer
        expect-at-least: 10
        database: other
        query: SELECT missing FROM nowhere
        expect-rows: 1
        """

    @Test func aGoodBackupIsProvenAndTheScratchIsLeftEmpty() throws {
        let fixture = try DrillFixture()
        let record = try fixture.backUp()
        var phases: [String] = []
        let result = try fixture.drill([try fixture.queries(good)], began: { phase, _ in phases.append(phase) })
        #expect(result.fault == nil)
        #expect(result.backup == record.id)
        #expect(result.queries == 4)
        #expect(phases == ["restoring", "checking", "querying"])
        #expect(try fixture.proof(of: record.sequence) != nil)
        #expect(try fixture.leftovers() == [])
    }

    @Test(arguments: [
        (
            "SELECT id, 'secret' FROM account WHERE id < 4 ORDER BY id",
            "expect: 1|secret\nexpect: 2|x\nexpect: 3|secret",
            "returned 1 of 3 rows with other content"
        ),
        ("SELECT 'secret'", "expect: secret\nexpect: secret", "returned 1 row, and 2 are expected"),
        ("SELECT 'secret'", "expect-rows: 0", "returned 1 row, and 0 are expected"),
        ("SELECT 'secret'", "expect-at-least: 2", "returned 1 row, and at least 2 are expected"),
        ("SELECT ''", "expect: ∅", "returned 1 of 1 row with other content"),
        // The same letter, written in two ways, is not the same content.
        ("SELECT 'e' || char(769)", "expect: \u{e9}", "returned 1 of 1 row with other content"),
    ]) func wrongRowsAreFoundAndNeverQuoted(query: String, expected: String, complaint: String) throws {
        let fixture = try DrillFixture()
        let record = try fixture.backUp()
        let file = try fixture.queries("# of ours\ndatabase: ledger.db\n\nquery: \(query)\n\(expected)\n")
        let fault = try #require(try fixture.drill([file]).fault)
        #expect(fault.code == .drillFailed && fault.code.exitStatus == 17)
        #expect(fault.message == "the query at \(file):4 \(complaint)")
        #expect(!fault.description.contains("secret") && fault.hint?.contains("secret") == false)
        #expect(try fixture.proof(of: record.sequence) == nil)
        #expect(try fixture.leftovers() == [])
    }

    @Test func contentThatWasDamagedBeforeTheBackupIsFoundByTheEnginesCheck() throws {
        let fixture = try DrillFixture()
        try File.open(fixture.path, .readWrite).write(at: 40 * 4096, [UInt8](repeating: 0xA5, count: 4096))
        let record = try fixture.backUp()
        let result = try fixture.drill()
        #expect(result.fault?.code == .databaseDamaged)
        #expect(result.fault?.message.contains("\(record.id) fails the engine's check") == true)
        #expect(try fixture.proof(of: record.sequence) == nil)
        #expect(try fixture.leftovers() == [])
    }

    @Test func tooLittleSpaceIsToldBeforeAnythingIsWritten() throws {
        let fixture = try DrillFixture()
        let record = try fixture.backUp()
        let needed = record.draft.files[0].length + (64 << 20)
        let fault = #expect(throws: Fault.self) {
            try fixture.drill(
                free: { _ in ByteCount(needed - 1) }, began: { _, _ in },
                step: { _ in throw Fault(.internalError, "something was written") })
        }
        #expect(fault?.code == .outOfSpace)
        #expect(fault?.context["needed"] == "\(needed)")
        #expect(fault?.hint?.contains("state_directory") == true)
        #expect(try fixture.leftovers() == [])
        #expect(try fixture.drill(free: { _ in ByteCount(needed) }).fault == nil)
    }

    @Test func aDamagedNewestBackupIsToldAndNoOlderOneProvenInItsPlace() throws {
        let fixture = try DrillFixture()
        let older = try fixture.backUp()
        try fixture.change()
        let newest = try fixture.backUp()
        let digits = "\(newest.sequence)"
        let name = String(repeating: "0", count: 16 - digits.count) + digits
        let point = fixture.root("repository/db/\(fixture.unit.id)/points/\(name)")
        var bytes = try Files.read(point, limit: 64 << 20)
        for index in stride(from: 100, to: bytes.count, by: 50) { bytes[index] ^= 0x55 }
        try Files.writeDurably(bytes, to: point, mode: 0o600)
        let result = try fixture.drill()
        #expect(result.backup == newest.id)
        #expect(result.fault?.code.isDamage == true)
        #expect(try fixture.proof(of: older.sequence) == nil)
        #expect(try !fixture.repository.knownDamage(of: fixture.unit.id).isEmpty)
        // Known damage doesn't make it drill another one either.
        #expect(try fixture.drill().backup == newest.id)
        #expect(try fixture.leftovers() == [])
    }

    @Test func aDeletedBackupIsNotTheNewest() throws {
        let fixture = try DrillFixture()
        let older = try fixture.backUp()
        try fixture.change()
        let newest = try fixture.backUp()
        let mark = Mark(kind: .deleted, instant: WallClock.now(), actor: .daemon)
        try fixture.repository.mark(newest.sequence, of: fixture.unit.id, mark)
        #expect(try fixture.drill().backup == older.id)
        try fixture.repository.mark(older.sequence, of: fixture.unit.id, mark)
        let fault = #expect(throws: Fault.self) { try fixture.drill() }
        #expect(fault?.code == .notFound)
    }

    @Test(arguments: ["restoring", "querying"]) func stopsWhereverItIsAndLeavesNothing(phase: String) throws {
        let fixture = try DrillFixture()
        let record = try fixture.backUp()
        // It would never end by itself.
        let endless = try fixture.queries(
            """
            database: *
            query: WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT count(*) FROM n
            expect-rows: 1
            """)
        let now = Mutex("")
        let fault = #expect(throws: Fault.self) {
            try fixture.drill(
                [endless], began: { phase, _ in now.withLock { $0 = phase } },
                step: { _ in if now.withLock({ $0 == phase }) { throw Fault(.interrupted, "run was cancelled") } })
        }
        #expect(fault?.code == .interrupted)
        #expect(try fixture.proof(of: record.sequence) == nil)
        #expect(try fixture.leftovers() == [])
    }

    @Test func aQueryFileThatOthersMayWriteOrThatIsWrongProvesNothing() throws {
        let fixture = try DrillFixture()
        let record = try fixture.backUp()
        let file = try fixture.queries(good)
        try Files.setMode(file, 0o666)
        #expect(#expect(throws: Fault.self) { try fixture.drill([file]) }?.code == .commandRefused)
        let wrong = try fixture.queries("database: *\nquery: SELECT missing FROM nowhere\nexpect-rows: 1\n")
        let fault = #expect(throws: Fault.self) { try fixture.drill([wrong]) }
        #expect(fault?.code == .badSettings)
        #expect(fault?.message == "\(wrong):2 the query fails: no such table: nowhere")
        #expect(try fixture.proof(of: record.sequence) == nil)
        #expect(try fixture.leftovers() == [])
    }
}

extension File {
    fileprivate func write(at offset: Int64, _ bytes: [UInt8]) throws {
        try bytes.withUnsafeBytes { try write($0, at: offset) }
    }
}
