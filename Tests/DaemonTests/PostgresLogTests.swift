import Engines
import EnginesTestSupport
import Foundation
import Glibc
import Model
import Platform
import Testing
import Wire

/// The log of a real PostgreSQL cluster, received by the real daemon, and points in time restored from it.
@Suite(
    .offThePool, .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"),
    .enabled(if: geteuid() == 0, "reading the data folder of another user needs root"))
struct PostgresLogTests {
    @Test func anyPointInTimeRestoresToExactlyWhatWasCommittedByThen() async throws {
        let (daemon, server) = try await Self.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY, text text)")
        let bench = try PostgresLoad(server)
        let ledger = RowWriter(server)
        try await ledger.grow(by: 50)
        try await daemon.succeed("backup", "main")
        try await Self.followed(daemon)
        let first = WallClock.now()
        for _ in 0..<2 {
            try await ledger.grow(by: 400)
            try await daemon.succeed("backup", "main")
        }
        try await ledger.grow(by: 400)
        let last = WallClock.now()
        // One commit more, so that the log is known to reach beyond the last point in time.
        try await ledger.grow(by: 50)
        try ledger.stop()
        try await Self.received(server, daemon)
        var random = PrintedRandom("points in time")
        let count = Long.isAsked ? 50 : 5
        for number in 0..<count {
            let instant = first + .microseconds(Int64.random(in: 0..<(last - first).microseconds, using: &random))
            let text = instant.rfc3339(offsetSeconds: 0)
            let restored = try await RestoredCluster(["--at", text], by: daemon, beside: server, number: number)
            try await restored.arrive()
            let rows =
                "SELECT count(*) AS n, coalesce(sum(id), 0) AS sum, md5(string_agg(text, '' ORDER BY id)) AS text FROM ledger"
            let got = try restored.execute(rows).one().values
            // The commit's own time, of the server that made it.
            let wanted = try server.execute(
                "\(rows) WHERE pg_xact_commit_timestamp(xmin) <= timestamptz '\(text)'"
            ).one().values
            #expect(got == wanted, "at \(text)")
            let history = "SELECT count(*) AS n, coalesce(sum(delta), 0) AS sum FROM pgbench_history"
            let other = try restored.execute(history).one().values
            let made = try server.execute(
                "\(history) WHERE pg_xact_commit_timestamp(xmin) <= timestamptz '\(text)'"
            ).one().values
            #expect(other == made, "pgbench at \(text)")
        }
        let load = try bench.stop()
        #expect(load > 0, "pgbench did nothing meanwhile")
        print("points in time: \(count) restored, each exactly; pgbench made \(load) transactions meanwhile")
    }

    @Test func aPositionATransactionAndANameLeadToTheirPlace() async throws {
        let (daemon, server) = try await Self.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
        try await daemon.succeed("backup", "main")
        try await Self.followed(daemon)
        var places: [(name: String, lsn: String, xid: String)] = []
        for number in 1...4 {
            let xid = try server.execute("INSERT INTO ledger VALUES (\(number)) RETURNING pg_current_xact_id() AS xid")
                .one().text("xid")
            let lsn = try server.execute("SELECT pg_create_restore_point('place-\(number)') AS lsn").one().text("lsn")
            places.append(("place-\(number)", lsn, xid))
        }
        try await Self.received(server, daemon)
        let ways = [["--restore-point", places[0].name], ["--lsn", places[1].lsn], ["--xid", places[2].xid], []]
        for (number, way) in ways.enumerated() {
            let restored = try await RestoredCluster(way, by: daemon, beside: server, number: number)
            try await restored.arrive()
            #expect(
                try restored.execute("SELECT max(id) AS n FROM ledger").one().number("n") == number + 1, "\(way)")
        }
        let promoted = try await RestoredCluster(
            ["--restore-point", "place-2", "--promote"], by: daemon, beside: server, number: 9)
        try await until("an open server") {
            try promoted.execute("SELECT pg_is_in_recovery() AS it").one().text("it") == "f"
        }
        _ = try promoted.execute("INSERT INTO ledger VALUES (100)")
        let target = daemon.restored + "/never"
        for way in [["--restore-point", "nowhere"], ["--xid", "999999"], ["--lsn", "7F/0"], ["--lsn", "0/28"]] {
            expectRefusal(
                try await daemon.holdfast(["restore", "main", "--to", target] + way), 16, .targetNotReached)
        }
        expectRefusal(try await daemon.holdfast("restore", "main", "--to", target, "--lsn", "here"), 2, .wrongUsage)
        // The repository suffices.
        let alone = "\(server.folder)/alone"
        try await daemon.succeed(alone: ["restore", "main", "--to", alone, "--restore-point", "place-3"])
        #expect(FileManager.default.fileExists(atPath: "\(alone)/recovery.signal"))
    }

    @Test func oneDatabaseComesBackAsOfAnyMomentAndTheOthersStay() async throws {
        let (daemon, server) = try await Self.start()
        try server.execute("CREATE DATABASE crm")
        try server.execute("CREATE DATABASE shop")
        try server.execute("CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)", database: "shop")
        try await daemon.succeed("backup", "main")
        try await Self.followed(daemon)
        try server.execute("CREATE TABLE t (id int)", "INSERT INTO t VALUES (1), (2)", database: "crm")
        let before = try server.execute("SELECT to_char(now(), 'YYYY-MM-DD\"T\"HH24:MI:SS.USOF') || ':00' AS now").one()
            .text("now")
        try server.execute("DELETE FROM t", database: "crm")
        try server.execute("INSERT INTO t VALUES (2)", database: "shop")
        try await Self.received(server, daemon)
        try await daemon.succeed("restore", "main/crm", "--in-place", "--yes", "--at", before)
        #expect(try server.execute("SELECT count(*) AS n FROM t", database: "crm").one().number("n") == 2)
        #expect(try server.execute("SELECT count(*) AS n FROM t", database: "shop").one().number("n") == 2)
    }

    @Test func aKilledDaemonGoesOnWhereItWasWithoutAGap() async throws {
        let (daemon, server) = try await Self.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY, text text)")
        try await daemon.succeed("backup", "main")
        try await Self.followed(daemon)
        let ledger = RowWriter(server)
        for _ in 0..<4 {
            try await ledger.grow(by: 200)
            try await daemon.crash()
            try await ledger.grow(by: 100)
            try await daemon.start()
        }
        try ledger.stop()
        try await Self.received(server, daemon)
        let restored = try await RestoredCluster([], by: daemon, beside: server, number: 0)
        try await restored.arrive()
        let rows = "SELECT count(*) AS n, md5(string_agg(text, '' ORDER BY id)) AS text FROM ledger"
        #expect(try restored.execute(rows).one().values == server.execute(rows).one().values)
        let told = try await daemon.messages()
        #expect(!told.contains { [.logGap, .logDiffers].contains($0.code) }, "\(told)")
        try await daemon.succeed("drill", "main")
        let proven = try #require(try await daemon.messages().last { $0.code == .drillSucceeded })
        #expect(proven.text.contains("followed the log"))
        let names = "SELECT count(*) AS n FROM pg_replication_slots WHERE slot_name LIKE 'holdfast%'"
        #expect(try server.execute(names).one().number("n") == 1)
    }

    @Test func aLostSlotIsSaidAloudAndANewFullClosesTheGap() async throws {
        let (daemon, server) = try await Self.start(settings: ["min_wal_size = 32MB", "max_wal_size = 32MB"])
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)", "INSERT INTO ledger VALUES (1)")
        try await daemon.succeed("backup", "main")
        try await Self.followed(daemon)
        try await Self.received(server, daemon)
        try await daemon.crash()
        try await until("a slot that nobody uses") {
            try server.execute("SELECT count(*) AS n FROM pg_replication_slots WHERE active").one().number("n") == 0
        }
        try server.execute("SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots")
        for number in 2...5 {
            try server.execute(
                "INSERT INTO ledger VALUES (\(number))", "SELECT pg_switch_wal()", "CHECKPOINT",
                "SELECT pg_switch_wal()",
                "CHECKPOINT")
        }
        try await daemon.start()
        let gap = try await eventually("word of the gap") {
            try await daemon.messages().first { $0.code == .logGap && $0.text.contains("no longer has its log") }
        }
        #expect(gap.severity == .error && gap.nextStep != nil)
        try await Self.backedUpAfterIt(daemon)
        try await Self.followedAgain(daemon)
        try server.execute("INSERT INTO ledger VALUES (6)")
        try await Self.received(server, daemon)
        let restored = try await RestoredCluster([], by: daemon, beside: server, number: 0)
        try await restored.arrive()
        #expect(try restored.execute("SELECT max(id) AS n FROM ledger").one().number("n") == 6)
    }

    @Test func aPromotedServerIsFollowedIntoItsNewTimeline() async throws {
        let (daemon, server) = try await Self.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
        try await daemon.succeed("backup", "main")
        try await Self.followed(daemon)
        try server.execute("INSERT INTO ledger VALUES (1)", "SELECT pg_create_restore_point('here')")
        try server.execute("INSERT INTO ledger VALUES (2)")
        try await Self.received(server, daemon)
        try await Self.goBack(server, daemon, to: ["--restore-point", "here"])
        try server.execute("INSERT INTO ledger VALUES (3)")
        try await Self.received(server, daemon)
        let newest = try await RestoredCluster([], by: daemon, beside: server, number: 0)
        try await newest.arrive()
        let rows = "SELECT array_agg(id ORDER BY id)::text AS rows FROM ledger"
        #expect(try newest.execute(rows).one().text("rows") == "{1,3}")
        try await daemon.succeed("backup", "main")
        try server.execute("INSERT INTO ledger VALUES (4)")
        try await Self.received(server, daemon)
        try await daemon.succeed("drill", "main")
        let later = try await RestoredCluster([], by: daemon, beside: server, number: 1)
        try await later.arrive()
        #expect(try later.execute(rows).one().text("rows") == "{1,3,4}")
    }

    @Test func aServerThatWentBackInTimeIsToldFromTheOneBefore() async throws {
        let (daemon, server) = try await Self.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
        try await daemon.succeed("backup", "main")
        try await Self.followed(daemon)
        try await Self.received(server, daemon)
        try server.keepCopy()
        try server.execute(
            "INSERT INTO ledger SELECT generate_series(1, 1000)", "SELECT pg_create_restore_point('then')")
        try await Self.received(server, daemon)
        try server.putCopyBack()
        try server.execute("INSERT INTO ledger SELECT generate_series(2001, 2010)")
        let told = try await eventually("word of it") {
            try await daemon.messages().first { $0.code == .logDiffers }
        }
        #expect(told.severity == .error)
        try await Self.backedUpAfterIt(daemon)
        try server.execute("INSERT INTO ledger SELECT generate_series(2011, 2020)")
        try await Self.received(server, daemon)
        let newest = try await RestoredCluster([], by: daemon, beside: server, number: 0)
        try await newest.arrive()
        #expect(try newest.execute("SELECT count(*) AS n FROM ledger").one().number("n") == 20)
        let before = try await RestoredCluster(["--restore-point", "then"], by: daemon, beside: server, number: 1)
        try await before.arrive()
        #expect(try before.execute("SELECT count(*) AS n FROM ledger").one().number("n") == 1000)
    }

    @Test func aServerThatCrashedInTheMiddleOfARecordIsFollowedBeyond() async throws {
        let (daemon, server) = try await Self.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
        try await daemon.succeed("backup", "main")
        try await Self.followed(daemon)
        try server.execute("INSERT INTO ledger VALUES (1)")
        for round in 2...4 {
            let before = try server.execute("SELECT pg_current_wal_flush_lsn() AS lsn").one().text("lsn")
            async let message: Void = Threads.run("emitting") {
                // The server dies under it.
                _ = try? server.client().query("SELECT pg_logical_emit_message(false, 'x', repeat('x', 200000000))")
            }
            try await until("a part of the record") {
                let now = try server.execute("SELECT pg_current_wal_flush_lsn() - '\(before)'::pg_lsn AS n").one()
                return try now.number("n", as: Int64.self) > 2_000_000
            }
            server.kill9()
            try await message
            try server.start()
            try server.execute("INSERT INTO ledger VALUES (\(round))")
        }
        try await Self.received(server, daemon)
        let restored = try await RestoredCluster([], by: daemon, beside: server, number: 0)
        try await restored.arrive()
        #expect(try restored.execute("SELECT count(*) AS n FROM ledger").one().number("n") == 4)
    }

    @Test func goingBackInTimeAtTheEndOfAFileIsNoticedToo() async throws {
        let (daemon, server) = try await Self.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
        try await daemon.succeed("backup", "main")
        try await Self.followed(daemon)
        try await Self.received(server, daemon)
        try server.keepCopy()
        try server.execute("INSERT INTO ledger SELECT generate_series(1, 900)", "SELECT pg_switch_wal()")
        try await Self.received(server, daemon)
        try await daemon.crash()
        try server.putCopyBack()
        try server.execute("INSERT INTO ledger SELECT generate_series(2001, 2010)", "SELECT pg_switch_wal()")
        try server.execute("INSERT INTO ledger VALUES (2011)")
        try await daemon.start()
        _ = try await eventually("word of it") {
            try await daemon.messages().first { $0.code == .logDiffers }
        }
        try await Self.backedUpAfterIt(daemon)
        try await Self.received(server, daemon)
        let newest = try await RestoredCluster([], by: daemon, beside: server, number: 0)
        #expect(try newest.execute("SELECT count(*) AS n FROM ledger").one().number("n") == 11)
    }

    @Test func whatWasNotReceivedAfterABackupIsToldAndBackedUp() async throws {
        let (daemon, server) = try await Self.start(
            settings: ["max_slot_wal_keep_size = -1", "min_wal_size = 32MB", "max_wal_size = 32MB"])
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
        try await daemon.succeed("backup", "main")
        _ = try await eventually("a refusal") { try await daemon.messages().first { $0.code == .slotUnlimited } }
        for number in 1...3 {
            try server.execute("INSERT INTO ledger VALUES (\(number))", "SELECT pg_switch_wal()", "CHECKPOINT")
        }
        try server.execute("ALTER SYSTEM SET max_slot_wal_keep_size = '1GB'")
        try server.reload()
        try await Self.followed(daemon)
        #expect(try await daemon.messages().contains { $0.code == .logGap })
        try await Self.backedUpAfterIt(daemon)
        try server.execute("INSERT INTO ledger VALUES (4)")
        try await Self.received(server, daemon)
        let newest = try await RestoredCluster([], by: daemon, beside: server, number: 0)
        try await newest.arrive()
        #expect(try newest.execute("SELECT count(*) AS n FROM ledger").one().number("n") == 4)
    }

    @Test func aServerWithoutALimitForSlotsIsRefusedOrGivenOne() async throws {
        let server = try await Threads.run("postgres") { try PostgresServer() }
        let daemon = try await PrivateDaemon.started(Self.options(server))
        try await daemon.succeed("backup", "main")
        let told = try await eventually("word of the slot") {
            try await daemon.messages().first { $0.code == .slotUnlimited }
        }
        #expect(told.nextStep?.contains("slot_limit") == true)
        #expect(try server.execute("SELECT count(*) AS n FROM pg_replication_slots").one().number("n") == 0)
        let status = try await daemon.read(Status.self, "status")
        #expect(status.problems.contains { $0.code == .slotUnlimited })
        try String(contentsOfFile: daemon.settings, encoding: .utf8).appending("slot_limit = \"512M\"\n")
            .write(toFile: daemon.settings, atomically: true, encoding: .utf8)
        daemon.signal(SIGHUP)
        try await Self.followed(daemon)
        #expect(try server.execute("SHOW max_slot_wal_keep_size").one().values == ["512MB"])
        try String(contentsOfFile: daemon.settings, encoding: .utf8).appending("follow_log = \"no\"\n")
            .write(toFile: daemon.settings, atomically: true, encoding: .utf8)
        daemon.signal(SIGHUP)
        try await until("no slot") {
            try server.execute("SELECT count(*) AS n FROM pg_replication_slots").one().number("n") == 0
        }
    }

    @Test func whatCannotBeStoredWaitsOnTheServerAndIsTold() async throws {
        let (daemon, server) = try await Self.start(settings: ["max_slot_wal_keep_size = '128MB'"])
        try server.execute("CREATE TABLE t (text text)")
        try await daemon.succeed("backup", "main")
        try await Self.followed(daemon)
        let aside = daemon.repository + "-aside"
        try FileManager.default.moveItem(atPath: daemon.repository, toPath: aside)
        let written = "INSERT INTO t SELECT repeat(md5(n::text), 100) FROM generate_series(1, 30000) AS n"
        try server.execute("ALTER TABLE t ALTER text SET STORAGE EXTERNAL", written)
        let failed = try await eventually("word of the failure") {
            try await daemon.messages().first { $0.code == .logFailed }
        }
        #expect(failed.severity == .warning)
        _ = try await eventually(within: .seconds(100), "word of the lag") {
            try await daemon.messages().first { $0.code == .logLag }
        }
        try FileManager.default.moveItem(atPath: aside, toPath: daemon.repository)
        try await Self.received(server, daemon, within: .seconds(100))
        #expect(try await !daemon.messages().contains { $0.code == .logGap })
    }

    @Test func damagedLogIsFoundAndNamed() async throws {
        let (daemon, server) = try await Self.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
        try await daemon.succeed("backup", "main")
        try await Self.followed(daemon)
        try server.execute("INSERT INTO ledger SELECT generate_series(1, 50000)")
        try await Self.received(server, daemon)
        try await daemon.stop()
        let units = try FileManager.default.contentsOfDirectory(atPath: "\(daemon.repository)/db")
        let logs = "\(daemon.repository)/db/\(try #require(units.first))/logs"
        let name = try #require(try FileManager.default.contentsOfDirectory(atPath: logs).sorted().last)
        let file = try #require(FileHandle(forUpdatingAtPath: "\(logs)/\(name)"))
        try file.seek(toOffset: 300)
        try file.write(contentsOf: Data([0x55, 0xAA, 0x55]))
        try file.close()
        let checked = try await daemon.alone("repository", "check")
        #expect(checked.status == 17, "\(checked)")
        #expect((checked.text + checked.errors).contains("log-damaged"), "\(checked)")
        let target = "\(server.folder)/never"
        let refused = try await daemon.alone("restore", "main", "--to", target)
        #expect(refused.status == 17 && refused.errors.contains("log-damaged"), "\(refused)")
        let id = try #require(try await daemon.read(Listing<Backup>.self, alone: ["backups"]).items.first).id
        try await daemon.succeed(alone: ["restore", "main", "--backup", id.description, "--to", target])
    }
}

