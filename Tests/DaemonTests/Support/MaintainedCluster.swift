import Engines
import EnginesTestSupport
import Foundation
import Model
import Platform
import Synchronization
import Wire

/// A daemon with a cluster `main` of the databases `crm` (for 7 clients) and `postgres`, and a role `carl`.
final class MaintainedCluster: Sendable {
    let daemon: PrivateDaemon
    let server: PostgresServer
    private let told = Mutex(0)

    /// Windows of which the history told when it was looked at last.
    var windowsTold: Int {
        get { told.withLock { $0 } }
        set { told.withLock { $0 = newValue } }
    }

    /// What the task system-updates runs to last until `letGo`.
    static let waiting = ["/usr/bin/perl", "-e", "select undef, undef, undef, 0.05 until -e $ARGV[0]"]

    private let gate = "/tmp/holdfast-gate-\(Identifier.random())"

    /// Lets the task system-updates end.
    func letGo() throws { try Files.writeDurably([], to: gate, mode: 0o600) }

    deinit { try? Files.removeTree(gate) }

    /// - Parameter command: what the task system-updates runs.
    init(command: [String] = ["/usr/bin/true"], backup: [String] = []) async throws {
        server = try await Threads.run("postgres") { try PostgresServer() }
        try server.execute("CREATE DATABASE crm CONNECTION LIMIT 7")
        try server.execute("CREATE ROLE carl LOGIN")
        try server.execute("CREATE TABLE t AS SELECT generate_series(1, 2000) AS id", database: "crm")
        try server.execute("CREATE INDEX ON t (id)", database: "crm")
        let words = command == Self.waiting ? command + [gate] : command
        var options = PrivateDaemon.Options()
        options.backup = backup
        options.tail = [
            "[servers.main]", "engine = \"postgres\"", "connection = \"host=\(server.folder) user=postgres\"",
            "update_command = [\(words.map { "\"\($0)\"" }.joined(separator: ", "))]",
        ]
        daemon = try await PrivateDaemon.started(options)
        try await daemon.succeed("backup", "main")
    }

    /// Sets the weekly window, which doesn't come by itself.
    func set(_ options: String...) async throws {
        let words = ["maintenance", "set", "main", "weekly", "--length", "15m", "--announce", "never"] + options
        _ = try PrivateDaemon.good(try await daemon.holdfast(words))
    }

    /// Has a daily window start within seconds, which may be held up for two.
    func setDaily() async throws {
        try await daemon.succeed("maintenance", "enable", "main", "daily")
        let start = WallClock.now() + .seconds(4)
        let time = String(start.rfc3339().dropFirst(11).prefix(8))
        try await daemon.succeed(
            "maintenance", "set", "main", "daily", "--when", "*-*-* \(time)", "--zone", "UTC", "--length", "15m",
            "--latest-start", "2s", "--quiet-time", "20m", "--countdown", "0s", "--tasks", "optimise=1m")
    }

    /// Begins the weekly window.
    func begin() throws -> Child {
        try Child(
            Programs.command, ["maintenance", "run", "main", "weekly", "--yes", "--socket", daemon.socket],
            output: daemon.folder.fresh("window"))
    }

    func status() async throws -> MaintenanceStatus {
        try await daemon.read(MaintenanceStatus.self, "maintenance", "show", "main")
    }

    /// Waits until a window is at a step.
    func reach(_ stage: String) async throws {
        try await until("the step \(stage)") { try await status().underWay?.stage == stage }
    }

    /// The connection limits of the databases that let clients in.
    func limits() throws -> [String: Int] {
        let rows = try server.execute(
            "SELECT datname, datconnlimit FROM pg_database WHERE datname NOT IN ('template0', 'template1')",
            database: "template1")
        return try Dictionary(rows.map { (try $0.text("datname"), try $0.number("datconnlimit")) }) { first, _ in first
        }
    }
}
