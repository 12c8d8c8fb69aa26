import Engines
import EnginesTestSupport
import Foundation
import Model
import Testing

/// The log of a real server, taken apart as the server's own program does.
@Suite(.offThePool, .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"))
struct PostgresLogParserTests {
    @Test func findsEveryRecordThatTheServersProgramFinds() throws {
        let server = try PostgresServer(settings: ["wal_level = logical", "wal_keep_size = 1GB"])
        let start: String = try server.execute("SELECT pg_current_wal_lsn() AS lsn").one().text("lsn")
        try server.execute(
            "CREATE TABLE t (id bigserial PRIMARY KEY, text text)",
            // Records longer than a page, and ones that go on in the next file.
            "INSERT INTO t (text) SELECT repeat(md5(n::text), 400) FROM generate_series(1, 2000) AS n",
            "ALTER TABLE t ALTER text SET STORAGE EXTERNAL", "UPDATE t SET text = text || 'x' WHERE id % 3 = 0",
            "SELECT pg_switch_wal()", "BEGIN", "DELETE FROM t WHERE id < 10", "ROLLBACK",
            "SELECT pg_create_restore_point('a place')", "VACUUM t", "CREATE INDEX ON t (md5(text))", "CHECKPOINT",
            "SELECT pg_logical_emit_message(false, 'holdfast', repeat('y', 1000000))",
            "INSERT INTO t (text) SELECT 'z' FROM generate_series(1, 5000)")
        let end: String = try server.execute("SELECT pg_current_wal_flush_lsn() AS lsn").one().text("lsn")
        server.stop()
        let dump = try Self.dump(server, from: start, to: end)
        let (from, to) = (try #require(PostgresLSN(start)), try #require(PostgresLSN(end)))
        for chunk in [1 << 20, 8192, 1000, 37] {
            var parser = PostgresLogParser(from: from.value, fileLength: 16 << 20)
            var found: [UInt64] = []
            var (ended, names): (Int, [String]) = (0, [])
            var offset = from.value / (16 << 20) * (16 << 20)
            for bytes in try Self.files(server, from: from, to: to) {
                for part in stride(from: 0, to: bytes.count, by: chunk) {
                    let slice = Array(bytes[part..<min(part + chunk, bytes.count)])
                    _ = slice.withUnsafeBytes { buffer in
                        parser.feed(buffer, at: offset) { record in
                            guard record.start < to.value else { return true }
                            found.append(record.start)
                            if record.ended != nil { ended += 1 }
                            if let name = record.restorePoint { names.append(name) }
                            return true
                        }
                    }
                    offset += UInt64(slice.count)
                }
            }
            #expect(found == dump.records, "\(chunk) bytes at a time")
            #expect(ended == dump.ended && ended > 3 && names == ["a place"])
        }
    }

    private static func files(_ server: PostgresServer, from: PostgresLSN, to: PostgresLSN) throws -> [[UInt8]] {
        try (from.value >> 24...to.value >> 24).map { number in
            let name = "00000001" + String(format: "%08X%08X", number >> 8, number & 0xFF)
            return Array(try Data(contentsOf: URL(fileURLWithPath: "\(server.dataFolder)/pg_wal/\(name)")))
        }
    }

    private static func dump(
        _ server: PostgresServer, from: String, to: String
    ) throws -> (records: [UInt64], ended: Int) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "\(PostgresServer.programs ?? "")/pg_waldump")
        process.arguments = ["-p", "\(server.dataFolder)/pg_wal", "-s", from, "-e", to]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let lines = text.split(separator: "\n")
        let records = try lines.map { line in
            let place = try #require(line.firstRange(of: ", lsn: ")).upperBound
            return try #require(PostgresLSN(String(line[place...].prefix { $0 != "," }))).value
        }
        let ended = lines.count { line in
            line.hasPrefix("rmgr: Transaction") && (line.contains("desc: COMMIT") || line.contains("desc: ABORT"))
        }
        return (records, ended)
    }
}
