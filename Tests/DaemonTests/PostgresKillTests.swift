import Engines
import EnginesTestSupport
import Foundation
import Glibc
import Model
import Testing
import Wire

/// The daemon, killed at every step of the backup of a cluster and of receiving its log, has lost nothing acknowledged.
@Suite(
    .offThePool, .enabled(if: PostgresServer.isInstalled, "PostgreSQL is not installed"),
    .enabled(if: geteuid() == 0, "reading the data folder of another user needs root"))
struct PostgresKillTests {
    /// How many steps are tried when a run must be short; another run tries others.
    private static let shortRun = 6

    @Test func killedAtAnyStepItComesBackAndLosesNothing() async throws {
        let (daemon, server) = try await PostgresLogTests.start()
        try server.execute("CREATE TABLE ledger (id bigserial PRIMARY KEY, text text)")
        var acknowledged: [BackupID] = []
        try await Self.act(daemon, server, &acknowledged)
        try await daemon.stop()
        let steps = try await Self.countSteps(daemon, server, &acknowledged)
        var random = PrintedRandom("backup of a cluster: \(steps) steps")
        let stride = Long.isAsked ? 1 : max(1, steps / Self.shortRun)
        let first = 1 + Int.random(in: 0..<stride, using: &random)
        var killed = 0
        for (number, step) in Swift.stride(from: first, through: steps, by: stride).enumerated() {
            let child = try daemon.launch(environment: ["HOLDFAST_KILL_AT": "\(step)"])
            // The daemon dies under it.
            try? await Self.act(daemon, server, &acknowledged)
            if child.isAtWork { try? await daemon.stop() }
            if child.status == -SIGKILL { killed += 1 }
            try await daemon.start()
            try await Self.expectAll(daemon, server, acknowledged, "killed at step \(step)", number: number)
            try await daemon.stop()
        }
        #expect(killed > 0)
        print("backup of a cluster: killed at \(killed) of \(steps) steps")
        try await daemon.succeed(alone: ["repository", "check"])
    }

    /// Rows, a backup, further rows and their log.
    private static func act(
        _ daemon: PrivateDaemon, _ server: PostgresServer, _ acknowledged: inout [BackupID]
    ) async throws {
        let row = "INSERT INTO ledger (text) SELECT md5(n::text) FROM generate_series(1, 500) AS n"
        if !daemon.isAtWork { try await daemon.start() }
        try await until("an answer") {
            guard daemon.isAtWork else { throw Unexpected("it is dead") }
            return PrivateDaemon.accepts(daemon.socket)
        }
        try server.execute(row)
        try await daemon.succeed("backup", "main")
        acknowledged.append(try await daemon.newest("main").id)
        try server.execute(row)
        try await PostgresLogTests.received(server, daemon)
    }

    private static func countSteps(
        _ daemon: PrivateDaemon, _ server: PostgresServer, _ acknowledged: inout [BackupID]
    ) async throws -> Int {
        let log = daemon.folder.fresh("passes")
        try await daemon.start(environment: ["HOLDFAST_KILL_LOG": log])
        try await act(daemon, server, &acknowledged)
        try await daemon.stop()
        let passed = String(decoding: try content(log), as: UTF8.self)
        #expect(passed.contains("/points/") && passed.contains("/logs/"), "\(passed)")
        return passed.split(separator: "\n").count
    }

    /// Acknowledged backups are there, and the newest one with its log brings every row back.
    private static func expectAll(
        _ daemon: PrivateDaemon, _ server: PostgresServer, _ acknowledged: [BackupID], _ story: String, number: Int
    ) async throws {
        try await PostgresLogTests.received(server, daemon)
        let there = Set(try await daemon.backups("main").map(\.id))
        #expect(Set(acknowledged).subtracting(there).isEmpty, "\(story)")
        let told = try await daemon.messages()
        #expect(!told.contains { [.logGap, .logDiffers].contains($0.code) }, "\(story)")
        let restored = try await RestoredCluster([], by: daemon, beside: server, number: number)
        try await restored.arrive()
        let rows = "SELECT count(*) AS n, coalesce(sum(id), 0) AS sum FROM ledger"
        #expect(try restored.execute(rows).one().values == server.execute(rows).one().values, "\(story)")
    }
}
