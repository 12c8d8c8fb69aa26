import Catalog
import Engines
import EnginesTestSupport
import Foundation
import Glibc
import Model
import Operations
import Platform
import Settings
import Testing
import Wire

/// What is said of a server that doesn't answer: that, why, and what would help.
@Suite(
    .offThePool, .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"),
    .enabled(if: geteuid() == 0, "reading the data folder of another user needs root"))
struct PostgresSilenceTests {
    @Test func whatIsAskedOfAServerThatIsDownSaysSo() async throws {
        let server = try PostgresServer()
        try server.execute("CREATE DATABASE crm")
        let fixture = try fixture(server)
        server.stop()
        _ = fixture.host.discoverAll()
        let close = CloseRequest(databases: ["main/crm"])
        for fault in [
            await #expect(throws: Fault.self) { _ = try await fixture.service.closeDatabases(close, by: .daemon) },
            await #expect(throws: Fault.self) { _ = try await fixture.service.clients(of: "main/crm", for: .daemon) },
            await #expect(throws: Fault.self) { _ = try await fixture.service.clients(of: nil, for: .daemon) },
            await #expect(throws: Fault.self) { _ = try await fixture.service.database("main/crm", for: .daemon) },
            await #expect(throws: Fault.self) {
                _ = try await fixture.service.runMaintenance(.daily, of: "main", by: .daemon)
            },
            await #expect(throws: Fault.self) {
                _ = try await fixture.service.requestBackup(BackupRequest(databases: ["main"]), by: .daemon)
            },
        ] {
            #expect(fault?.code == .serverUnreachable)
            #expect(fault?.message.hasPrefix("server main is unreachable: ") == true, "\(String(describing: fault))")
            #expect(fault?.message.contains("unknown reason") == false)
        }
        // A name that no server of the settings could have is still not found.
        let other = await #expect(throws: Fault.self) {
            _ = try await fixture.service.clients(of: "nowhere/crm", for: .daemon)
        }
        #expect(other?.code == .notFound)

        // Whoever asks when it is back doesn't wait for the next look at it.
        try server.start()
        let client = try server.client(database: "crm", application: "till")
        #expect(try await fixture.service.clients(of: "main/crm", for: .daemon).map(\.command) == ["till"])
        try client.query("SELECT 1")
        #expect(
            try await fixture.service.status(for: .daemon).problems.filter { $0.code == .serverUnreachable }.isEmpty)
    }

    @Test func aServerThatNeverAnsweredIsLeftOutAloud() async throws {
        let server = try PostgresServer()
        try server.execute("CREATE ROLE limited LOGIN")
        let fixture = try fixture(server, user: "limited")
        let reply = try await fixture.service.requestBackup(BackupRequest(all: true), by: .daemon)
        #expect(reply.runs.isEmpty)
        let skipped = try #require(reply.skipped.first)
        #expect(reply.skipped.count == 1 && skipped.database.text == "main" && skipped.code == .serverUnreachable)
        #expect(skipped.message.contains("GRANT pg_monitor TO limited"), "\(skipped)")
        let problem = try await fixture.service.status(for: .daemon).problems.first { $0.code == .serverUnreachable }
        let hint = try #require(problem?.hint)
        #expect(hint.contains("GRANT pg_monitor TO limited ("), "\(hint)")
        #expect(hint.hasSuffix("(nothing of it counts as deleted until it answers)"), "\(hint)")
    }

    @Test func whatIsClosedIsListedSoAtOnce() async throws {
        let server = try PostgresServer()
        try server.execute("CREATE DATABASE crm")
        let fixture = try fixture(server)
        _ = try await fixture.service.closeDatabases(CloseRequest(databases: ["main/crm"]), by: .daemon)
        #expect(try await state(of: "crm", fixture) == "closed")
        _ = try await fixture.service.openDatabases(OpenRequest(databases: ["main/crm"]), by: .daemon)
        #expect(try await state(of: "crm", fixture) == "open")
    }

    @Test func aSuperusersDatabaseIsNoReasonToMakeOneOfOurRole() async throws {
        let server = try PostgresServer()
        try server.execute("CREATE DATABASE crm")
        try server.execute("CREATE ROLE limited LOGIN REPLICATION IN ROLE pg_monitor, pg_signal_backend")
        try server.execute(
            "GRANT EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint() TO limited",
            "GRANT SET ON PARAMETER \"holdfast.connection_limit\" TO limited")
        let fixture = try fixture(server, user: "limited")
        let refused = await #expect(throws: Fault.self) {
            _ = try await fixture.service.closeDatabases(CloseRequest(databases: ["main/crm"]), by: .daemon)
        }
        #expect(refused?.code == .notPermitted)
        let hint = try #require(refused?.hint)
        #expect(hint.hasPrefix("give what superusers own (crm) an owner that is none"), "\(hint)")
        #expect(
            hint.hasSuffix("; GRANT postgres TO limited would do, too, and make limited a superuser in effect"),
            "\(hint)")
    }

    @Test func aServerThatTheSettingsDropLeavesWordOfItsSlot() async throws {
        let server = try PostgresServer()
        let fixture = try fixture(server, isStarted: false)
        // As a cluster that was made anew leaves it.
        let known = try #require(try fixture.host.catalog.databases(server: "main").first)
        let sightings = [
            Sighting(unit: known.unit, name: known.name, path: known.path, engine: known.engine),
            Sighting(name: DatabaseName("main/former"), path: "\(known.path)-former", engine: known.engine),
        ]
        let terms = DiscoveryTerms(
            reading: fixture.host.clock, clockIsTrusted: true, deletedDays: { _ in 7 }, zone: { _ in 0 })
        _ = try fixture.host.catalog.record(.complete(sightings, identity: nil), server: "main", terms: terms)
        let text = String(decoding: try Files.read(fixture.root("holdfast.toml")), as: UTF8.self)
        let rest = text.prefix(upTo: try #require(text.range(of: "[servers.main]")).lowerBound)
        try Files.writeDurably(Array(rest.utf8), to: fixture.root("holdfast.toml"), mode: 0o600)
        fixture.host.use(try Configuration(try SettingsFiles.load(fixture.root("holdfast.toml"))))
        try fixture.host.markRemovedServers()
        let told = try await fixture.service.messages(Wire::MessageQuery(), for: .daemon).filter {
            $0.code == .serverUnreachable
        }
        #expect(told.count == 1)
        let units = try fixture.host.catalog.databases(server: "main").map { "\($0.unit)".prefix(16) }
        #expect(units.count == 2)
        for unit in units {
            let statement = "SELECT pg_drop_replication_slot('holdfast_\(unit)')"
            #expect(told.first?.nextStep?.contains(statement) == true, "\(told)")
        }
    }

    @Test func aSlotThatOurRoleMayNotDropIsNamedWithItsStatement() async throws {
        let server = try PostgresServer()
        try server.execute("CREATE ROLE limited LOGIN IN ROLE pg_monitor")
        try server.execute("GRANT EXECUTE ON FUNCTION pg_control_system(), pg_control_checkpoint() TO limited")
        let fixture = try fixture(server, user: "limited", isStarted: false)
        let unit = try #require(try fixture.host.catalog.databases(server: "main").first?.unit)
        let slot = "holdfast_\(unit.description.prefix(16))"
        try server.execute("SELECT pg_create_physical_replication_slot('\(slot)', true)")
        fixture.host.started(version: "test")
        let told = try await Polling.eventually("the slot that stays") {
            try await fixture.service.messages(Wire::MessageQuery(), for: .daemon).first { $0.code == .logFailed }
        }
        #expect(told.text.contains("replication slot \(slot) of server main could not be dropped"), "\(told)")
        #expect(
            told.nextStep == "as a superuser, on the server: SELECT pg_drop_replication_slot('\(slot)')", "\(told)")
    }

    private func state(of member: String, _ fixture: HostFixture) async throws -> String? {
        try await fixture.service.database("main", for: .daemon).members.first { $0.name.text == "main/\(member)" }?
            .state
    }

    private func fixture(
        _ server: PostgresServer, user: String = "postgres", isStarted: Bool = true
    ) throws -> HostFixture {
        let fixture = try HostFixture(
            databases: [],
            tail: """
                [servers.main]
                engine = "postgres"
                connection = "host=\(server.folder) user=\(user)"
                follow_log = "no"
                """)
        if isStarted { fixture.host.started(version: "test") }
        return fixture
    }
}
