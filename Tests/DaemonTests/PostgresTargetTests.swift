import Engines
import EnginesTestSupport
import Foundation
import Glibc
import Model
import Platform
import Testing
import Wire

/// What names a place in the log of a real cluster leads to that place, and says what else it might have meant.
@Suite(
    .offThePool, .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"),
    .enabled(if: geteuid() == 0, "reading the data folder of another user needs root"))
struct PostgresTargetTests {
    private static let rows = "SELECT array_agg(id ORDER BY id)::text AS rows FROM ledger"

    @Test func aTransactionIsFoundHoweverItWasCommittedAndNoOtherOfItsLowerBits() async throws {
        let server = try await Threads.run("postgres") {
            try PostgresServer(settings: ["max_slot_wal_keep_size = '1GB'", "max_prepared_transactions = 5"])
        }
        // As after many billions of transactions.
        server.stop()
        try PostgresServer.run("pg_resetwal", ["-e", "5", "-D", server.dataFolder])
        try server.start()
        let daemon = try await PrivateDaemon.started(PostgresLogTests.options(server))
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
        try await daemon.succeed("backup", "main")
        try await PostgresLogTests.followed(daemon)
        let made = try Self.transactions(server)
        try await PostgresLogTests.received(server, daemon)
        #expect(made.prepared >> 32 == 5)
        let ways = [
            (made.prepared, "{1,2}"), (made.prepared & 0xFFFF_FFFF, "{1,2}"), (made.child, "{1,2,3,10,11}"),
            (made.parent, "{1,2,3,10,11}"),
        ]
        for (number, (xid, rows)) in ways.enumerated() {
            let restored = try await RestoredCluster(["--xid", "\(xid)"], by: daemon, beside: server, number: number)
            try await restored.arrive()
            #expect(try restored.execute(Self.rows).one().text("rows") == rows, "\(xid)")
        }
        let target = "\(server.folder)/never"
        for xid in [made.prepared - 1 << 32, made.prepared + 1 << 32, made.rolledBack] {
            let refused = try await daemon.holdfast("restore", "main", "--to", target, "--xid", "\(xid)")
            expectRefusal(refused, 16, .targetNotReached)
            #expect(refused.errors.contains("rolled back") == (xid == made.rolledBack), "\(refused)")
        }
        let told = try await daemon.succeed("restore", "main", "--to", target, "--xid", "\(made.child)", "--dry-run")
        #expect(told.contains("\(made.child) is a subtransaction of \(made.parent & 0xFFFF_FFFF)"), "\(told)")
    }

    private struct Transactions {
        var prepared: UInt64
        var parent: UInt64
        /// As `xmin` shows it.
        var child: UInt64
        var rolledBack: UInt64
    }

    private static func transactions(_ server: PostgresServer) throws -> Transactions {
        let client = try server.client()
        func number(_ statement: String) throws -> UInt64 { try client.query(statement).one().number("xid") }
        let own = "SELECT pg_current_xact_id()::text AS xid"
        try client.query("BEGIN")
        try client.query("INSERT INTO public.ledger VALUES (1)")
        // It drops what has statistics, and files: parts of the record that come before the number.
        try client.query("CREATE TABLE public.brief (id int)")
        try client.query("DROP TABLE public.brief")
        let prepared = try number(own)
        try client.query("PREPARE TRANSACTION 'first'")
        try client.query("INSERT INTO public.ledger VALUES (2)")
        try client.query("COMMIT PREPARED 'first'")
        try client.query("INSERT INTO public.ledger VALUES (3)")
        try client.query("BEGIN")
        try client.query("INSERT INTO public.ledger VALUES (10)")
        try client.query("SAVEPOINT inner_one")
        try client.query("INSERT INTO public.ledger VALUES (11)")
        let child = try number("SELECT xmin::text AS xid FROM public.ledger WHERE id = 11")
        let parent = try number(own)
        try client.query("COMMIT")
        try client.query("BEGIN")
        try client.query("INSERT INTO public.ledger VALUES (12)")
        let rolledBack = try number(own)
        try client.query("ROLLBACK")
        try client.query("INSERT INTO public.ledger VALUES (13)")
        return Transactions(prepared: prepared, parent: parent, child: child, rolledBack: rolledBack)
    }

