import Foundation
import Glibc
import Model
import Testing
import Wire

/// Who may do what, and whose name is on record: the socket's mode is the gate, the peer's uid the actor.
@Suite(
    .realDaemon, .enabled(if: geteuid() == 0 && Programs.ofSystem("setpriv") != nil, "needs root and setpriv"))
struct PermissionTests {
    private static let nobody: UInt32 = 65534

    /// Runs `holdfast` as nobody, from a copy that nobody may run.
    private func asNobody(_ daemon: PrivateDaemon, _ arguments: String...) async throws -> Output {
        let program = "\(daemon.path)/holdfast"
        if !FileManager.default.fileExists(atPath: program) {
            // By another process: a program that is open for writing here, or in a child that inherited it, can't run.
            _ = try PrivateDaemon.good(try await daemon.folder.run("/bin/cp", [Programs.command, program]))
            chmod(program, 0o755)
            chmod(daemon.path, 0o755)
        }
        let identity = ["--reuid=\(Self.nobody)", "--regid=\(Self.nobody)", "--clear-groups"]
        return try await daemon.folder.run(
            Programs.ofSystem("setpriv") ?? "", identity + [program] + arguments + ["--socket", daemon.socket])
    }

    @Test func strangersAreKeptOutByTheSocket() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        expectRefusal(try await asNobody(daemon, "status"), 13, .notPermitted)
        var found = stat()
        #expect(lstat(daemon.socket, &found) == 0 && found.st_mode & 0o777 == 0o660)
    }

    @Test func othersThanRootRestoreOnlyUnderTheConfiguredRoots() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        let backup = try await daemon.backUp("ledger.db")
        let outside = try daemon.folder.makeFolder("outside")
        chmod(daemon.socket, 0o666)
        for target in ["\(outside)/copy", "\(daemon.restored)/../outside/copy", "/tmp/../\(outside)/copy"] {
            let output = try await asNobody(daemon, "restore", "ledger.db", "--to", target)
            expectRefusal(output, 13, .targetNotAllowed)
        }
        symlink(outside, "\(daemon.restored)/link")
        let through = try await asNobody(daemon, "restore", "ledger.db", "--to", "\(daemon.restored)/link/copy")
        #expect(through.status == 13, "\(through)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: outside).isEmpty)
        let allowed = try await asNobody(
            daemon, "restore", "ledger.db", "--backup", "\(backup.id)", "--to", "\(daemon.restored)/copy")
        #expect(allowed.status == 0, "\(allowed)")
        #expect(try content("\(daemon.restored)/copy") == content(ledger.path))
        let record = try #require(try await daemon.messages().last { $0.code == .restoreSucceeded })
        #expect(record.actor.uid == Self.nobody)
        try await daemon.succeed("restore", "ledger.db", "--to", "\(outside)/by-root")
    }
}
