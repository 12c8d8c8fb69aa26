import Engines
import EnginesTestSupport
import Foundation
import Glibc
import Model
import Platform
import Testing
import Wire

/// Single databases out of backups of a real cluster, by the real daemon.
@Suite(
    .offThePool, .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"),
    .enabled(if: geteuid() == 0, "reading the data folder of another user needs root"))
struct PostgresMemberTests {
    @Test func aDroppedDatabaseComesOutAsAFileThatLoadsToTheSameRows() async throws {
        let shop = try await ShopCluster()
        let (server, daemon) = (shop.server, shop.daemon)
        let backup = try await daemon.backUp("main").id
        let before = try shop.portrait(of: "crm")
        try server.execute("DROP DATABASE crm", "CREATE DATABASE late")
        let file = daemon.folder.fresh("restored/crm")
        try await daemon.succeed("restore", "main/crm", "--to", file)
        var status = stat()
        #expect(stat(file, &status) == 0 && status.st_mode & 0o7777 == 0o600 && status.st_size > 1000)
        #expect(try shop.leftovers == [])
        // To whom it may concern; the server's programs run as its user here.
        chmod(file, 0o644)
        chmod(daemon.path, 0o755)
        let list = try await shop.run("pg_restore", ["-l", file])
        #expect(["customers", "slowly(integer)", "by_name", "BLOB", "dbname: crm"].allSatisfy { list.contains($0) })
        try await load(file, into: shop)
        try shop.expectSame(before)

        let alone = daemon.folder.fresh("restored/alone")
        try await daemon.succeed(alone: ["restore", "main/crm", "--backup", "\(backup)", "--to", alone])
        try server.execute("DROP DATABASE crm")
        chmod(alone, 0o644)
        try await load(alone, into: shop)
        try shop.expectSame(before)

        // A server is a folder, and no file.
        let whole = try await daemon.holdfast("download", "\(backup)", "-o", file + "-whole")
        expectRefusal(whole, 2, .wrongUsage)
        #expect(whole.errors.contains("holdfast restore main --backup \(backup) --to FOLDER"), "\(whole)")
        #expect(!FileManager.default.fileExists(atPath: file + "-whole"))
        expectRefusal(try await daemon.alone("download", "\(backup)", "-o", file + "-whole"), 2, .wrongUsage)

        expectRefusal(try await daemon.holdfast("restore", "main/crm", "--to", file), 2, .targetExists)
        expectRefusal(try await daemon.alone("restore", "main/crm", "--in-place", "--yes"), 2, .wrongUsage)
        let missing = try await daemon.holdfast("restore", "main/late", "--to", file + "-late")
        expectRefusal(missing, 16, .notFound)
        #expect(missing.errors.contains("holds no database late"))
        #expect(missing.errors.contains("it holds crm, postgres, shop"))
        let unknown = try await daemon.holdfast("restore", "nothing", "--backup", "\(backup)", "--to", file + "-x")
        expectRefusal(unknown, 16, .notFound)
        try await daemon.succeed("restore", "main/crm", "--to", file + "-dry", "--dry-run")
        #expect(!FileManager.default.fileExists(atPath: file + "-dry"))
        let told = try await daemon.messages().filter { $0.database?.text == "main/crm" }
        #expect(Set(told.map(\.code)).isSuperset(of: [.restoreStarted, .restoreSucceeded]))
    }

    private func load(_ file: String, into shop: ShopCluster) async throws {
        _ = try await shop.run(
            "pg_restore",
            ["--create", "--exit-on-error", "--dbname", shop.server.connectionString(dbname: "postgres"), file])
    }

