import Engines
import EnginesTestSupport
import Foundation
import Glibc

/// The real pgbench at work on a server until it is stopped.
final class PostgresLoad {
    private let process: Process
    private let output = Pipe()

    /// - Parameter seconds: after which it ends by itself.
    init(_ server: PostgresServer, scale: Int = 1, clients: Int = 2, seconds: Int = 120) throws {
        try PostgresServer.run(
            "pgbench", ["-i", "-q", "-s", "\(scale)", "-h", server.folder, "-U", "postgres", "postgres"])
        // Ours to end: setpriv runs the program in its own place.
        let command = try PostgresServer.command(
            "pgbench",
            [
                "-n", "-c", "\(clients)", "-R", "200", "-T", "\(seconds)", "-h", server.folder, "-U", "postgres",
                "postgres",
            ])
        process = Process()
        process.executableURL = URL(fileURLWithPath: command[0])
        process.arguments = Array(command.dropFirst())
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        process.standardInput = FileHandle.nullDevice
        self.server = server
        try process.run()
    }

    private let server: PostgresServer

    deinit { if process.isRunning { kill(process.processIdentifier, SIGKILL) } }

    /// - Returns: the transactions that it made.
    func stop() throws -> Int {
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        return try server.execute("SELECT count(*) AS n FROM pgbench_history").one().number("n")
    }
}