extension PostgresLogTests {
    static func start(settings: [String] = []) async throws -> (PrivateDaemon, PostgresServer) {
        let server = try await Threads.run("postgres") {
            try PostgresServer(
                settings: ["max_slot_wal_keep_size = '1GB'", "track_commit_timestamp = on"] + settings)
        }
        return (try await PrivateDaemon.started(options(server)), server)
    }

    /// Lets a server go on from an earlier state, on a timeline of its own, and waits until that is received.
    static func goBack(_ server: PostgresServer, _ daemon: PrivateDaemon, to words: [String]) async throws {
        let folder = daemon.folder.fresh("back")
        _ = try PrivateDaemon.good(
            try await daemon.holdfast(["restore", "main", "--to", folder, "--promote"] + words))
        try server.replaceFiles(by: folder)
        try await until("an open server") {
            try server.execute("SELECT pg_is_in_recovery() AS it").one().flag("it") == false
        }
        try await received(server, daemon)
    }

    /// The server's time, with microseconds.
    static func now(_ server: PostgresServer) throws -> String {
        try server.execute(
            "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') AS now"
        ).one().text("now")
    }

    static func options(_ server: PostgresServer) -> PrivateDaemon.Options {
        var options = PrivateDaemon.Options()
        options.tail = [
            "[servers.main]", "engine = \"postgres\"", "connection = \"host=\(server.folder) user=postgres\"",
        ]
        return options
    }

