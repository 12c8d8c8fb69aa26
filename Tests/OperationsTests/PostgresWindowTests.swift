import Engines
import EnginesTestSupport
import Foundation
import Glibc
import Model
import Operations
import Platform
import Testing
import Wire

/// What windows and closing say and do about a real cluster, without a daemon around them.
@Suite(
    .offThePool, .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"),
    .enabled(if: geteuid() == 0, "reading the data folder of another user needs root"))
struct PostgresWindowTests {
    @Test func enablingNamesTheGrantsThatAreMissing() async throws {
        let server = try PostgresServer()
        try server.execute("CREATE ROLE shop LOGIN")
        try server.execute("CREATE DATABASE crm OWNER shop")
        try server.execute("CREATE ROLE limited LOGIN REPLICATION")
        try server.execute("GRANT pg_monitor TO limited")
        try server.execute("GRANT EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint() TO limited")
        let service = try site(server, user: "limited")
        let off = try await service.value.setMaintenance(.off, of: "main", by: .daemon)
        #expect(!off.warnings.contains { $0.contains("GRANT") })
        let warnings = try await service.value.enableMaintenance(
            true, of: "main", kinds: [.weekly], by: .daemon
        ).warnings
        let grants = try #require(warnings.first { $0.contains("may not close its databases") })
        for grant in [
            "GRANT shop TO limited", "GRANT SET ON PARAMETER \"holdfast.connection_limit\" TO limited",
            "GRANT pg_signal_backend TO limited",
        ] {
            #expect(grants.contains(grant), "\(grants)")
            try server.execute(grant)
        }
        // The right that is every right is the last resort.
        #expect(
            grants.hasSuffix("; GRANT postgres TO limited would do, too, and make limited a superuser in effect"),
            "\(grants)")
        try server.execute("GRANT postgres TO limited")
        #expect(warnings.contains { $0.hasPrefix("engine-check and optimise will fail") }, "\(warnings)")
        let after = try await service.value.enableMaintenance(true, of: "main", kinds: [.weekly], by: .daemon).warnings
        #expect(!after.contains { $0.contains("may not close") }, "\(after)")
    }

    @Test func aClusterThatMayNotBeWorkedOnIsInTheReport() async throws {
        let server = try PostgresServer()
        try server.execute("CREATE ROLE limited LOGIN REPLICATION IN ROLE pg_monitor, pg_signal_backend, postgres")
        try server.execute(
            "GRANT EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint() TO limited",
            "GRANT SET ON PARAMETER \"holdfast.connection_limit\" TO limited")
        let site = try site(server, user: "limited")
        var rule = MaintenanceRule.off
        (rule.lengthSeconds, rule.countdownSeconds, rule.announceSeconds) = (900, 0, [])
        (rule.onBackupFailure, rule.tasks) = (.goOn, [MaintenanceTask(.engineCheck, deadlineSeconds: 60)])
        _ = try await site.value.setMaintenance(rule, of: "main", by: .daemon)
        _ = try await site.value.runMaintenance(.weekly, of: "main", by: .daemon)
        try await Polling.until(within: .seconds(60), "the report") {
            try await !site.value.maintenance(of: "main", for: .daemon).history.isEmpty
        }
        let record = try #require(try await site.value.maintenance(of: "main", for: .daemon).history.first)
        #expect(record.leftOut.map(\.name) == ["main"] && !record.flawless, "\(record)")
        #expect(record.leftOut.first?.reason.contains("only a superuser may work on database") == true, "\(record)")
        #expect(record.steps.contains { $0.step == "engine-check" && $0.outcome == .failed }, "\(record)")
    }

    @Test func whatABackupBroughtBackClosedIsNamedUntilItIsOpened() async throws {
        let server = try PostgresServer()
        try server.execute("CREATE DATABASE crm CONNECTION LIMIT 7")
        try server.execute("CREATE DATABASE attic CONNECTION LIMIT 3")
        let site = try site(server, user: "postgres")
        let engine = try #require(site.fixture.host.configuration.server("main")).engine
        // As the restore of a backup that a window made leaves it.
        try engine.close(try engine.planClosing("crm"))
        _ = try await site.value.closeDatabases(CloseRequest(databases: ["main/attic"]), by: .daemon)
        _ = site.fixture.host.discoverAll()
        let problems = try await site.value.status(for: .daemon).problems.filter { $0.code == .databaseClosed }
        #expect(problems.map { $0.message.prefix(10) } == ["main/attic", "main/crm i"], "\(problems)")
        let left = try #require(problems.first { $0.message.hasPrefix("main/crm ") })
        #expect(left.message.contains("a backup that was made in a maintenance window brought it back so"))
        #expect(left.hint?.contains("holdfast databases open main/crm") == true)
        // One that an admin has closed stays closed, whatever else is opened.
        let opened = try await site.value.openDatabases(OpenRequest(databases: ["main/crm"]), by: .daemon)
        #expect(opened == [DatabaseName(server: "main", path: "crm")])
        #expect(try limits(server) == ["attic": 0, "crm": 7, "postgres": -1])
        let after = try await site.value.status(for: .daemon).problems.filter { $0.code == .databaseClosed }
        #expect(after.map { $0.message.prefix(10) } == ["main/attic"], "\(after)")
    }

    @Test func twoServersOfOneClusterAreMaintainedOneAtATime() async throws {
        let server = try PostgresServer()
        try server.execute("CREATE DATABASE crm CONNECTION LIMIT 7")
        // A spelling that `config check` doesn't see through.
        let site = try site(
            server, user: "postgres",
            tail: """
                update_command = ["/usr/bin/sleep", "1000"]
                [servers.twin]
                engine = "postgres"
                connection = "host='\(server.folder)' user=postgres"
                """)
        _ = site.fixture.host.discoverAll()
        let problem = try await site.value.status(for: .daemon).problems.first { $0.code == .badSettings }
        #expect(problem?.message.hasPrefix("servers main and twin of the settings are the same cluster") == true)
        var rule = MaintenanceRule.off
        (rule.lengthSeconds, rule.countdownSeconds, rule.announceSeconds) = (900, 0, [])
        rule.tasks = [MaintenanceTask(.systemUpdates, deadlineSeconds: 600)]
        _ = try await site.value.setMaintenance(rule, of: "main", by: .daemon)
        _ = try await site.value.runMaintenance(.weekly, of: "main", by: .daemon)
        try await Polling.until(within: .seconds(60), "the step") {
            try await site.value.maintenance(of: "main", for: .daemon).underWay?.stage == "system-updates"
        }
        await #expect(throws: Fault.self) { try await site.value.runMaintenance(.weekly, of: "twin", by: .daemon) }
        await #expect(throws: Fault.self) {
            try await site.value.requestBackup(BackupRequest(databases: ["twin"]), by: .daemon)
        }
        // One that its rule brings.
        rule.when = "*-*-* \((WallClock.now() + .seconds(3)).rfc3339().dropFirst(11).prefix(8)) UTC"
        rule.enabled = true
        _ = try await site.value.setMaintenance(rule, of: "twin", by: .daemon)
        try await Polling.until(within: .seconds(60), "the end of the twin's window") {
            try await !site.value.maintenance(of: "twin", for: .daemon).history.isEmpty
        }
        let record = try #require(try await site.value.maintenance(of: "twin", for: .daemon).history.first)
        #expect(record.text.contains("close failed: servers twin and main are the same cluster"), "\(record.text)")
        #expect(try limits(server)["crm"] == 0, "the window of one opened what that of the other had closed")
        #expect(try await site.value.maintenance(of: "main", for: .daemon).underWay?.stage == "system-updates")
        _ = try await site.value.abortMaintenance(of: "main", by: .daemon)
        try await Polling.until(within: .seconds(60), "the end") {
            try await site.value.maintenance(of: "main", for: .daemon).underWay == nil
        }
        #expect(try limits(server)["crm"] == 7)
        let runs = try await site.value.requestBackup(BackupRequest(databases: ["twin"]), by: .daemon).runs
        #expect(try await site.fixture.ended(try #require(runs.first)).state == .succeeded)
    }

    private struct Site {
        let fixture: HostFixture
        var value: HostService { fixture.service }
    }

    private func site(_ server: PostgresServer, user: String, tail: String = "") throws -> Site {
        let fixture = try HostFixture(
            databases: [],
            tail: """
                [servers.main]
                engine = "postgres"
                connection = "host=\(server.folder) user=\(user)"
                \(tail)
                """)
        fixture.host.started(version: "test")
        return Site(fixture: fixture)
    }

    private func limits(_ server: PostgresServer) throws -> [String: Int] {
        let rows = try server.execute(
            "SELECT datname, datconnlimit FROM pg_database WHERE datname NOT IN ('template0', 'template1')",
            database: "template1")
        return try Dictionary(rows.map { (try $0.text("datname"), try $0.number("datconnlimit")) }) { first, _ in first
        }
    }
}

extension MaintenanceRule {
    /// The weekly one, switched off.
    fileprivate static var off: MaintenanceRule {
        var rule = MaintenanceRule.weekly
        rule.enabled = false
        return rule
    }
}
