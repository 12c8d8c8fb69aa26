import Foundation
import Model
import Testing
import Wire

/// On-demand backups: one per database and cooldown.
@Suite(.realDaemon) struct CooldownTests {
    private static var tenMinutes: PrivateDaemon.Options {
        var options = PrivateDaemon.Options()
        options.cooldown = "10m"
        return options
    }

    @Test func aSecondBackupIsRefusedAndToldWhenItMayBe() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger(.wal, Self.tenMinutes)
        try await daemon.succeed("backup", "ledger.db")
        try await ledger.append()
        let refused = try await daemon.holdfast("backup", "ledger.db")
        expectRefusal(refused, 14, .inCooldown)
        let object = try problem(try await daemon.holdfast("backup", "ledger.db", "--json"))
        #expect(object.code == .inCooldown)
        let seconds = try #require(object.context?["retry_after_seconds"].flatMap(Int.init))
        #expect((1...600).contains(seconds))
        let shown = try await daemon.read(Database.self, "databases", "show", "ledger.db")
        #expect(shown.cooldownEnds != nil)
        #expect(try await daemon.backups().count == 1)
    }

    @Test func theRefusalOverHTTPIs429WithRetryAfter() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger(.wal, Self.tenMinutes)
        try await daemon.succeed("backup", "ledger.db")
        let reply = try RawHTTP.exchange(
            daemon.socket, "POST", "/v1/backups", body: #"{"databases":["ledger.db"]}"#)
        #expect(reply.hasPrefix("HTTP/1.1 429"), "\(reply)")
        #expect(reply.lowercased().contains("\r\nretry-after: "), "\(reply)")
    }

    @Test func withAllThoseInCooldownAreLeftOut() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger(.wal, Self.tenMinutes)
        try await daemon.succeed("backup", "ledger.db")
        try await daemon.ledger("second.db").create()
        let output = try await daemon.holdfast("backup", "--all")
        #expect(output.status == 3, "\(output)")
        #expect(try await daemon.backups("ledger.db").count == 1)
        #expect(try await daemon.backups("second.db").count == 1)
        #expect((output.text + output.errors).contains("own/ledger.db"))
    }

    @Test func theCooldownOutlivesTheDaemon() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger(.wal, Self.tenMinutes)
        try await daemon.succeed("backup", "ledger.db")
        try await daemon.crash()
        try await daemon.start()
        expectRefusal(try await daemon.holdfast("backup", "ledger.db"), 14, .inCooldown)
    }

    @Test func aFailedBackupStartsNoCooldown() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger(.wal, Self.tenMinutes)
        let good = try content(ledger.path)
        try good.prefix(6000).write(to: URL(filePath: ledger.path))
        let failed = try await daemon.holdfast("backup", "ledger.db")
        #expect(failed.status != 0 && failed.status != 14, "\(failed)")
        try good.write(to: URL(filePath: ledger.path))
        try await daemon.succeed("backup", "ledger.db")
    }
}