    @Test func microsecondsTellApartWhatWasCommittedInOneMillisecond() async throws {
        let (daemon, server) = try await PostgresLogTests.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
        try await daemon.succeed("backup", "main")
        try await PostgresLogTests.followed(daemon)
        try server.execute(
            "DO $$BEGIN FOR n IN 1..500 LOOP INSERT INTO ledger VALUES (n); COMMIT; END LOOP; END$$")
        try await PostgresLogTests.received(server, daemon)
        let pair = try server.execute(
            """
            WITH t AS (SELECT id, pg_xact_commit_timestamp(xmin) AS at FROM ledger)
            SELECT a.id, to_char(a.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS at
            FROM t a JOIN t b ON b.id = a.id + 1
            WHERE date_trunc('milliseconds', a.at) = date_trunc('milliseconds', b.at) AND b.at > a.at
              AND a.at > date_trunc('milliseconds', a.at) ORDER BY a.id DESC LIMIT 1
            """
        ).one()
        let restored = try await RestoredCluster(
            ["--at", pair.text("at")], by: daemon, beside: server, number: 0)
        try await restored.arrive()
        #expect(try restored.execute("SELECT max(id) AS id FROM ledger").one().text("id") == pair.text("id"))
    }

    @Test func ofRestorePointsOfOneNameTheNewestIsTakenAndAllAreTold() async throws {
        let (daemon, server) = try await PostgresLogTests.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
        try await daemon.succeed("backup", "main")
        try await PostgresLogTests.followed(daemon)
        for number in 1...2 {
            try server.execute("INSERT INTO ledger VALUES (\(number))", "SELECT pg_create_restore_point('again')")
        }
        try server.execute("INSERT INTO ledger VALUES (3)")
        try await PostgresLogTests.received(server, daemon)
        let newest = try await RestoredCluster(["--restore-point", "again"], by: daemon, beside: server, number: 0)
        try await newest.arrive()
        #expect(try newest.execute(Self.rows).one().text("rows") == "{1,2}")
        let told = try await daemon.succeed(
            "restore", "main", "--to", "\(server.folder)/never", "--restore-point", "again", "--dry-run")
        #expect(told.contains("2 restore points after this backup have that name"), "\(told)")
        // The way that it tells to the older one leads there.
        let place = try #require(told.firstMatch(of: /--lsn ([0-9A-F\/]+)/)).1
        let older = try await RestoredCluster(["--lsn", "\(place)"], by: daemon, beside: server, number: 1)
        try await older.arrive()
        #expect(try older.execute(Self.rows).one().text("rows") == "{1}")
    }

    @Test func aTimelineThatTheServerLeftIsToldAndReached() async throws {
        let (daemon, server) = try await PostgresLogTests.start()
        try server.execute("CREATE TABLE ledger (id bigint PRIMARY KEY)")
        try await daemon.succeed("backup", "main")
        try await PostgresLogTests.followed(daemon)
        try server.execute("INSERT INTO ledger VALUES (1)", "SELECT pg_create_restore_point('here')")
        try server.execute("INSERT INTO ledger VALUES (2)")
        let then = try PostgresLogTests.now(server)
        try server.execute("INSERT INTO ledger VALUES (3)")
        try await PostgresLogTests.received(server, daemon)
        try await PostgresLogTests.goBack(server, daemon, to: ["--restore-point", "here"])
        try server.execute("INSERT INTO ledger VALUES (4)")
        let later = try PostgresLogTests.now(server)
        try server.execute("INSERT INTO ledger VALUES (5)")
        try await PostgresLogTests.received(server, daemon)

        let ways = [
            (["--at", then], "{1}"), (["--at", then, "--timeline", "1"], "{1,2}"), (["--timeline", "1"], "{1,2,3}"),
            (["--at", later], "{1,4}"), ([], "{1,4,5}"),
        ]
        let never = "\(server.folder)/never"
        for (number, (words, rows)) in ways.enumerated() {
            let restored = try await RestoredCluster(words, by: daemon, beside: server, number: number)
            try await restored.arrive()
            #expect(try restored.execute(Self.rows).one().text("rows") == rows, "\(words)")
            let told = try await daemon.holdfast(["restore", "main", "--to", never, "--dry-run"] + words)
            #expect(told.text.contains("`--timeline 1` leads to them") == (words == ["--at", then]), "\(told)")
        }
        let refused = try await daemon.holdfast("restore", "main", "--to", never, "--at", then, "--timeline", "7")
        expectRefusal(refused, 16, .targetNotReached)
        // Opened for writing, it is on neither of the timelines that there were.
        let open = try await RestoredCluster(
            ["--at", then, "--timeline", "1", "--promote"], by: daemon, beside: server, number: 9)
        try await until("an open server") {
            try open.execute("SELECT pg_is_in_recovery() AS it").one().flag("it") == false
        }
        let file = "SELECT substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8) AS timeline"
        #expect(try open.execute(file).one().text("timeline") == "00000003")
    }
}
