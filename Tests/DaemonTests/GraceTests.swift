import Foundation
import Model
import Testing
import Wire

/// What becomes of databases that go. Confirming takes a real minute, of which nearly all is waiting: these take no slot.
@Suite struct GraceTests {
    /// One backup finds the database missing; from then on the daemon asks by itself until the deletion is confirmed.
    private func confirmedDeletion(of name: String, _ daemon: PrivateDaemon) async throws -> Database {
        _ = try await daemon.holdfast("backup", "--all")
        try await until(within: .seconds(240), "the deletion of \(name)") {
            try content(daemon.messagesLog).split(separator: UInt8(ascii: "\n"))
                .map { String(decoding: $0, as: UTF8.self) }
                .contains { $0.contains(Code.graceStarted.rawValue) && $0.contains(name) }
        }
        let deleted = try await daemon.read(Listing<Database>.self, "databases", "--deleted").items
        return try #require(deleted.first { $0.name.text.hasSuffix(name) })
    }

    @Test func aDeletedDatabaseIsKeptForItsGraceAndComesBackByRestore() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let doomed = try await daemon.ledger("doomed.db").create()
        try await daemon.succeed("backup", "--all")
        let held = try content(doomed.path)
        let begun = ContinuousClock.now
        try FileManager.default.removeItem(atPath: doomed.path)
        let deleted = try await confirmedDeletion(of: "doomed.db", daemon)
        #expect(ContinuousClock.now - begun >= .seconds(60))
        let (gone, end) = (try #require(deleted.deleted), try #require(deleted.graceEnds))
        #expect(deleted.state == .deleted && end - gone == .seconds(7 * 86_400))
        let started = try #require(try await daemon.messages().first { $0.code == .graceStarted })
        #expect(started.database?.text == "own/doomed.db" && started.nextStep?.contains("--in-place") == true)
        #expect(try await daemon.holdfast("databases", "--deleted").text.contains("doomed.db"))
        try await daemon.succeed("retention", "set", "--deleted-days", "2")
        let sooner = try await daemon.read(Listing<Database>.self, "databases", "--deleted").items[0]
        #expect(sooner.graceEnds == gone + .seconds(2 * 86_400))
        try await daemon.succeed("restore", "doomed.db", "--in-place", "--even-if-in-use", "--yes")
        #expect(try content(doomed.path) == held)
        let back = try await daemon.read(Database.self, "databases", "show", "doomed.db")
        #expect(back.state == .present && back.graceEnds == nil)
        #expect(try await daemon.messages().contains { $0.code == .databaseReturned })
        #expect(try await daemon.read(Database.self, "databases", "show", "ledger.db").state == .present)
    }

    @Test func aMovedDatabaseIsAdoptedWithAllItsBackups() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        let before = try await daemon.backUp("ledger.db", full: true)
        let moved = "\(daemon.databases)/moved.db"
        try FileManager.default.moveItem(atPath: ledger.path, toPath: moved)
        _ = try await confirmedDeletion(of: "ledger.db", daemon)
        #expect(try await !daemon.backups("moved.db").isEmpty)
        try await daemon.succeed("databases", "adopt", "moved.db", "--from", "ledger.db", "--yes")
        try await until("the backup under the new name") {
            try await daemon.backups("moved.db").contains { $0.id.unitPrefix == before.id.unitPrefix }
        }
        let found = try await daemon.read(Database.self, "databases", "show", "moved.db")
        #expect(found.state == .present)
        #expect(try await daemon.messages().contains { $0.code == .databaseAdopted })
        // The history goes on: the next backup builds on those from before the move.
        try await Ledger(moved, in: daemon.folder).append()
        let after = try await daemon.backUp("moved.db")
        #expect(after.id.unitPrefix == before.id.unitPrefix && after.kind == .progressive)
        try await daemon.proveByRestore("moved.db", before.id)
        try await daemon.proveByRestore("moved.db", after.id)
    }
}
