import Foundation
import Model
import Testing
import Wire

/// A prune after a long time in which nothing was pruned.
@Suite(.realDaemon, .enabled(if: FakeTime.isThere, "needs libfaketime")) struct HeldPruneTests {
    private func utc(daysAgo days: Double) -> String {
        let date = Date.now.addingTimeInterval(-86_400 * days)
        return String(date.ISO8601Format().dropLast()).replacing("T", with: " ")
    }

    @Test func aPruneOfNearlyAllIsHeldAndToldOnceUntilItIsConfirmed() async throws {
        let daemon = try PrivateDaemon()
        try await daemon.makeRepository()
        try await daemon.start(under: FakeTime.words(utc(daysAgo: 40)))
        let ledger = try await daemon.ledger("ledger.db").create()
        for _ in 0..<6 {
            try await ledger.append()
            try await daemon.backUp("ledger.db")
        }
        let pid = daemon.pid
        try await daemon.stop()
        FakeTime.clean(after: pid)
        try await daemon.start()
        for _ in 0..<2 { try await daemon.succeed("prune", "--yes", "--confirm-clock") }
        let held = try await daemon.messages().filter { $0.code == .pruneHeld }
        #expect(held.count == 1 && held[0].severity == .warning && held[0].database?.text == "own/ledger.db")
        #expect(held[0].text.contains("5 of 6") && held[0].nextStep?.contains("--confirm") == true)
        #expect(try await daemon.backups("ledger.db").count == 6)
        try await daemon.succeed("prune", "--yes", "--confirm")
        let left = try await daemon.backups("ledger.db")
        #expect(left.count == 1)
        try await daemon.proveByRestore("ledger.db", left[0].id)
    }
}
