import Engines
import EnginesTestSupport
import Foundation
import Model
import Testing

/// What happens to a cluster while it is read.
@Suite(.offThePool, .enabled(if: PostgresServer.isInstalled), .enabled(if: geteuid() == 0))
struct PostgresSnapshotTests {
    private func engine(_ server: PostgresServer) throws -> (any Engine, FoundDatabase) {
        let definition = ServerDefinition(
            name: "main", folders: [], connection: server.connectionString(), scratch: "\(server.folder)/scratch")
        let engine = try EngineRegistry.engine("postgres", for: definition)
        return (engine, try #require(engine.discover(known: [], memory: nil).finding.databases.first))
    }

    @Test func whatTheLogDoesNotMakeGoodIsReadAtTheEnd() throws {
        let server = try PostgresServer(settings: ["max_prepared_transactions = 5"])
        try server.execute("CREATE TABLE t (id int)")
        let client = try server.client()
        try client.query("BEGIN")
        try client.query("INSERT INTO public.t VALUES (1)")
        try client.query("PREPARE TRANSACTION 'first'")
        try server.execute("CHECKPOINT")
        let (engine, database) = try engine(server)
        let snapshot = try engine.snapshot(of: database, patience: .fresh)
        defer { snapshot.close() }
        #expect(!snapshot.files.contains { $0.path.contains("/pg_twophase/") || $0.path.hasSuffix(".conf") })
        try server.execute("ALTER SYSTEM SET work_mem = '7MB'")
        try server.execute("COMMIT PREPARED 'first'")
        let closing = try snapshot.finish()
        #expect(!closing.contains { $0.path.contains("/pg_twophase/") })
        let index = try #require(closing.firstIndex { $0.path.hasSuffix("/postgresql.auto.conf") })
        var page = [UInt8](repeating: 1, count: closing[index].pageSize)
        try page.withUnsafeMutableBytes { try snapshot.read(pages: 0..<1, of: snapshot.files.count + index, into: $0) }
        let text = String(decoding: page.prefix(Int(closing[index].length)), as: UTF8.self)
        #expect(text.contains("work_mem = '7MB'"))
    }

    @Test func aTablespaceMadeMeanwhileStartsItOver() throws {
        let server = try PostgresServer()
        try server.makeFolder("late")
        let (engine, database) = try engine(server)
        let snapshot = try engine.snapshot(of: database, patience: .fresh)
        defer { snapshot.close() }
        try server.execute("CREATE TABLESPACE late LOCATION '\(server.folder)/late'")
        let fault = #expect(throws: Fault.self) { try snapshot.finish() }
        #expect(fault?.code == .sourceChanged)
    }

    @Test func aTablespaceMadeAndDroppedMeanwhileStartsItOver() throws {
        let server = try PostgresServer()
        try server.makeFolder("brief")
        let (engine, database) = try engine(server)
        let snapshot = try engine.snapshot(of: database, patience: .fresh)
        defer { snapshot.close() }
        try server.execute("CREATE TABLESPACE brief LOCATION '\(server.folder)/brief'", "DROP TABLESPACE brief")
        let fault = #expect(throws: Fault.self) { try snapshot.finish() }
        #expect(fault?.code == .sourceChanged)
    }

    @Test func aServerThatCrashedMeanwhileStartsItOver() throws {
        let server = try PostgresServer()
        try server.execute("CREATE TABLE t AS SELECT generate_series(1, 1000) AS id")
        let (engine, database) = try engine(server)
        let snapshot = try engine.snapshot(of: database, patience: .fresh)
        defer { snapshot.close() }
        var page = [UInt8](repeating: 1, count: 8192)
        let file = try #require(snapshot.files.firstIndex { $0.path.hasSuffix("/PG_VERSION") })
        try page.withUnsafeMutableBytes { try snapshot.read(pages: 0..<1, of: file, into: $0) }
        server.kill9()
        try server.start()
        // It may answer again by now: what was begun before is over all the same.
        let fault = #expect(throws: Fault.self) { try snapshot.finish() }
        #expect(fault?.code == .serverUnreachable)
        let slots = "SELECT count(*) AS n FROM pg_replication_slots"
        #expect(try server.execute(slots).one().number("n") == 0)
        let next = try engine.snapshot(of: database, patience: .fresh)
        #expect(try next.finish().contains { $0.path.hasSuffix("/backup_label") })
        next.close()
    }

    @Test func aStandbyIsRefused() throws {
        let primary = try PostgresServer(settings: ["max_slot_wal_keep_size = '1GB'"])
        let standby = try PostgresServer(standbyOf: primary)
        let definition = ServerDefinition(
            name: "main", folders: [], connection: standby.connectionString(), scratch: "\(standby.folder)/scratch")
        let engine = try EngineRegistry.engine("postgres", for: definition)
        let database = try #require(engine.discover(known: [], memory: nil).finding.databases.first)
        #expect(database.fault?.code == .serverUnsupported)
        let refused = #expect(throws: Fault.self) { try engine.snapshot(of: database, patience: .fresh) }
        #expect(refused?.code == .serverUnsupported && refused?.hint?.contains("primary") == true)
        let unfollowed = #expect(throws: Fault.self) {
            try engine.followLog(LogSlot(name: "holdfast_test", limit: nil), after: nil, stored: 0)
        }
        #expect(unfollowed?.code == .serverUnsupported)
    }

    @Test func aServerWithoutReplicationIsToldWhatToSet() throws {
        let server = try PostgresServer(settings: ["max_replication_slots = 0"])
        let (engine, database) = try engine(server)
        let fault = #expect(throws: Fault.self) { try engine.snapshot(of: database, patience: .fresh) }
        #expect(fault?.hint?.contains("ALTER SYSTEM SET max_replication_slots") == true)
    }

    @Test func linksToOtherPlacesAndTheServersOwnLogStayOut() throws {
        let server = try PostgresServer(settings: ["logging_collector = on"])
        try FileManager.default.createSymbolicLink(atPath: "\(server.dataFolder)/loop", withDestinationPath: ".")
        let (engine, database) = try engine(server)
        let snapshot = try engine.snapshot(of: database, patience: .fresh)
        defer { snapshot.close() }
        let files = snapshot.files + (try snapshot.finish())
        #expect(!files.contains { $0.path.contains("/loop") || $0.path.contains("/log/") })
        #expect(files.contains { $0.path.hasSuffix("/log") && $0.kind == .folder })
    }
}