    @Test func aDatabaseIsPutBackInPlaceAndTheReplacedOneKept() async throws {
        let shop = try await ShopCluster()
        let (server, daemon) = (shop.server, shop.daemon)
        // Backed up while it is closed, which must not come back with it.
        let before = try shop.portrait(of: "crm")
        try await until("the server's databases") {
            try await daemon.holdfast("databases", "close", "main/crm", "--yes").status == 0
        }
        try await daemon.backUp("main")
        try await daemon.succeed("databases", "open", "main/crm")
        try shop.expectSame(before)
        let identity = try server.execute("SELECT oid FROM pg_database WHERE datname = 'shop'").rows
        try server.execute("DELETE FROM customers WHERE id > 10", "DROP INDEX by_name", database: "crm")
        try server.execute("INSERT INTO orders VALUES (0, 'new')", database: "shop")
        let orders = try server.execute("SELECT * FROM orders ORDER BY id", database: "shop").rows
        let client = try server.client(user: "clerk", database: "crm", application: "till")

        let refused = try await daemon.holdfast("restore", "main/crm", "--in-place", "--yes")
        expectRefusal(refused, 11, .databaseInUse)
        #expect(refused.errors.contains("till of clerk") && refused.errors.contains("--even-if-in-use"))
        let dry = try await daemon.succeed("restore", "crm", "--in-place", "--even-if-in-use", "--dry-run")
        #expect(dry.contains("would restore main/crm"))
        try client.query("SELECT 1")
        let told = try await daemon.succeed("restore", "crm", "--in-place", "--even-if-in-use", "--yes")
        #expect(told.contains("the replaced database is kept as crm_replaced_"), "\(told)")
        #expect(throws: Fault.self) { try client.query("SELECT 1") }
        try shop.expectSame(before)
        #expect(try shop.leftovers == [])
        #expect(try server.execute("SELECT oid FROM pg_database WHERE datname = 'shop'").rows == identity)
        #expect(try server.execute("SELECT * FROM orders ORDER BY id", database: "shop").rows == orders)
        let kept = try #require(try shop.databases.first { $0.hasPrefix("crm_replaced_") })
        #expect(try server.execute("SELECT count(*) AS n FROM customers", database: kept).one().number("n") == 11)
        try server.client(user: "clerk", database: "crm").query("SELECT 1")

        // One that is closed stays closed.
        try await daemon.succeed("databases", "close", "main/crm", "--yes")
        try await daemon.succeed("restore", "main/crm", "--in-place", "--discard-replaced", "--yes")
        #expect(try await daemon.holdfast("status").text.contains("main/crm is closed"))
        #expect(throws: Fault.self) { try server.client(user: "clerk", database: "crm") }
        try await daemon.succeed("databases", "open", "main/crm")
        try shop.expectSame(before)
        #expect(try shop.databases == ["crm", kept, "postgres", "shop"])

        // One that is dropped is simply there again, and nothing replaced.
        try server.execute("DROP DATABASE crm WITH (FORCE)")
        try await daemon.succeed("restore", "main/crm", "--in-place", "--yes")
        try shop.expectSame(before)
        #expect(try shop.databases == ["crm", kept, "postgres", "shop"])
        let preview = try await daemon.succeed("restore", "main/crm", "--discard-replaced", "--dry-run")
        #expect(preview.contains("would discard \(kept)"))
        try await daemon.succeed("restore", "main/crm", "--discard-replaced", "--yes")
        #expect(try shop.databases == ["crm", "postgres", "shop"])
        #expect(try await daemon.messages().contains { $0.code == .replacedDiscarded })
        try server.execute("ALTER ROLE auditor RENAME TO inspector")
        let lacking = try await daemon.holdfast("restore", "main/crm", "--in-place", "--yes")
        #expect(lacking.errors.contains("lacks: role auditor"), "\(lacking)")
        #expect(try shop.databases == ["crm", "postgres", "shop"])
    }

    @Test func aRestoreThatIsCancelledOrKilledLeavesNothing() async throws {
        let shop = try await ShopCluster()
        let daemon = shop.daemon
        try await daemon.backUp("main")
        let before = try shop.portrait(of: "crm")
        try shop.slowDown(true)
        let child = try await loading(shop)
        let run = try #require(
            try await daemon.read(Listing<Run>.self, "runs", "list", "--active").items.first { $0.kind == .restore })
        try await daemon.succeed("runs", "cancel", run.id)
        _ = try await child.wait(within: .seconds(60))
        #expect(try await daemon.read(Run.self, "runs", "show", run.id).state == .cancelled)
        #expect(try shop.databases == ["crm", "postgres", "shop"])
        #expect(try shop.leftovers == [])

