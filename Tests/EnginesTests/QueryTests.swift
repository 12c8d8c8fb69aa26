import CSQLite
import Engines
import EnginesTestSupport
import Model
import Synchronization
import Testing

/// Questions to a restored copy: they read, and do nothing else.
@Suite struct QueryTests {
    private let root: TestFolder
    private let engine: any Engine
    private var copy: String { root("copy.db") }

    init() throws {
        root = try TestFolder()
        engine = SQLiteEngine(SQLiteFixture.server(root, []))
        var handle: OpaquePointer?
        defer { sqlite3_close(handle) }
        try #require(sqlite3_open(root("copy.db"), &handle) == SQLITE_OK)
        let script = """
            PRAGMA journal_mode = WAL;
            CREATE TABLE t(a, b);
            INSERT INTO t VALUES (1, 'one'), (2, NULL), (3, X'00ff'), (4, 2.5), (5, 'zwölf|' || char(0) || 'x');
            CREATE VIEW v AS SELECT a FROM t;
            CREATE VIRTUAL TABLE f USING fts5(words);
            INSERT INTO f VALUES ('the quick brown fox'), ('a lazy dog');
            CREATE VIRTUAL TABLE r USING rtree(id, low, high);
            INSERT INTO r VALUES (7, 1, 2);
            PRAGMA user_version = 7;
            """
        try #require(sqlite3_exec(handle, script, nil, nil, nil) == SQLITE_OK)
        sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_TRUNCATE, nil, nil)
    }

    private func rows(_ query: String, limit: Duration = .seconds(60)) throws -> [[String?]] {
        var rows: [[String?]] = []
        try engine.query(query, in: copy, limit: limit, step: {}, each: { rows.append($0) })
        return rows
    }

    @Test func rowsComeInOrderAsTextsAndNullAsNone() throws {
        let all = try rows("SELECT a, b FROM t ORDER BY a;\n")
        #expect(all == [["1", "one"], ["2", nil], ["3", "X'00ff'"], ["4", "2.5"], ["5", "zwölf|\0x"]])
        #expect(try rows("SELECT count(*) FROM v WHERE a > 100") == [["0"]])
        #expect(try rows("SELECT a FROM t WHERE a > 100") == [])
        #expect(try rows("PRAGMA user_version") == [["7"]])
    }

    @Test func virtualTablesAnswer() throws {
        #expect(try rows("SELECT id FROM r WHERE low <= 1") == [["7"]])
        #expect(try rows("SELECT words FROM f WHERE f MATCH 'fox'") == [["the quick brown fox"]])
        #expect(try rows("WITH w(x) AS (SELECT max(a) FROM t) SELECT x FROM w") == [["5"]])
    }

    @Test(arguments: [
        "DELETE FROM t", "INSERT INTO t VALUES (9, 9)", "UPDATE t SET a = 0", "DROP TABLE t", "CREATE TABLE x(y)",
        "CREATE TEMP TABLE x(y)", "ATTACH '/etc/passwd' AS p", "DETACH main", "PRAGMA journal_mode = DELETE",
        "PRAGMA writable_schema = ON", "PRAGMA user_version = 8", "VACUUM", "VACUUM INTO '/tmp/holdfast-vacuum'",
        "BEGIN",
        "SELECT load_extension('/tmp/x.so')", "SELECT 1; SELECT 2", "SELECT 1; DROP TABLE t", "", "-- nothing",
        "SELECT missing FROM nowhere", "REINDEX", "ANALYZE", "DELETE FROM r", "INSERT INTO f VALUES ('x')",
        "UPDATE sqlite_master SET sql = ''",
        "INSERT INTO f(f) VALUES ('rebuild')", "PRAGMA temp_store_directory = '/tmp'",
    ]) func whatIsNoQueryThatOnlyReadsIsRefused(query: String) throws {
        let before = try root.inventory()
        let fault = #expect(throws: Fault.self) { try rows(query) }
        #expect(fault?.code == .wrongUsage, "\(query): \(fault?.description ?? "")")
        #expect(fault?.hint != nil)
        #expect(try rows("SELECT count(*) FROM t") == [["5"]])
        #expect(try root.inventory() == before)
    }

    private static let endless = "WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT max(x) FROM n"

    @Test func aQueryEndsAtItsLimit() throws {
        #expect(#expect(throws: Fault.self) { try rows(Self.endless, limit: .milliseconds(50)) }?.code == .timedOut)
    }

    @Test func aQueryAndTheCheckEndWhenAsked() throws {
        let steps = Atomic(0)
        let stop: @Sendable () throws -> Void = {
            steps.add(1, ordering: .relaxed)
            throw Fault(.interrupted, "run was cancelled")
        }
        let query = #expect(throws: Fault.self) {
            try engine.query(Self.endless, in: copy, limit: .seconds(60), step: stop) { _ in }
        }
        #expect(query?.code == .interrupted && steps.load(ordering: .relaxed) == 1)
        let large = root("large.db")
        try LedgerWriter.run("create", large, "--size", "3000000", "--journal", "delete")
        let check = #expect(throws: Fault.self) { try engine.check(large, step: stop) }
        #expect(check?.code == .interrupted && steps.load(ordering: .relaxed) == 2)
    }

    @Test func whatEachThrowsEndsTheQuery() throws {
        let fault = #expect(throws: Fault.self) {
            let stop: ([String?]) throws -> Void = { _ in throw Fault(.interrupted, "enough") }
            try engine.query("SELECT a FROM t", in: copy, limit: .seconds(60), step: {}, each: stop)
        }
        #expect(fault?.message == "enough")
    }
}
