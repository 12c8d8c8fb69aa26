import Engines
import EnginesTestSupport
import Foundation
import Glibc
import Model
import Operations
import Platform
import Policies
import Synchronization
import Testing
import Wire

/// The hard end of a window whose work hangs, on a real cluster and with time that the test lets pass.
@Suite(
    .offThePool, .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"),
    .enabled(if: geteuid() == 0, "reading the data folder of another user needs root"))
struct PostgresHardEndTests {
    /// A program that has forked, and hears no request to end.
    private let deaf = "$SIG{TERM} = 'IGNORE'; fork; sleep 1000 while 1"

    @Test func whatHangsAtTheHardEndKeepsNothingClosed() async throws {
        let server = try PostgresServer()
        try server.execute("CREATE DATABASE crm CONNECTION LIMIT 7")
        let mark = "hf\(Identifier.random())"
        let command = ["/usr/bin/perl", "-e", deaf, mark].map { "\"\($0)\"" }.joined(separator: ", ")
        let fixture = try HostFixture(
            databases: [],
            tail: """
                [servers.main]
                engine = "postgres"
                connection = "host=\(server.folder) user=postgres"
                update_command = [\(command)]
                """)
        fixture.host.started(version: "test")
        let service = fixture.service
        var rule = MaintenanceRule.weekly
        rule.enabled = false
        (rule.lengthSeconds, rule.countdownSeconds, rule.announceSeconds) = (900, 0, [])
        rule.tasks = [
            MaintenanceTask(.systemUpdates, deadlineSeconds: 600), MaintenanceTask(.prune, deadlineSeconds: 60),
        ]
        _ = try await service.setMaintenance(rule, of: "main", by: .daemon)
        _ = try await service.runMaintenance(.weekly, of: "main", by: .daemon)
        try await Polling.until(within: .seconds(60), "the step") {
            try await service.maintenance(of: "main", for: .daemon).underWay?.stage == "system-updates"
        }
        try await Polling.until(within: .seconds(60), "two processes") { Self.processes(mark) == 2 }
        #expect(try Self.limit(server) == 0)

        let host = fixture.host
        host.maintenanceClock = { [clock = host.maintenanceClock] in
            var reading = clock()
            reading.sinceBoot += .seconds(900)
            reading.wall = reading.wall + .seconds(900)
            return reading
        }
        try await Polling.until(within: .seconds(60), "an open database") { try Self.limit(server) == 7 }
        // The program has not ended yet: nobody waited for it.
        try await Polling.until(within: .seconds(60), "the report") {
            try await service.maintenance(of: "main", for: .daemon).underWay == nil
        }
        let record = try #require(try await service.maintenance(of: "main", for: .daemon).history.first)
        #expect(record.text.contains("was cut off at its hard end"), "\(record.text)")
        #expect(record.undone == [.systemUpdates, .prune])
        try await Polling.until(within: .seconds(60), "the end of both") { Self.processes(mark) == 0 }
    }

    private static func limit(_ server: PostgresServer) throws -> Int {
        try server.execute(
            "SELECT datconnlimit AS n FROM pg_database WHERE datname = 'crm'", database: "template1"
        ).one().number("n")
    }

    /// How many processes have a word on their command line.
    private static func processes(_ word: String) -> Int {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.count { name in
            guard Int32(name) != nil else { return false }
            let line = (try? Files.read("/proc/\(name)/cmdline", limit: 1 << 16)) ?? []
            return String(decoding: line, as: UTF8.self).contains(word)
        }
    }
}
