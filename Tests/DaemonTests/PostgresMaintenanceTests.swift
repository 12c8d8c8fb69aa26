import Engines
import EnginesTestSupport
import Foundation
import Glibc
import Model
import Platform
import Testing
import Wire

/// Maintenance windows of a real PostgreSQL cluster, by the real daemon.
@Suite(
    .offThePool, .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"),
    .enabled(if: geteuid() == 0, "reading the data folder of another user needs root"))
struct PostgresMaintenanceTests {
    @Test func aWindowDisconnectsBacksUpWorksAndReopens() async throws {
        let site = try await MaintainedCluster()
        try site.server.execute("CREATE DATABASE attic CONNECTION LIMIT 3")
        try await site.daemon.succeed("databases", "close", "main/attic", "--yes")
        try await site.set(
            "--countdown", "10s", "--tasks",
            "engine-check=1m!,optimise=1m,system-updates=30s,restore-drill=2m,repository-verify=1m,prune=1m")
        let inside = try site.server.client(user: "carl", database: "crm")
        let run = try site.begin()
        try await site.reach("countdown")
        #expect(try inside.query("SELECT 1").count == 1, "a client may work until the countdown is over")
        #expect(throws: Fault.self) { try site.server.client(user: "carl", database: "crm") }
        expectRefusal(try await site.daemon.holdfast("backup", "main"), 15, .inMaintenance)
        expectRefusal(try await site.daemon.holdfast("databases", "open", "main/crm"), 15, .inMaintenance)
        expectRefusal(try await site.daemon.holdfast("maintenance", "run", "main", "--yes"), 15, .inMaintenance)
        #expect(try await site.daemon.holdfast("status").text.contains("under way: countdown"))
        let output = try await run.wait(within: .seconds(60))
        #expect(output.status == 0, "\(output)")
        #expect(throws: Fault.self) { try inside.query("SELECT 1") }
        try site.server.client(user: "carl", database: "crm").query("SELECT 1")

        let record = try #require(try await site.status().history.first)
        #expect(record.flawless && record.undone == [] && record.kind == .weekly)
        #expect(
            record.steps.map(\.step) == [
                "close", "countdown", "disconnect", "backup", "engine-check", "optimise", "system-updates",
                "restore-drill", "repository-verify", "prune", "check", "reopen",
            ])
        #expect(record.steps.allSatisfy { $0.outcome == .done }, "\(record)")
        #expect(record.steps.allSatisfy { $0.step == "countdown" || $0.ended <= $0.latestEnd }, "\(record)")
        #expect(record.ended.map { $0 < record.end } == true)
        #expect(try await site.daemon.newest("main").origin == .maintenance)
        #expect(try site.limits() == ["attic": 0, "crm": 7, "postgres": -1])
        try await site.daemon.succeed("databases", "open", "main/attic")
        #expect(try site.limits()["attic"] == 3)
        let codes = try await site.daemon.messages().map(\.code)
        #expect(codes.contains(.maintenanceChanged) && codes.contains(.maintenanceStarted))
        #expect(codes.contains(.clientsDisconnected) && codes.contains(.maintenanceFinished))
        let amcheck = try site.server.execute(
            "SELECT 1 FROM pg_extension WHERE extname = 'amcheck'", database: "crm")
        #expect(amcheck.count == 0, "the check left its extension behind")
    }

    @Test func anAbortReopensAtOnce() async throws {
        let site = try await MaintainedCluster(command: ["/usr/bin/sleep", "1000"])
        try await site.set("--countdown", "60s", "--tasks", "system-updates=5m,prune=1m")
        let inside = try site.server.client(user: "carl", database: "crm")
        let first = try site.begin()
        try await site.reach("countdown")
        #expect(try site.limits()["crm"] == 0)
        try await abort(first, at: site)
        try inside.query("SELECT 1")
        #expect(try await site.status().carried == [.systemUpdates, .prune])

        try await site.set("--countdown", "0s")
        let second = try site.begin()
        try await site.reach("system-updates")
        try await abort(second, at: site)
        let status = try await site.status()
        #expect(status.carried == [.systemUpdates, .prune] && status.underWay == nil)
        #expect(status.history.first?.undone == [.systemUpdates, .prune])
        expectRefusal(try await site.daemon.holdfast("maintenance", "abort", "main"), 16, .notFound)

        // Also while it is closing, which then closes nothing more.
        for _ in 0..<3 {
            try await site.daemon.succeed("maintenance", "run", "main", "--yes", "--no-wait")
            try await site.daemon.succeed("maintenance", "abort", "main")
            try await until("the end of the window") { try await site.status().underWay == nil }
            #expect(try site.limits() == ["crm": 7, "postgres": -1])
        }
        try await site.daemon.succeed("backup", "main")
    }

    private func abort(_ window: Child, at site: MaintainedCluster) async throws {
        try await site.daemon.succeed("maintenance", "abort", "main")
        let output = try await window.wait(within: .seconds(30))
        #expect(output.status == 3, "\(output)")
        #expect(try site.limits()["crm"] == 7)
    }

    @Test func neitherOtherSettingsNorTheEndOfTheDaemonLeaveAnythingClosed() async throws {
        let site = try await MaintainedCluster(command: ["/usr/bin/sleep", "1000"])
        try await site.set("--countdown", "0s", "--tasks", "system-updates=5m")
        let window = try site.begin()
        try await site.reach("system-updates")
        let settings = try String(contentsOfFile: site.daemon.settings, encoding: .utf8)
        let without = settings.prefix(upTo: try #require(settings.range(of: "[servers.main]")).lowerBound)
        try String(without).write(toFile: site.daemon.settings, atomically: true, encoding: .utf8)
        site.daemon.signal(SIGHUP)
        try await until("the new settings") {
            try await site.daemon.messages().contains { $0.code == .settingsReloaded }
        }
        #expect(try await site.status().underWay?.stage == "system-updates")
        #expect(try site.limits()["crm"] == 0)
        try await site.daemon.stop()
        #expect(try site.limits()["crm"] == 7)
        _ = try await window.wait(within: .seconds(30))
    }

    @Test func aDaemonThatIsKilledAtAnyStepOpensEverythingAndSaysSo() async throws {
        let site = try await MaintainedCluster()
        try await site.set("--countdown", "1s", "--tasks", "engine-check=1m,system-updates=30s,prune=1m")
        let places = [
            "close", "close-done", "disconnect", "backup", "engine-check", "system-updates-done", "check", "reopen",
            "reopen-done",
        ]
        for place in places {
            try await site.daemon.stop()
            try await site.daemon.start(environment: ["HOLDFAST_KILL_IN": "maintenance-\(place)"])
            _ = try await site.daemon.holdfast("maintenance", "run", "main", "--yes", "--no-wait")
            try await until("the end of the daemon in \(place)") { !site.daemon.isAtWork }
            try await comesBack(site, place)
        }
        let run = try site.begin()
        let inside = try site.server.client(database: "template1")
        try await site.reach("backup")
        try await site.daemon.crash()
        _ = try await run.wait(within: .seconds(30))
        try await comesBack(site, "backup")
        try inside.query("SELECT 1")
        let codes = try await site.daemon.messages().map(\.code)
        #expect(codes.count { $0 == .maintenanceFinished } == places.count + 1)
    }

    /// Starts a daemon that was killed in a window, and waits until it has told what became of that.
    private func comesBack(_ site: MaintainedCluster, _ place: String) async throws {
        let told = site.windowsTold
        try await site.daemon.crash()
        try await site.daemon.start()
        try await until("the end of a window that was killed in \(place)") {
            let status = try await site.status()
            return status.underWay == nil && status.history.count > told
        }
        site.windowsTold = told + 1
        #expect(try site.limits() == ["crm": 7, "postgres": -1], "\(place)")
        let record = try #require(try await site.status().history.first)
        // One that was killed while it opened again had done everything else.
        let text = place.hasPrefix("reopen") ? "is over" : "because the daemon ended"
        #expect(!record.flawless && record.text.contains(text), "\(place): \(record.text)")
        try site.server.client(user: "carl", database: "crm").query("SELECT 1")
        try await site.daemon.succeed("backup", "main")
    }

    @Test func nobodyIsInsideWhileAStormOfClientsConnectsAgainAndAgain() async throws {
        let site = try await MaintainedCluster(command: MaintainedCluster.waiting)
        try await site.set("--countdown", "1s", "--tasks", "optimise=1m,system-updates=2m")
        let storm = Storm(site.server, clients: 6, superusers: 2, role: "carl")
        try storm.waitForEntries(20)
        let run = try site.begin()
        try await site.reach("system-updates")
        let before = storm.attempts
        var oldest = Duration.zero
        var guests = 0
        try await until("500 attempts") {
            let row = try site.server.execute(
                """
                SELECT count(*) FILTER (WHERE usename = 'carl') AS guests,
                  coalesce(max(extract(epoch FROM clock_timestamp() - backend_start) * 1000000), 0)::bigint AS oldest
                FROM pg_stat_activity WHERE datname = 'crm' AND application_name <> 'holdfast' AND query <> ''
                """, database: "template1"
            ).one()
            guests += try row.number("guests") as Int
            oldest = max(oldest, .microseconds(try row.number("oldest") as Int64))
            return storm.attempts >= before + 500
        }
        #expect(try await site.status().underWay?.stage == "system-updates")
        #expect(guests == 0, "a client got in")
        #expect(oldest < .seconds(10), "a superuser's session was left alone")
        try site.letGo()
        let output = try await run.wait(within: .seconds(60))
        storm.end()
        #expect(output.status == 0, "\(output)")
        let record = try #require(try await site.status().history.first)
        #expect(record.flawless && record.ended.map { $0 < record.end } == true, "\(record)")
        #expect(try site.limits() == ["crm": 7, "postgres": -1])
    }

    @Test func whatComesDueMeanwhileRunsAfterwards() async throws {
        let site = try await MaintainedCluster(command: MaintainedCluster.waiting)
        let daemon = site.daemon
        try await daemon.succeed(
            "schedules", "add", "nightly", "--backup", "full", "--scope", "main", "--when", "*-01-01 00:00")
        try await daemon.succeed("schedules", "add", "sweep", "--prune", "--when", "*-01-01 00:00")
        try await site.set("--countdown", "0s", "--tasks", "system-updates=2m")
        let run = try site.begin()
        try await site.reach("system-updates")
        try await daemon.succeed("schedules", "run", "nightly")
        try await daemon.succeed("schedules", "run", "sweep")
        try await until("the scheduled backup's run") {
            try await daemon.read(Status.self, "status").runs.contains { $0.kind == .backup && $0.state == .waiting }
        }
        #expect(try await site.status().underWay?.stage == "system-updates")
        #expect(try await daemon.backups("main").last?.origin == .maintenance)
        try site.letGo()
        _ = try PrivateDaemon.good(try await run.wait(within: .seconds(30)))
        try await until("what was due") {
            let schedules = try await daemon.read(Listing<ScheduleStatus>.self, "schedules").items
            let own = schedules.filter { ["nightly", "sweep"].contains($0.schedule.name) }
            return own.allSatisfy { $0.last?.state == .succeeded }
        }
        let made = try await daemon.backups("main").filter { $0.origin == .scheduled }
        #expect(made.count == 1 && made.first?.kind == .full)
    }

    @Test func aDailyWindowNamesTheClientsThatHeldItUpAndBeginsWhenThereAreNone() async throws {
        let site = try await MaintainedCluster()
        let client = try site.server.client(user: "carl", database: "crm", application: "till")
        try await site.setDaily()
        let skipped = try await eventually("the end of a daily window") { try await site.status().history.first }
        #expect(skipped.began == nil && skipped.text.contains("clients were active"), "\(skipped)")
        #expect(skipped.heldUpBy.count == 1 && skipped.heldUpBy[0].hasPrefix("till of carl"), "\(skipped)")
        #expect(skipped.heldUpBy.first?.hasSuffix("on main/crm") == true)
        let told = try #require(try await site.daemon.messages().first { $0.code == .maintenanceSkipped })
        #expect(told.severity == .warning && told.text.contains("till of carl"))
        try client.query("SELECT 1")
        _ = try? client.query("SELECT pg_terminate_backend(pg_backend_pid())")
        try await site.setDaily()
        let record = try await eventually("the next daily window") {
            try await site.status().history.first { $0.began != nil }
        }
        #expect(record.flawless && record.kind == .daily, "\(record)")
    }
}
