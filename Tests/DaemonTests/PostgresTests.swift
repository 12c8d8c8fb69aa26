import Engines
import EnginesTestSupport
import Foundation
import Glibc
import Model
import Platform
import Testing
import Wire

/// Backups of a real PostgreSQL cluster by the real daemon.
@Suite(
    .offThePool, .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"),
    .enabled(if: geteuid() == 0, "reading the data folder of another user needs root"))
struct PostgresTests {
    @Test func everyBackupUnderLoadRestoresToWhatWasCommitted() async throws {
        let (daemon, server) = try await start(checksums: true)
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY, text text)")
        let ledger = RowWriter(server)
        var backups: [(id: BackupID, least: Int, most: Int)] = []
        for round in 0..<4 {
            try await ledger.grow(by: 300)
            let least = ledger.committed
            try await daemon.succeed("backup", "main")
            let id = try await daemon.newest("main").id
            backups.append((id, least, ledger.committed))
            #expect(try await daemon.newest("main").kind == (round == 0 ? .full : .progressive))
        }
        try ledger.stop()
        for (number, backup) in backups.enumerated() {
            let restored = try await RestoredCluster(of: backup.id, by: daemon, beside: server, number: number)
            let rows = try restored.execute("SELECT count(*) AS count, coalesce(max(id), 0) AS last FROM ledger").one()
            let count: Int = try rows.number("count")
            #expect(try rows.number("last") == count, "rows are missing in the middle")
            #expect(count >= backup.least, "a row that was committed before the backup is missing")
            #expect(count <= backup.most + 1)
        }
        try await daemon.succeed("verify", "main", "--level", "pages")
        try await daemon.succeed("drill", "main")
        let shown = try await daemon.read(Database.self, "databases", "show", "main")
        #expect(shown.lastProven != nil && shown.engine == "postgres" && shown.path == server.dataFolder)
        #expect(shown.members.map(\.name.text) == ["main/postgres"] && shown.members[0].state == "open")
        #expect(shown.members[0].size > .zero)
    }

    @Test func theWholeClusterComesBackAndNothingThatBelongsToARunningServer() async throws {
        let (daemon, server) = try await start()
        let elsewhere = "\(server.folder)/elsewhere"
        try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: false)
        chown(elsewhere, try #require(getpwnam("postgres")).pointee.pw_uid, 0)
        try server.execute(
            "CREATE TABLESPACE \"far away\" LOCATION '\(elsewhere)'", "CREATE DATABASE \"Früh & spät\"",
            "CREATE TABLE far (id int) TABLESPACE \"far away\"", "INSERT INTO far SELECT generate_series(1, 5000)",
            "CREATE UNLOGGED TABLE fleeting AS SELECT 1 AS id", "CREATE TABLE empty (id int)", "CHECKPOINT")
        try server.execute("CREATE TABLE own AS SELECT 7 AS seven", database: "Früh & spät")
        try await daemon.succeed("backup", "main")
        try server.execute("DROP TABLE far", "DROP TABLESPACE \"far away\"")
        let restored = try await RestoredCluster(
            of: try await daemon.newest("main").id, by: daemon, beside: server, number: 0)
        #expect(try restored.execute("SELECT count(*) AS n FROM far").one().number("n") == 5000)
        #expect(try restored.execute("SELECT count(*) AS n FROM fleeting").one().number("n") == 0)
        #expect(try restored.execute("SELECT count(*) AS n FROM empty").one().number("n") == 0)
        #expect(try restored.execute("SELECT seven AS n FROM own", database: "Früh & spät").one().number("n") == 7)
        #expect(try restored.execute("SELECT count(*) AS n FROM pg_replication_slots").one().number("n") == 0)
        #expect(try FileManager.default.contentsOfDirectory(atPath: elsewhere).isEmpty)
        try await daemon.succeed("drill", "main")
    }

    @Test func filesComeBackByTheBytesOfTheirNames() async throws {
        let (daemon, server) = try await start()
        let names = ["\u{301}x", "caf\u{e9}", "cafe\u{301}", "\u{301}folder/\u{301}y", "last\u{600}/z"]
        for name in names {
            let path = "\(server.dataFolder)/\(name)"
            try Files.makeDirectories(Files.parent(of: path), mode: 0o700)
            try Files.writeDurably(Array("of \(name)".utf8), to: path, mode: 0o600)
        }
        for number in 0..<2 {
            try server.execute("CREATE TABLE t\(number) (id int)")
            try await daemon.succeed("backup", "main")
            let restored = "\(server.folder)/names-\(number)"
            try await daemon.succeed("restore", "main", "--to", restored)
            for name in names { #expect(try Files.read("\(restored)/\(name)") == Array("of \(name)".utf8)) }
        }
    }

    @Test func aRestoredClusterTakesTheServersPlaceAndIsBackedUpInItsTurn() async throws {
        let (daemon, server) = try await start(settings: ["archive_mode = on", "archive_command = 'false'"])
        try server.append("data_directory = '\(server.dataFolder)'\n", to: "postgresql.conf")
        try server.execute("CREATE TABLE t AS SELECT generate_series(1, 1000) AS id")
        try await daemon.succeed("backup", "main")
        try await daemon.succeed("drill", "main")
        let restored = "\(server.folder)/restored"
        try await daemon.succeed("restore", "main", "--to", restored)
        server.stop()
        try FileManager.default.moveItem(atPath: server.dataFolder, toPath: "\(server.folder)/former")
        try FileManager.default.moveItem(atPath: restored, toPath: server.dataFolder)
        try server.start()
        #expect(try server.execute("SHOW archive_mode").one().text("archive_mode") == "off")
        try server.execute("INSERT INTO t SELECT generate_series(1, 500)")
        try server.execute("INSERT INTO t SELECT 1")
        try await daemon.succeed("backup", "main", "--full")
        try server.execute("INSERT INTO t SELECT 1")
        try await daemon.succeed("backup", "main")
        let again = try await RestoredCluster(
            of: try await daemon.newest("main").id, by: daemon, beside: server, number: 0)
        #expect(try again.execute("SELECT count(*) AS n FROM t").one().number("n") == 1502)
    }

    @Test func aClusterAtRestMakesNoFurtherBackup() async throws {
        // Without vacuum by itself, and with all hint bits set: nothing else may write.
        let (daemon, server) = try await start(settings: ["autovacuum = off"])
        try server.execute("CREATE TABLE t AS SELECT generate_series(1, 1000) AS id", "VACUUM FREEZE")
        try await daemon.succeed("backup", "main")
        let first = try await daemon.newest("main").id
        for _ in 0..<3 { try await daemon.succeed("backup", "main") }
        #expect(try await daemon.backups("main").map(\.id) == [first])
        try server.execute("UPDATE t SET id = id + 1")
        try await daemon.succeed("backup", "main")
        #expect(try await daemon.backups("main").count == 2)
    }

    @Test func aPageWithAWrongChecksumIsTold() async throws {
        let (daemon, server) = try await start(checksums: true)
        try server.execute("CREATE TABLE t AS SELECT generate_series(1, 2000) AS id", "CHECKPOINT")
        let path: String = try server.execute("SELECT pg_relation_filepath('t') AS path").one().text("path")
        try await daemon.succeed("backup", "main")
        #expect(try await daemon.messages().filter { $0.severity == .error } == [])
        server.stop()
        let file = try #require(FileHandle(forUpdatingAtPath: "\(server.dataFolder)/\(path)"))
        try file.seek(toOffset: 3 * 8192 + 5000)
        try file.write(contentsOf: Data([0xAA, 0x55]))
        try file.close()
        try server.start()
        try await daemon.succeed("backup", "main")
        let told = try #require(try await daemon.messages().first { $0.code == .databaseDamaged })
        #expect(told.severity == .error && told.text.contains("block 3 of \(path)"))
    }

    @Test func aServerThatDiesInTheMiddleLeavesNoBackupAndTheNextOneIsGood() async throws {
        let (daemon, server) = try await start(backup: ["read_limit = \"2M\""])
        try server.execute("CREATE TABLE t AS SELECT generate_series(1, 300000) AS id")
        let child = try Child(
            Programs.command, ["backup", "main", "--socket", daemon.socket], output: daemon.folder.fresh("backup"))
        try await until("a backup at work") {
            try server.execute("SELECT count(*) AS n FROM pg_replication_slots").one().number("n") == 1
        }
        server.kill9()
        let ended = try await child.wait(within: .seconds(60))
        #expect(ended.status == 1, "\(ended)")
        #expect((ended.text + ended.errors).contains("[\(Code.serverUnreachable.rawValue)]"), "\(ended)")
        #expect(try await daemon.backups("main").isEmpty)
        try server.start()
        try String(contentsOfFile: daemon.settings, encoding: .utf8).replacing("\"2M\"", with: "\"0\"")
            .write(toFile: daemon.settings, atomically: true, encoding: .utf8)
        daemon.signal(SIGHUP)
        try await until("the new settings") { try await daemon.messages().contains { $0.code == .settingsReloaded } }
        try await daemon.succeed("backup", "main")
        try await daemon.succeed("drill", "main")
    }

    @Test func aRoleWithoutRightsIsToldWhatToGrant() async throws {
        let server = try await Threads.run("postgres") { try PostgresServer() }
        try server.execute("CREATE ROLE holdfast LOGIN")
        let daemon = try await Self.daemon(of: server, user: "holdfast")
        let told = try await eventually("word of the server") {
            try await daemon.messages().first { $0.code == .serverUnreachable }
        }
        #expect(told.nextStep?.contains("GRANT pg_monitor TO holdfast") == true, "\(told)")
        let connection = try server.access(user: "holdfast").connect()
        for statement in try connection.missingPrivileges() { try server.execute(statement) }
        try await until("the cluster") { try await daemon.holdfast("backup", "main").status == 0 }
    }

    @Test func clientsAreListedToldAndDisconnectedByName() async throws {
        let (daemon, server) = try await start()
        try server.execute("CREATE DATABASE crm")
        try server.execute("CREATE DATABASE shop")
        let listener = try server.client(database: "crm", application: "listener")
        try listener.query("LISTEN holdfast")
        let other = try server.client(database: "shop", application: "till")
        let listed = try await daemon.read(Listing<Wire::DatabaseClient>.self, "clients", "list", "main").items
        #expect(Set(listed.map(\.command)) == ["listener", "till"])
        let crm = try #require(listed.first { $0.command == "listener" })
        #expect(crm.database.text == "main/crm" && crm.address == "local" && crm.user == "postgres")
        #expect(try await daemon.read(Listing<Wire::DatabaseClient>.self, "clients", "list", "main/crm").items == [crm])
        #expect(
            try await daemon.read(Listing<Wire::DatabaseClient>.self, "clients", "list", "main/postgres").items == [])
        expectRefusal(try await daemon.holdfast("clients", "list", "main/no"), 16, .notFound)

        try await daemon.succeed("clients", "message", "main/crm", "--text", "maintenance at 22:00")
        let told = try listener.query("SELECT pg_listening_channels()")
        #expect(told.count == 1)
        #expect(try await daemon.messages().contains { $0.code == .clientsTold && $0.database?.text == "main/crm" })

        expectRefusal(try await daemon.holdfast("clients", "disconnect", "--yes"), 2, .wrongUsage)
        expectRefusal(try await daemon.holdfast("clients", "disconnect", "main:1", "--yes"), 16, .notFound)
        try await daemon.succeed("clients", "disconnect", crm.id, "--dry-run")
        try listener.query("SELECT 1")
        try await daemon.succeed(
            "clients", "disconnect", "--all", "main/crm", "--grace", "1", "--message", "now", "--yes")
        #expect(throws: Fault.self) { try listener.query("SELECT 1") }
        try other.query("SELECT 1")
        try await daemon.succeed("clients", "disconnect", "--all", "main", "--yes")
        #expect(throws: Fault.self) { try other.query("SELECT 1") }
        let messages = try await daemon.messages().filter { $0.code == .clientsDisconnected }
        #expect(messages.map { $0.database?.text } == ["main/crm", "main/shop"])
        #expect(messages.allSatisfy { $0.text.hasPrefix("1 of 1 clients") })
    }

    @Test func aClosedDatabaseLetsNobodyInUntilItIsOpenedAlsoOverAKill() async throws {
        let (daemon, server) = try await start()
        try server.execute("CREATE DATABASE crm CONNECTION LIMIT 7")
        try server.execute("CREATE ROLE carl LOGIN")
        let limit = { (name: String) -> Int in
            try server.execute("SELECT datconnlimit AS n FROM pg_database WHERE datname = '\(name)'").one().number("n")
        }
        let inside = try server.client(user: "carl", database: "crm")
        let chief = try server.client(database: "crm")
        try await daemon.succeed("databases", "close", "main/crm", "--yes")
        #expect(throws: Fault.self) { try inside.query("SELECT 1") }
        #expect(throws: Fault.self) { try chief.query("SELECT 1") }
        #expect(throws: Fault.self) { try server.client(user: "carl", database: "crm") }
        #expect(try limit("crm") == 0)
        expectRefusal(try await daemon.holdfast("databases", "close", "main/crm", "--yes"), 11, .busy)
        #expect(try await daemon.holdfast("status").text.contains("main/crm is closed"))
        // A superuser gets in, and is put out again.
        let intruder = try server.client(database: "crm")
        try await until("the end of the superuser's session") { (try? intruder.query("SELECT 1")) == nil }
        try await daemon.succeed("backup", "main")
        let backup = try await daemon.newest("main").id

        try await daemon.crash()
        try await daemon.start()
        #expect(try limit("crm") == 0)
        let again = try server.client(database: "crm")
        try await until("the end of the superuser's session after a kill") { (try? again.query("SELECT 1")) == nil }
        try await daemon.succeed("databases", "open", "main/crm")
        #expect(try limit("crm") == 7)
        try server.client(user: "carl", database: "crm").query("SELECT 1")
        expectRefusal(try await daemon.holdfast("databases", "open", "main/crm"), 16, .notFound)
        let codes = try await daemon.messages().map(\.code)
        #expect(codes.contains(.databaseClosed) && codes.contains(.databaseOpened))

        let restored = try await RestoredCluster(of: backup, by: daemon, beside: server, number: 0)
        let left: Int = try restored.execute("SELECT datconnlimit AS n FROM pg_database WHERE datname = 'crm'").one()
            .number("n")
        #expect(left == 0)
        let access = try PostgresAccess(server: "restored", connection: restored.connection)
        let fence = PostgresFence(try access.connectAnyhow())
        try fence.reopen(try #require(try fence.leftovers()))
        let open: Int = try restored.execute("SELECT datconnlimit AS n FROM pg_database WHERE datname = 'crm'").one()
            .number("n")
        #expect(open == 7)
    }

    private func start(
        checksums: Bool = false, settings: [String] = [], backup: [String] = []
    ) async throws -> (PrivateDaemon, PostgresServer) {
        let server = try await Threads.run("postgres") { try PostgresServer(settings: settings, checksums: checksums) }
        return (try await Self.daemon(of: server, backup: backup), server)
    }

    private static func daemon(
        of server: PostgresServer, user: String = "postgres", backup: [String] = []
    ) async throws -> PrivateDaemon {
        var options = PrivateDaemon.Options()
        options.backup = backup
        options.tail = [
            "[servers.main]", "engine = \"postgres\"", "connection = \"host=\(server.folder) user=\(user)\"",
        ]
        return try await PrivateDaemon.started(options)
    }
}
