import Engines
import EnginesTestSupport
import Foundation
import Model

/// A backup restored and at work, on another port than the server it is of.
final class RestoredCluster {
    private let folder: String
    private let server: PostgresServer
    private let port: Int

    convenience init(of id: BackupID, by daemon: PrivateDaemon, beside server: PostgresServer, number: Int) async throws
    {
        try await self.init(["--backup", id.description], by: daemon, beside: server, number: number)
    }

    /// - Parameter words: which state is wanted, as `restore` takes it.
    init(_ words: [String], by daemon: PrivateDaemon, beside server: PostgresServer, number: Int) async throws {
        self.server = server
        folder = "\(server.folder)/restored-\(number)"
        port = 5500 + number
        let restored = try await daemon.holdfast(["restore", "main", "--to", folder] + words)
        guard restored.status == 0 else { throw Unexpected("\(restored)") }
        let words = ["-D", folder, "-w", "-l", "\(server.folder)/log-\(number)", "-o", "-p \(port)", "start"]
        // Not by Foundation, whose Process waits for all that its child starts.
        let command = try PostgresServer.command("pg_ctl", words)
        let output = try await daemon.folder.run(command[0], Array(command.dropFirst()))
        guard output.status == 0 else { throw Unexpected("\(output)") }
    }

    deinit {
        try? PostgresServer.run("pg_ctl", ["-D", folder, "-w", "-m", "immediate", "stop"])
        // A long run makes hundreds of them.
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Waits until it has followed its log to where it was to stop, and stands still there.
    func arrive() async throws {
        try await until("a server at its target") {
            try self.execute("SELECT pg_get_wal_replay_pause_state() AS state").one().text("state") == "paused"
        }
    }

    /// For libpq.
    var connection: String { "host=\(server.folder) port=\(port) user=postgres" }

    func execute(_ statement: String, database: String = "postgres") throws -> PostgresRows {
        let access = try PostgresAccess(server: "restored", connection: connection)
        let connection = try access.connect(database: database)
        try connection.query("SET search_path = public, pg_catalog")
        return try connection.query(statement)
    }
}
