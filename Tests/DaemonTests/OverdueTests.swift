import Foundation
import Model
import Testing
import Wire

/// Backups that are late by a clock that goes on. Nearly all of it is waiting: these take no slot.
@Suite struct OverdueTests {
    @Test func aLateDatabaseIsToldOnceAndAgainWhenItIsOnTime() async throws {
        var options = PrivateDaemon.Options()
        options.progressiveEvery = "1s"
        let (daemon, _) = try await PrivateDaemon.withLedger(.wal, options)
        try await until("a backup by schedule") { try await !daemon.backups("ledger.db").isEmpty }
        #expect(try await daemon.holdfast("status").status == 0)
        let away = daemon.databases + "-away"
        try FileManager.default.moveItem(atPath: daemon.databases, toPath: away)
        let late = try await eventually(within: .seconds(150), "the lateness") {
            try await daemon.messages().first { $0.code == .backupOverdue }
        }
        #expect(late.severity == .error && late.database?.text == "own/ledger.db")
        #expect(late.text.contains("own-progressive") && late.nextStep?.contains("own-progressive") == true)
        let status = try await daemon.holdfast("status", "--check")
        #expect(status.status == 18, "\(status)")
        try FileManager.default.moveItem(atPath: away, toPath: daemon.databases)
        let mended = try await eventually(within: .seconds(120), "the end of the lateness") {
            try await daemon.messages().first { $0.code == .backupOnTime }
        }
        #expect(mended.severity == .success && mended.database?.text == "own/ledger.db")
        #expect(try await daemon.messages().filter { $0.code == .backupOverdue }.count == 1)
        #expect(try await daemon.read(Database.self, "databases", "show", "ledger.db").state == .present)
    }
}
