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

    @Test func aKeyThatRootAddsBelongsToWhomTheRepositoryBelongs() async throws {
        let daemon = try PrivateDaemon()
        try await daemon.makeRepository()
        let all = try await daemon.folder.run("/bin/chown", ["-R", "\(Self.nobody):\(Self.nobody)", daemon.repository])
        #expect(all.status == 0, "\(all)")
        try await daemon.succeed(alone: ["repository", "keys", "add", "--recovery"])
        for name in try FileManager.default.contentsOfDirectory(atPath: "\(daemon.repository)/keys") {
            var found = stat()
            #expect(lstat("\(daemon.repository)/keys/\(name)", &found) == 0 && found.st_uid == Self.nobody, "\(name)")
        }
    }

    /// A daemon that sees its databases and the folder `elsewhere` read-only, as in its unit; nobody else does.
    private func sandboxed(
        _ name: String = "ledger.db"
    ) async throws -> (daemon: PrivateDaemon, ledger: Ledger, outside: String) {
        let daemon = try PrivateDaemon()
        try await daemon.makeRepository()
        let ledger = try await daemon.ledger(name).create(.wal)
        let outside = try daemon.folder.makeFolder("elsewhere")
        let closing = [daemon.databases, outside].map {
            "mount --bind '\($0)' '\($0)' && mount -o remount,ro,bind '\($0)'"
        }
        let script = (closing + ["exec \"$@\""]).joined(separator: " && ")
        let unshare = try #require(Programs.ofSystem("unshare"))
        try await daemon.start(under: [unshare, "--mount", "--", "/bin/sh", "-c", script, "sh"])
        return (daemon, ledger, outside)
    }

    /// By the command that the refusal names, as a shell takes it. These settings aren't root's own: nothing goes by itself.
    private func restoreAsTold(_ daemon: PrivateDaemon, _ arguments: String...) async throws -> Output {
        let refused = try await daemon.holdfast(["restore"] + arguments)
        expectRefusal(refused, 13, .targetNotAllowed)
        let hint = try #require(refused.errors.firstMatch(of: #/run as root `holdfast (.*)`, which needs no daemon/#))
        return try await daemon.folder.run("/bin/sh", ["-c", "\(Programs.command) \(hint.output.1) --yes"])
    }

    @Test(arguments: ["ledger.db", "it's a\u{301}'\u{301};touch PWNED;#.db"])
    func whatTheDaemonsSandboxClosesRootRestoresAllTheSame(name: String) async throws {
        let (daemon, ledger, outside) = try await sandboxed(name)
        #expect(chmod(ledger.path, 0o4640) == 0)
        _ = try await daemon.backUp(name)
        let dry = try await daemon.holdfast("restore", name, "--to", "\(outside)/copy", "--dry-run")
        expectRefusal(dry, 13, .targetNotAllowed)
        let beside = try await restoreAsTold(daemon, name, "--to", "\(outside)/copy")
        #expect(beside.status == 0, "\(beside)")
        #expect(try content("\(outside)/copy") == content(ledger.path))
        var found = stat()
        #expect(lstat("\(outside)/copy", &found) == 0 && found.st_mode & 0o7777 == 0o640, "no set-uid bit comes back")
        let record = try #require(try await daemon.messages().last { $0.code == .restoreStarted })
        #expect(record.actor.uid == 0 && record.text.contains("is root's own to do"), "\(record)")
        let inPlace = try await restoreAsTold(daemon, name, "--in-place", "--yes")
        #expect(inPlace.status == 0 && inPlace.text.contains("the replaced files are kept in"), "\(inPlace)")
        #expect(try content("\(outside)/copy") == content(ledger.path))
        #expect(!FileManager.default.fileExists(atPath: "PWNED"), "the name was run as a command")
        let kept = try await daemon.holdfast("restore", name, "--discard-replaced", "--yes")
        expectRefusal(kept, 13, .targetNotAllowed)
        #expect(kept.errors.contains("hint: remove it as root, by `rm -r`"), "\(kept)")
    }

    @Test func whatNobodyCanWriteForTheDaemonIsToldWithTheCommandThatWorks() async throws {
        let (daemon, _, outside) = try await sandboxed()
        _ = try await daemon.backUp("ledger.db")
        // As where the key lies encrypted: only the daemon has it.
        try FileManager.default.moveItem(atPath: daemon.keyFile, toPath: "\(daemon.path)/moved.key")
        let refused = try await daemon.holdfast("restore", "ledger.db", "--to", "\(outside)/a copy")
        expectRefusal(refused, 13, .targetNotAllowed)
        let command =
            "holdfast restore ledger.db --to '\(outside)/a copy' --repository \(daemon.repository)`, which needs no daemon and "
            + "asks for a passphrase or the words of the recovery key, unless --key-file names the key's file"
        #expect(refused.errors.contains("has folder \(outside) read-only"), "\(refused)")
        #expect(refused.errors.contains(command) && refused.errors.contains("ReadWritePaths=\(outside)"), "\(refused)")
    }
}
