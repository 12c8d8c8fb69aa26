import Foundation
import Model
import Testing
import Wire

/// A database whose writers never pause, on a machine that copies slowly.
@Suite(.realDaemon, .enabled(if: Programs.ofSystem("strace") != nil, "needs strace")) struct HeldWriterTests {
    @Test func holdingUpWritersForLongIsTold() async throws {
        let daemon = try PrivateDaemon()
        try await daemon.makeRepository()
        let ledger = try await daemon.ledger("ledger.db").create(.delete, size: 8 << 20)
        // Room for a copy is reserved under the lock that holds up writers; it takes 400 ms here.
        try await daemon.start(under: [
            Programs.ofSystem("strace") ?? "strace", "-f", "--seccomp-bpf", "-qq", "-o", "/dev/null", "-e",
            "trace=fallocate", "-e", "inject=fallocate:delay_enter=400000",
        ])
        let writer = try ledger.startWriter(["--rate", "0", "--busy", "5000"])
        let told = try await eventually(within: .seconds(60), "a backup that held up writers") {
            try await daemon.backUp("ledger.db", full: true)
            return try await daemon.messages().first { $0.code == .writersHeld }
        }
        #expect(told.severity == .warning && told.database?.text == "own/ledger.db")
        try await stop(writer)
        try await daemon.proveByRestore("ledger.db", daemon.newest("ledger.db").id)
        try await daemon.crash()
    }
}
