import Foundation
import Glibc
import Model
import Platform
import Testing
import Wire

/// Maintenance windows of SQLite databases, whose clients are processes.
@Suite(.realDaemon, .enabled(if: geteuid() == 0, "programs that a window runs belong to root"))
struct MaintenanceTests {
    @Test func unitsAreStoppedHeldDatabasesLeftOutAndFreeOnesPutInOrder() async throws {
        let names = ["free.db", "held.db", "unit.db"]
        let (daemon, units) = try await site(names, units: ["crm.service"])
        let ofUnit = try holder(of: "unit.db", daemon)
        try units.runs(ofUnit, as: "crm.service")
        let other = try holder(of: "held.db", daemon)
        let before = portrait(daemon)
        let window = try await daemon.holdfast("maintenance", "run", "own", "--yes")
        #expect(window.status == 3 && window.text.contains("left out own/held.db: it is held by "), "\(window)")
        #expect(
            units.calls == ["is-active --quiet -- crm.service", "stop -- crm.service", "start -- crm.service"])
        #expect(!ofUnit.isAtWork && other.isAtWork)
        let record = try #require(try await last(daemon))
        #expect(!record.flawless && record.steps.allSatisfy { $0.outcome == .done }, "\(record)")
        #expect(record.leftOut.map(\.name) == ["own/held.db"])
        #expect(record.leftOut.first?.holders.first?.contains("pid \(other.pid)") == true, "\(record.leftOut)")
        let skipped = try await daemon.messages().filter { $0.code == .maintenanceSkipped }
        #expect(skipped.map { $0.database?.text } == ["own/held.db"])
        #expect(skipped.first?.text.contains("pid \(other.pid)") == true, "\(skipped)")
        for name in names {
            #expect(try isInOrder(name, daemon) == (name != "held.db"), "\(name)")
            #expect(try await daemon.ledger(name).check() >= 0)
        }
        #expect(portrait(daemon) == before, "a window left files behind, or changed whose they are")
        let origins = try await daemon.backups().map(\.origin)
        #expect(origins == [.maintenance, .maintenance, .maintenance])
    }

    @Test func aUnitThatCannotBeStoppedKeepsOnlyItsDatabasesFromTheWindow() async throws {
        let (daemon, units) = try await site(
            ["free.db", "held.db", "unit.db"], units: ["crm.service", "stuck.service"])
        let (ofUnit, stuck) = (try holder(of: "unit.db", daemon), try holder(of: "held.db", daemon))
        try units.runs(ofUnit, as: "crm.service")
        try units.runs(stuck, as: "stuck.service")
        try units.refuse("stop", "stuck.service")
        let window = try await daemon.holdfast("maintenance", "run", "own", "--yes")
        #expect(window.status == 3, "\(window)")
        let record = try #require(try await last(daemon))
        #expect(record.text.contains(" is over; left out: unit stuck.service (cannot stop "), "\(record)")
        #expect(record.leftOut.map(\.name) == ["unit stuck.service", "own/held.db"], "\(record)")
        #expect(!ofUnit.isAtWork && stuck.isAtWork)
        for (name, isDone) in ["free.db": true, "held.db": false, "unit.db": true] {
            #expect(try isInOrder(name, daemon) == isDone, "\(name)")
        }
        let told = try await daemon.messages().filter { $0.code == .maintenanceSkipped }
        #expect(told.first?.nextStep?.contains("systemctl status stuck.service") == true, "\(told)")
    }

    @Test func aUnitThatCannotBeStartedAgainKeepsNoBackupWaiting() async throws {
        let (daemon, units) = try await site(["ledger.db"], units: ["crm.service", "web.service"])
        try units.refuse("start", "crm.service")
        try await daemon.succeed("maintenance", "run", "own", "--yes", "--no-wait")
        let problem = try await eventually("the problem") {
            try await daemon.read(Status.self, "status").problems.first { $0.code == .maintenanceStuck }
        }
        #expect(
            problem.message.hasPrefix("crm.service, stopped by the maintenance of own, is not running"), "\(problem)")
        #expect(problem.hint?.contains("`systemctl status crm.service`") == true, "\(problem)")
        #expect(try await daemon.holdfast("doctor").text.contains("systemctl status crm.service"))
        let told = try #require(try await daemon.messages().first { $0.code == .maintenanceStuck })
        #expect(told.nextStep?.contains("systemctl status crm.service") == true, "\(told)")
        try await daemon.succeed("backup", "own/ledger.db")
        expectRefusal(try await daemon.holdfast("maintenance", "run", "own", "--yes"), 15, .inMaintenance)
        try units.allow("start", "crm.service")
        try await until("the end of the window") {
            _ = try await daemon.holdfast("maintenance", "abort", "own")
            return try await daemon.read(MaintenanceStatus.self, "maintenance", "show", "own").underWay == nil
        }
        #expect(try await daemon.read(Status.self, "status").problems.allSatisfy { $0.code != .maintenanceStuck })
        #expect(units.calls.last == "start -- crm.service")
    }

    @Test func unitsRunUntilTheAnnouncedCountdownIsOver() async throws {
        let (daemon, units) = try await site(["ledger.db"], units: ["crm.service"])
        try await daemon.succeed("maintenance", "set", "own", "weekly", "--countdown", "4s")
        try await daemon.succeed("maintenance", "run", "own", "--yes", "--no-wait")
        try await until("the countdown") {
            try await daemon.read(MaintenanceStatus.self, "maintenance", "show", "own").underWay?.stage == "countdown"
        }
        #expect(units.calls == [])
        let record = try await eventually("the end of the window") { try await last(daemon) }
        #expect(units.calls.contains("stop -- crm.service"))
        let countdown = try #require(record.steps.first { $0.step == "countdown" })
        #expect(countdown.ended - countdown.began >= .seconds(4), "\(record)")
    }

    @Test func windowsAreOffByDefaultAndGoIntoAPlanAndBack() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let fresh = try await daemon.read(MaintenanceStatus.self, "maintenance", "show", "own")
        #expect(!fresh.weekly.enabled && !fresh.daily.enabled && fresh.next.isEmpty)
        #expect(try await daemon.holdfast("status").text.contains("maintenance: off"))
        #expect(
            try await daemon.succeed("maintenance", "preview", "own")
                == "no window is planned: both windows of own are off; run `holdfast maintenance enable own`\n")
        try await daemon.succeed("maintenance", "set", "own", "weekly", "--when", "Sat 22:00", "--tasks", "prune=5m!")
        try await daemon.succeed("maintenance", "enable", "own", "weekly")
        let planned = try await daemon.read(Listing<PlannedWindow>.self, "maintenance", "preview", "own").items
        #expect(planned.count == 10 && planned.allSatisfy { $0.kind == .weekly })
        #expect(try await daemon.read(Status.self, "status").windows.map(\.name) == ["own weekly"])
        try await daemon.succeed("maintenance", "set", "own", "weekly", "--zone", "America/New_York")
        try await daemon.succeed("maintenance", "enable", "own", "daily")
        let abroad = try await daemon.read(
            Listing<PlannedWindow>.self, "maintenance", "preview", "own", "--from", "2027-03-19T12:00:00Z", "--count",
            "3"
        ).items
        let weekly = try #require(abroad.first { $0.kind == .weekly })
        #expect(weekly.local.start == "2027-03-20T22:00:00-04:00" && weekly.zone == "America/New_York")
        let daily = try #require(abroad.first { $0.note != nil })
        #expect(daily.note?.hasPrefix("left out: the weekly one of 2027-03-21T02:00:00Z ") == true, "\(abroad)")
        try await daemon.succeed("maintenance", "disable", "own", "daily")
        try await daemon.succeed("maintenance", "set", "own", "weekly", "--zone", "daemon")
        let plan = try await daemon.succeed("export")
        #expect(plan.contains("[maintenance.\"own\".weekly]\nwhen = \"Sat 22:00\""))
        let file = daemon.folder.fresh("plan.toml")
        try plan.replacing("Sat 22:00", with: "Fri 21:00").write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try await daemon.succeed("apply", file) == "weekly maintenance of own: changed\n")
        let changed = try await daemon.read(MaintenanceStatus.self, "maintenance", "show", "own")
        #expect(changed.weekly.when == "Fri 21:00" && changed.weekly.enabled)
        let soon = String((WallClock.now() + .seconds(1800)).rfc3339().dropFirst(11).prefix(5))
        try await daemon.succeed(
            "maintenance", "set", "own", "weekly", "--when", "*-*-* \(soon)", "--zone", "UTC", "--announce", "1h,10m")
        try await daemon.succeed("maintenance", "disable", "own")
        let told = try await daemon.messages().map(\.code)
        #expect(told.contains(.maintenanceAnnounced) && told.last == .maintenanceWithdrawn)
        expectRefusal(
            try await daemon.holdfast("maintenance", "set", "own", "daily", "--length", "1m"), 2, .wrongUsage)
        expectRefusal(
            try await daemon.holdfast("maintenance", "set", "own", "daily", "--when", "never"), 2, .badSchedule)
        for never in ["*-02-30 03:00", "2020-01-01 03:00"] {
            let refused = try await daemon.holdfast("maintenance", "set", "own", "daily", "--when", never)
            #expect(refused.status == 2 && refused.errors.contains("hint: "), "\(refused)")
        }
        expectRefusal(try await daemon.holdfast("maintenance", "show", "nobody"), 16, .notFound)
    }

    /// A daemon with databases and units, whose weekly window checks and optimises.
    private func site(_ names: [String], units: [String]) async throws -> (PrivateDaemon, UnitsFixture) {
        let fixture = try UnitsFixture()
        var options = PrivateDaemon.Options()
        options.servers = [:]
        let daemon = try PrivateDaemon(options)
        try append(
            """
            [maintenance]
            systemctl = "\(fixture.program)"
            [servers.own]
            folders = ["\(daemon.databases)"]
            units = [\(units.map { "\"\($0)\"" }.joined(separator: ", "))]

            """, to: daemon.settings)
        try await daemon.makeRepository()
        for name in names { _ = try await daemon.ledger(name).create(name == "free.db" ? .wal : .delete) }
        try await daemon.start()
        try await daemon.succeed(
            "maintenance", "set", "own", "weekly", "--length", "15m", "--countdown", "0s", "--tasks",
            "engine-check=1m,optimise=1m")
        return (daemon, fixture)
    }

    private func last(_ daemon: PrivateDaemon) async throws -> WindowRecord? {
        try await daemon.read(MaintenanceStatus.self, "maintenance", "show", "own").history.first
    }

    private func isInOrder(_ name: String, _ daemon: PrivateDaemon) throws -> Bool {
        try content("\(daemon.databases)/\(name)").range(of: Data("sqlite_stat1".utf8)) != nil
    }

    /// A process that has a database open, and does nothing with it.
    private func holder(of name: String, _ daemon: PrivateDaemon) throws -> Child {
        try Child(
            "/bin/sh", ["-c", "exec 3< \"$0\"; exec sleep 1000", "\(daemon.databases)/\(name)"],
            output: daemon.folder.fresh("holder"))
    }

    private func append(_ text: String, to path: String) throws {
        let before = try String(contentsOfFile: path, encoding: .utf8)
        try (before + text).write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// Names, modes and owners.
    private func portrait(_ daemon: PrivateDaemon) -> [String: String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: daemon.databases)) ?? []
        return Dictionary(
            names.map { name in
                var found = stat()
                _ = lstat("\(daemon.databases)/\(name)", &found)
                return (name, "\(found.st_mode) \(found.st_uid):\(found.st_gid)")
            }
        ) { first, _ in first }
    }
}