        let other = try await loading(shop)
        try await daemon.crash()
        other.killGroup()
        #expect(try shop.databases.contains { $0.hasPrefix("holdfast_restore_") })
        try shop.slowDown(false)
        try await daemon.start()
        // The next restore clears away what the killed one has left, if the daemon hasn't yet.
        try await until("the end of the killed run") {
            try await daemon.holdfast("restore", "main/crm", "--in-place", "--discard-replaced", "--yes").status == 0
        }
        #expect(try shop.databases == ["crm", "postgres", "shop"])
        #expect(try shop.leftovers == [])
        try shop.expectSame(before)
        #expect(try await daemon.messages().contains { $0.code == .restoreUndone && $0.database?.text == "main/crm" })
    }

    @Test func aWindowWaitsForARestoreInPlaceAndGivesWayToOneThatLasts() async throws {
        let shop = try await ShopCluster()
        let daemon = shop.daemon
        try await daemon.backUp("main")
        try await daemon.succeed(
            "maintenance", "set", "main", "weekly", "--length", "15m", "--countdown", "0s", "--tasks", "prune=1m")
        try shop.slowDown(true)
        let child = try await loading(shop)
        let run = try #require(
            try await daemon.read(Listing<Run>.self, "runs", "list", "--active").items.first { $0.kind == .restore })
        func window() async throws -> MaintenanceStatus {
            try await daemon.read(MaintenanceStatus.self, "maintenance", "show", "main")
        }
        try await daemon.succeed("maintenance", "run", "main", "--yes", "--no-wait")
        let away = try await eventually(within: .seconds(60), "the end of a window") {
            try await window().history.first
        }
        #expect(away.text.contains("close failed: run \(run.id) restores main/crm in place"), "\(away)")
        #expect(away.undone == [.prune] && child.isAtWork)

        try await daemon.succeed("maintenance", "run", "main", "--yes", "--no-wait")
        try await until("the window to wait") {
            let underWay = try #require(try await window().underWay)
            #expect(underWay.stage == "close")
            return WallClock.now() - underWay.since > .seconds(2)
        }
        try await daemon.succeed("runs", "cancel", run.id)
        let record = try await eventually(within: .seconds(60), "the end of the next window") {
            try await window().history.first { $0.id != away.id }
        }
        #expect(record.flawless, "\(record)")
        // It was asked to end, and not ended by the window.
        #expect(try await daemon.read(Run.self, "runs", "show", run.id).state == .cancelled)
        #expect(try shop.databases == ["crm", "postgres", "shop"])
        _ = try await child.wait(within: .seconds(60))
    }

    /// A restore in place that builds an index, for ever.
    private func loading(_ shop: ShopCluster) async throws -> Child {
        let child = try Child(
            Programs.command, ["restore", "main/crm", "--in-place", "--yes", "--socket", shop.daemon.socket],
            output: shop.daemon.folder.fresh("restore"))
        try await until(within: .seconds(60), "a restore that loads: \(child.errors)") {
            try shop.server.execute(
                "SELECT count(*) AS n FROM pg_stat_activity WHERE query LIKE 'CREATE INDEX by_slow%' AND state = 'active'"
            ).one().number("n") == 1
        }
        return child
    }

    @Test func aFullDiskIsToldAndLeavesNothing() async throws {
        let target = try await SmallDisk(megabytes: 1)
        let disk = try await SmallDisk(megabytes: 48)
        let shop = try await ShopCluster(state: "\(disk.path)/state")
        try await shop.daemon.backUp("main")
        let file = shop.daemon.folder.fresh("restored/crm")
        let output = try await shop.daemon.holdfast("restore", "main/crm", "--to", file)
        expectRefusal(output, 1, .outOfSpace)
        #expect(output.errors.contains("free"))
        #expect(try shop.leftovers == [])
        #expect(!FileManager.default.fileExists(atPath: file))
        #expect(try FileManager.default.contentsOfDirectory(atPath: shop.daemon.restored).isEmpty)

        try await disk.resize(megabytes: 300)
        let full = try await shop.daemon.holdfast("restore", "main/shop", "--to", "\(target.path)/shop")
        expectRefusal(full, 1, .outOfSpace)
        #expect(try FileManager.default.contentsOfDirectory(atPath: target.path).isEmpty)
        #expect(try shop.leftovers == [])
    }
}