    static func followed(_ daemon: PrivateDaemon) async throws {
        try await until("a log that is received") {
            try await daemon.messages().contains { $0.code == .logFollowed }
        }
    }

    /// A trouble that leaves a gap brings a full of its own.
    static func backedUpAfterIt(_ daemon: PrivateDaemon) async throws {
        let losses = try await daemon.messages().filter { [.logGap, .logDiffers].contains($0.code) }
        let loss = try #require(losses.max { $0.id < $1.id })
        // Not by their number: where a checkpoint came before the slot, the first backup was followed by another one already.
        try await until("a full backup after it") {
            try await daemon.backups("main").contains { $0.kind == .full && $0.instant > loss.instant }
        }
    }

    /// After a trouble that was told.
    static func followedAgain(_ daemon: PrivateDaemon) async throws {
        try await until("a log that is received again") {
            try await daemon.read(Database.self, "databases", "show", "main").log?.fault == nil
        }
    }

    /// Waits until everything that the server has written is in the repository.
    static func received(
        _ server: PostgresServer, _ daemon: PrivateDaemon, within limit: Duration = .seconds(30)
    ) async throws {
        let wanted = try server.execute("SELECT pg_current_wal_flush_lsn() AS lsn").one().text("lsn")
        try await until(within: limit, "the log up to \(wanted)") {
            try server.execute(
                "SELECT count(*) AS n FROM pg_replication_slots WHERE active AND restart_lsn >= '\(wanted)'::pg_lsn"
            ).one().number("n") == 1
        }
    }
}
