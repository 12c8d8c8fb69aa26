import Engines
import EnginesTestSupport
import Model

/// A backup restored and at work, on another port than the server it is of.
final class RestoredCluster {
    private let folder: String
    private let server: PostgresServer
    private let port: Int

    init(of id: BackupID, by daemon: PrivateDaemon, beside server: PostgresServer, number: Int) async throws {
        self.server = server
        folder = "\(server.folder)/restored-\(number)"
        port = 5500 + number
        try await daemon.succeed("restore", "main", "--backup", id.description, "--to", folder)
        let words = ["-D", folder, "-w", "-l", "\(server.folder)/log-\(number)", "-o", "-p \(port)", "start"]
        // Not by Foundation, whose Process waits for all that its child starts.
        let command = try PostgresServer.command("pg_ctl", words)
        let output = try await daemon.folder.run(command[0], Array(command.dropFirst()))
        guard output.status == 0 else { throw Unexpected("\(output)") }
    }

    deinit { try? PostgresServer.run("pg_ctl", ["-D", folder, "-w", "-m", "immediate", "stop"]) }

    /// For libpq.
    var connection: String { "host=\(server.folder) port=\(port) user=postgres" }

    func execute(_ statement: String, database: String = "postgres") throws -> PostgresRows {
        let access = try PostgresAccess(server: "restored", connection: connection)
        let connection = try access.connect(database: database)
        try connection.query("SET search_path = public, pg_catalog")
        return try connection.query(statement)
    }
}
