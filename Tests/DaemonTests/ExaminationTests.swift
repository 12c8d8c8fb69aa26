import Foundation
import Glibc
import Model
import Testing
import Wire

/// What the daemon finds when it looks with its own rights.
@Suite(.enabled(if: geteuid() == 0, "the daemon is given another user's rights")) struct ExaminationTests {
    @Test func whatItMayNotReadOrWriteIsToldWithARemedy() async throws {
        var options = PrivateDaemon.Options()
        let closed = try PrivateFolder()
        options.servers = ["own": [closed.path]]
        let daemon = try PrivateDaemon(options)
        try await daemon.makeRepository()
        // Everything is the daemon's but the server's folder and the repository, which stay root's.
        for name in ["state", "log", "databases", "holdfast.toml", "repository.key"] {
            #expect(chown("\(daemon.path)/\(name)", 65_534, 65_534) == 0)
        }
        #expect(chmod(daemon.path, 0o777) == 0 && chmod(daemon.repository, 0o755) == 0)
        try await daemon.start(under: ["/usr/bin/setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        let output = try await daemon.holdfast("doctor", "--config", daemon.settings, "--json")
        #expect(output.status == 1, "\(output)")
        let found = try WireCoding.decode(Listing<Symptom>.self, from: output.text.utf8).items
        let mend = [
            "own": "CAP_DAC_READ_SEARCH", "restore_roots": "ReadWritePaths=", "repository": "chown -R holdfast",
        ]
        for (subject, remedy) in mend {
            #expect(
                found.contains { $0.subject == subject && $0.verdict != .good && $0.hint?.contains(remedy) == true },
                "\(subject): \(found)")
        }
    }

    @Test func aHealthyDaemonHasNoProblem() async throws {
        let fixture = try SetupFixture()
        try await fixture.ledger("crm/app.db")
        #expect(await fixture.run("setup", "--yes") == 0, "\(fixture.errors)")
        let output = try await fixture.holdfast("doctor", "--config", fixture.settings)
        #expect(output.status == 0, "\(output)")
        #expect(output.text.contains("good: keys: a recovery key was made and shown on"), "\(output)")
        #expect(!output.text.contains("problem:"), "\(output)")
        // Whether anything keeps this machine's clock in step is told once.
        #expect(output.text.matches(of: #/: clock: /#).count == 1, "\(output)")
    }
}
