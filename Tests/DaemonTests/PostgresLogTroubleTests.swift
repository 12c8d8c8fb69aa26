import Engines
import EnginesTestSupport
import Foundation
import Glibc
import Model
import Platform
import Testing
import Wire

/// Unusual clusters, and what goes wrong around receiving a log, each on a real server.
@Suite(
    .offThePool, .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"),
    .enabled(if: geteuid() == 0, "reading the data folder of another user needs root"))
struct PostgresLogTroubleTests {
    private static let rows = "SELECT array_agg(id ORDER BY id)::text AS rows FROM ledger"
    private static let limit = "max_slot_wal_keep_size = '1GB'"

    /// Files of the log that are unlike others in size or place.
    @Test(arguments: ["--wal-segsize=1", "--wal-segsize=64", "--waldir"])
    func clustersWithAnotherKindOfLogFilesAreFollowed(word: String) async throws {
        let server = try await Threads.run("postgres") {
            try PostgresServer(settings: [Self.limit]) { word == "--waldir" ? ["--waldir=\($0)/elsewhere"] : [word] }
        }
        let daemon = try await PrivateDaemon.started(PostgresLogTests.options(server))
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY, text text)")
        try await daemon.succeed("backup", "main")
        try await PostgresLogTests.followed(daemon)
        let insert = "INSERT INTO ledger SELECT n, repeat(md5(n::text), 20) FROM generate_series"
        try server.execute("\(insert)(1, 9000) AS n", "SELECT pg_switch_wal()", "\(insert)(9001, 10000) AS n")
        try server.execute("SELECT pg_create_restore_point('here')", "\(insert)(10001, 11000) AS n")
        try await PostgresLogTests.received(server, daemon)
        let sum = "SELECT count(*) AS n, md5(string_agg(text, '' ORDER BY id)) AS text FROM ledger"
        let here = try await RestoredCluster(["--restore-point", "here"], by: daemon, beside: server, number: 0)
        try await here.arrive()
        #expect(try here.execute(sum).one().values == server.execute("\(sum) WHERE id <= 10000").one().values)
        // A later backup, and the log after it.
        try await daemon.succeed("backup", "main")
        try server.execute("\(insert)(11001, 12000) AS n")
        try await PostgresLogTests.received(server, daemon)
        let newest = try await RestoredCluster([], by: daemon, beside: server, number: 1)
        try await newest.arrive()
        #expect(try newest.execute(sum).one().values == server.execute(sum).one().values)
        try await daemon.succeed("drill", "main")
    }

    @Test func pruningAfterGoingBackInTimeKeepsWhatIsNeeded() async throws {
        let (daemon, server) = try await PostgresLogTests.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
        let first = try await daemon.backUp("main")
        try await PostgresLogTests.followed(daemon)
        try server.execute("INSERT INTO ledger VALUES (1)", "SELECT pg_create_restore_point('here')")
        try server.execute("INSERT INTO ledger VALUES (2)")
        try await PostgresLogTests.received(server, daemon)
        try await PostgresLogTests.goBack(server, daemon, to: ["--restore-point", "here"])
        try server.execute("INSERT INTO ledger VALUES (3)")
        let early = try PostgresLogTests.now(server)
        try server.execute("INSERT INTO ledger VALUES (4)")
        try await PostgresLogTests.received(server, daemon)
        try await daemon.backUp("main", full: true)
        try server.execute("INSERT INTO ledger VALUES (5)")
        let late = try PostgresLogTests.now(server)
        try server.execute("INSERT INTO ledger VALUES (6)")
        try await PostgresLogTests.received(server, daemon)

        let before = try Self.storedLog(daemon)
        try await daemon.succeed("prune", "--now", "--yes", "--confirm")
        try await Self.expectRows("{1,3}", at: early, daemon, server, number: 0)
        try await Self.expectRows("{1,3,4,5}", at: late, daemon, server, number: 1)
        // Without the backup of the former timeline its log leads nowhere; the new one's is all that is kept.
        try await daemon.succeed("backups", "delete", "\(first.id)", "--yes")
        try await daemon.succeed("prune", "--now", "--yes", "--confirm")
        #expect(try Self.storedLog(daemon).count < before.count)
        try await Self.expectRows("{1,3,4,5}", at: late, daemon, server, number: 2)
        try server.execute("INSERT INTO ledger VALUES (7)")
        try await PostgresLogTests.received(server, daemon)
        let newest = try await RestoredCluster([], by: daemon, beside: server, number: 3)
        try await newest.arrive()
        #expect(try newest.execute(Self.rows).one().text("rows") == "{1,3,4,5,6,7}")
        let refused = try await daemon.holdfast("restore", "main", "--to", "\(server.folder)/never", "--at", early)
        expectRefusal(refused, 16, .notFound)
        #expect(try await daemon.holdfast("repository", "check").status == 0)
    }

    private static func expectRows(
        _ rows: String, at time: String, _ daemon: PrivateDaemon, _ server: PostgresServer, number: Int
    ) async throws {
        let restored = try await RestoredCluster(["--at", time], by: daemon, beside: server, number: number)
        try await restored.arrive()
        #expect(try restored.execute(Self.rows).one().text("rows") == rows, "at \(time)")
    }

    private static func storedLog(_ daemon: PrivateDaemon) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: "\(daemon.repository)/db").flatMap { unit in
            (try? FileManager.default.contentsOfDirectory(atPath: "\(daemon.repository)/db/\(unit)/logs")) ?? []
        }
    }

    @Test func aTimeInsideOfAGapIsRefusedAndTheMomentsBesideItLeadThere() async throws {
        let (daemon, server) = try await PostgresLogTests.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
        try await daemon.succeed("backup", "main")
        try await PostgresLogTests.followed(daemon)
        try server.execute("INSERT INTO ledger VALUES (1)")
        try await PostgresLogTests.received(server, daemon)
        #expect(try await !daemon.messages().contains { $0.code == .logGap })
        try await daemon.crash()
        try await Self.dropSlots(server)
        var inside = ""
        for number in 2...5 {
            try server.execute(
                "INSERT INTO ledger VALUES (\(number))", "SELECT pg_switch_wal()", "CHECKPOINT",
                "SELECT pg_switch_wal()", "CHECKPOINT")
            if number == 3 { inside = try PostgresLogTests.now(server) }
        }
        try await daemon.start()
        let gap = try await eventually("word of the gap") {
            try await daemon.messages().first { $0.code == .logGap && $0.text.contains("no longer has its log") }
        }
        #expect(gap.nextStep?.contains("had been dropped") == true, "\(gap)")
        try await PostgresLogTests.backedUpAfterIt(daemon)
        try await PostgresLogTests.followedAgain(daemon)
        try server.execute("INSERT INTO ledger VALUES (6)")
        try await PostgresLogTests.received(server, daemon)
        let refused = try await daemon.holdfast("restore", "main", "--to", "\(server.folder)/never", "--at", inside)
        expectRefusal(refused, 16, .targetNotReached)
        let moments = refused.errors.matches(of: /`--at ([^`]+)`/).map { String($0.1) }
        #expect(moments.count == 2, "\(refused)")
        try await Self.expectRows("{1}", at: try #require(moments.first), daemon, server, number: 0)
        let behind = try await RestoredCluster(
            ["--at", try #require(moments.last)], by: daemon, beside: server, number: 1)
        #expect(try behind.execute(Self.rows).one().text("rows") == "{1,2,3,4,5}")
    }

    private static func dropSlots(_ server: PostgresServer) async throws {
        try await until("a slot that nobody uses") {
            try server.execute("SELECT count(*) AS n FROM pg_replication_slots WHERE active").one().number("n") == 0
        }
        try server.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")
    }

    @Test func aSlotThatAnAdminDropsIsMadeAgainWithoutAGap() async throws {
        let (daemon, server) = try await PostgresLogTests.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
        try await daemon.succeed("backup", "main")
        try await PostgresLogTests.followed(daemon)
        try server.execute("INSERT INTO ledger VALUES (1)")
        try await PostgresLogTests.received(server, daemon)
        // Who drops it has to be faster than the daemon comes back.
        try await until("a dropped slot") {
            try server.execute("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active")
            return (try? server.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots").one())
                != nil
        }
        try server.execute("INSERT INTO ledger VALUES (2)")
        try await PostgresLogTests.received(server, daemon)
        try server.execute("INSERT INTO ledger VALUES (3)")
        try await PostgresLogTests.received(server, daemon)
        let restored = try await RestoredCluster([], by: daemon, beside: server, number: 0)
        try await restored.arrive()
        #expect(try restored.execute(Self.rows).one().text("rows") == "{1,2,3}")
        let told = try await daemon.messages()
        #expect(!told.contains { [.logGap, .logDiffers].contains($0.code) }, "\(told)")
    }

    @Test func aServerIsReachableAgainAsSoonAsItsLogComes() async throws {
        let (daemon, server) = try await PostgresLogTests.start()
        try await daemon.succeed("backup", "main")
        try await PostgresLogTests.followed(daemon)
        server.stop()
        let word = "server main is unreachable: "
        let refused = try await daemon.holdfast("backup", "main")
        #expect(refused.status != 0 && refused.errors.contains(word), "\(refused)")
        #expect(try await daemon.holdfast("status").text.contains(word))
        try server.start()
        try await PostgresLogTests.received(server, daemon)
        try await until(within: .seconds(5), "a server that is reachable") {
            try await !daemon.holdfast("status").text.contains(word)
        }
    }

    @Test func aFullRepositoryHoldsTheLogUpAndLosesNothing() async throws {
        let disk = try await SmallDisk(megabytes: 40)
        let server = try await Threads.run("postgres") { try PostgresServer(settings: [Self.limit]) }
        var options = PostgresLogTests.options(server)
        options.repository = "\(disk.path)/repository"
        let daemon = try await PrivateDaemon.started(options)
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY, text text)")
        try server.execute("ALTER TABLE ledger ALTER text SET STORAGE EXTERNAL")
        try await daemon.succeed("backup", "main")
        try await PostgresLogTests.followed(daemon)
        // What can't be compressed.
        let insert = """
            INSERT INTO ledger SELECT n, (SELECT string_agg(sha512((n * 1000 + k)::text::bytea)::text, '')
            FROM generate_series(1, 100) AS k) FROM generate_series(%d, %d) AS n
            """
        for first in stride(from: 1, through: 6001, by: 1000) {
            try server.execute(String(format: insert, first, first + 999))
        }
        let told = try await eventually(within: .seconds(60), "word of the full disk") {
            try await daemon.messages().first { $0.code == .logFailed }
        }
        #expect(told.severity == .warning && told.nextStep != nil, "\(told)")
        #expect(try await daemon.read(Status.self, "status").problems.contains { $0.code == .outOfSpace })
        // While it is tried once more, nothing is known to be wrong.
        _ = try await eventually(within: .seconds(60), "the fault in the list") {
            try await daemon.read(Database.self, "databases", "show", "main").log?.fault
        }
        try await disk.resize(megabytes: 400)
        try await PostgresLogTests.received(server, daemon, within: .seconds(100))
        try server.execute(String(format: insert, 10001, 10100))
        try await PostgresLogTests.received(server, daemon)
        let restored = try await RestoredCluster([], by: daemon, beside: server, number: 0)
        try await restored.arrive()
        let sum = "SELECT count(*) AS n, sum(id) AS sum, md5(string_agg(md5(text), '' ORDER BY id)) AS text FROM ledger"
        #expect(try restored.execute(sum).one().values == server.execute(sum).one().values)
        #expect(try await !daemon.messages().contains { [.logGap, .logDiffers].contains($0.code) })
        try await daemon.stop()
    }

    @Test func aServerThatCrashesInTheMiddleOfABackupIsBackedUpAndFollowedAfterwards() async throws {
        let (daemon, server) = try await PostgresLogTests.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)", "INSERT INTO ledger VALUES (1)")
        let first = try await daemon.backUp("main")
        try await PostgresLogTests.followed(daemon)
        try server.execute("CREATE TABLE big AS SELECT repeat(md5(n::text), 30) FROM generate_series(1, 60000) AS n")
        async let attempt = daemon.holdfast("backup", "main", "--full")
        let ours = "SELECT count(*) AS n FROM pg_replication_slots WHERE slot_name LIKE 'holdfast\\_backup%'"
        try await until("a backup under way") { try server.execute(ours).one().number("n") == 1 }
        server.kill9()
        let output = try await attempt
        #expect(output.status == 1, "\(output)")
        #expect((output.text + output.errors).contains("[\(Code.serverUnreachable.rawValue)]"), "\(output)")
        #expect(try await daemon.backups("main").map(\.id) == [first.id])
        try server.start()
        #expect(try server.execute(ours).one().number("n") == 0)
        try server.execute("INSERT INTO ledger VALUES (2)")
        try await daemon.succeed("backup", "main", "--full")
        try server.execute("INSERT INTO ledger VALUES (3)")
        try await PostgresLogTests.received(server, daemon)
        let restored = try await RestoredCluster([], by: daemon, beside: server, number: 0)
        try await restored.arrive()
        #expect(try restored.execute(Self.rows).one().text("rows") == "{1,2,3}")
        #expect(try restored.execute("SELECT count(*) AS n FROM big").one().number("n") == 60000)
    }

    @Test func anotherClusterInItsPlaceIsToldAndFollowedInItsTurn() async throws {
        let (daemon, server) = try await PostgresLogTests.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)", "INSERT INTO ledger VALUES (1)")
        try await daemon.succeed("backup", "main")
        try await PostgresLogTests.followed(daemon)
        try await PostgresLogTests.received(server, daemon)
        let other = try await Threads.run("postgres") { try PostgresServer(settings: [Self.limit]) }
        try other.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)", "INSERT INTO ledger VALUES (100)")
        other.stop()
        try other.append("unix_socket_directories = '\(server.folder)'\n", to: "postgresql.conf")
        try server.replaceFiles(by: other.dataFolder)
        let told = try await eventually("word of it") { try await daemon.messages().first { $0.code == .logDiffers } }
        #expect(told.severity == .error && told.nextStep != nil, "\(told)")
        try await PostgresLogTests.backedUpAfterIt(daemon)
        try await PostgresLogTests.followedAgain(daemon)
        try server.execute("INSERT INTO ledger VALUES (101)")
        try await PostgresLogTests.received(server, daemon)
        let restored = try await RestoredCluster([], by: daemon, beside: server, number: 0)
        try await restored.arrive()
        #expect(try restored.execute(Self.rows).one().text("rows") == "{100,101}")
    }

    @Test func withoutDaysOfLogThereIsNoSlotAndNoneIsKept() async throws {
        let (daemon, server) = try await PostgresLogTests.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
        try await daemon.succeed("backup", "main")
        try await PostgresLogTests.followed(daemon)
        try server.execute("INSERT INTO ledger VALUES (1)")
        try await PostgresLogTests.received(server, daemon)
        #expect(try !Self.storedLog(daemon).isEmpty)
        try String(contentsOfFile: daemon.settings, encoding: .utf8).appending("[retention]\nlog_days = 0\n")
            .write(toFile: daemon.settings, atomically: true, encoding: .utf8)
        daemon.signal(SIGHUP)
        try await until("no slot") {
            try server.execute("SELECT count(*) AS n FROM pg_replication_slots").one().number("n") == 0
        }
        try await daemon.succeed("prune", "--yes")
        #expect(try Self.storedLog(daemon).isEmpty)
        try server.execute("INSERT INTO ledger VALUES (2)")
        try await daemon.succeed("backup", "main")
        // A backup as it is, on its own: there is no log to wait for.
        let restored = try await RestoredCluster([], by: daemon, beside: server, number: 0)
        #expect(try restored.execute(Self.rows).one().text("rows") == "{1,2}")
        #expect(try restored.execute("SELECT pg_is_in_recovery() AS it").one().flag("it") == false)
        try await daemon.succeed("drill", "main")
    }

    @Test func aStandbyIsToldAndBackedUpOnceItIsPromoted() async throws {
        let primary = try await Threads.run("postgres") { try PostgresServer(settings: [Self.limit]) }
        try primary.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)", "INSERT INTO ledger VALUES (1)")
        let standby = try await Threads.run("postgres") { try PostgresServer(standbyOf: primary) }
        let daemon = try await PrivateDaemon.started(PostgresLogTests.options(standby))
        let told = try await eventually("word of the standby") {
            try await daemon.messages().first { $0.code == .serverUnsupported }
        }
        #expect(told.severity == .error && told.nextStep?.contains("primary") == true, "\(told)")
        let refused = try await daemon.holdfast("backup", "main")
        expectRefusal(refused, 1, .serverUnsupported)
        #expect(try await daemon.backups("main").isEmpty)
        #expect(try standby.execute("SELECT count(*) AS n FROM pg_replication_slots").one().number("n") == 0)

        #expect(try standby.execute("SELECT pg_promote() AS done").one().flag("done"))
        try standby.execute("INSERT INTO ledger VALUES (2)")
        try await until("a backup of what is no standby any more") {
            try await daemon.holdfast("backup", "main").status == 0
        }
        try await PostgresLogTests.followed(daemon)
        try standby.execute("INSERT INTO ledger VALUES (3)")
        try await PostgresLogTests.received(standby, daemon)
        let restored = try await RestoredCluster([], by: daemon, beside: standby, number: 0)
        try await restored.arrive()
        #expect(try restored.execute(Self.rows).one().text("rows") == "{1,2,3}")
    }
}
