import EnginesTestSupport
import Model
import Operations
import Platform
import Storage
import Testing
import Wire

/// Damage that was found: who hears of it, and how it ends.
@Suite struct KnownDamageTests {
    private static let free = "[backup]\non_demand_cooldown = \"0s\""

    /// Flips a bit in a frame of pages of the only backup.
    private func damage(_ fixture: HostFixture) throws {
        let folder = fixture.root("repository/db/\(try #require(try fixture.repository.units().first))")
        let packs = Files.exists("\(folder)/packs") ? try Files.list("\(folder)/packs").map { "packs/\($0)" } : []
        let objects = try packs + Files.list("\(folder)/points").map { "points/\($0)" }
        let path = "\(folder)/\(try #require(objects.first))"
        var bytes = try Files.read(path, limit: 64 << 20)
        bytes[200] ^= 1
        try Files.writeDurably(bytes, to: path, mode: 0o600)
    }

    private func backUp(_ fixture: HostFixture) async throws -> Backup {
        let request = BackupRequest(databases: ["ledger.db"])
        let run = try await fixture.ended(
            try #require(try await fixture.service.requestBackup(request, by: .daemon).runs.first))
        return try await fixture.service.backup(try #require(run.backup), for: .daemon)
    }

    enum Finder: CaseIterable {
        case verify
        case check
        case drill
    }

    private func find(_ fixture: HostFixture, _ finder: Finder) async throws {
        switch finder {
        case .verify:
            let run = try await fixture.service.verify(VerifyRequest(databases: ["ledger.db"]), by: .daemon)
            #expect(try await fixture.ended(run).state == .failed)
        case .check: #expect(try await !fixture.service.checkRepository(by: .daemon).isGood)
        case .drill:
            let runs = try await fixture.service.drill(DrillRequest(all: true), by: .daemon).runs
            #expect(try await fixture.ended(try #require(runs.first)).state == .failed)
        }
    }

    @Test(arguments: Finder.allCases)
    func damageIsToldWhoeverFindsItAndTheNextBackupHealsIt(_ finder: Finder) async throws {
        let fixture = try HostFixture(tail: Self.free)
        let bad = try await backUp(fixture)
        try damage(fixture)
        try await find(fixture, finder)
        let told = try await fixture.service.status(for: .daemon)
        #expect(told.sentence.contains("needs you: crm/ledger.db: its newest backup is damaged"), "\(told.sentence)")
        #expect(told.sentence.hasPrefix("the database can't be restored from its newest backup"), "\(told.sentence)")
        let doubt = try #require(told.databases.first?.doubt)
        #expect(doubt.code == .backupDamaged && doubt.context?["backup"] == "\(bad.id)")
        #expect(doubt.hint?.contains("holdfast backup crm/ledger.db --full") == true)

        // Nothing has changed since, and nothing of it can be restored.
        let healed = try await backUp(fixture)
        #expect(healed.id != bad.id && healed.kind == .full && healed.pagesStored > 0)
        let message = try #require(
            try await fixture.service.messages(MessageQuery(), for: .daemon).last { $0.code == .backupSucceeded })
        #expect(message.text.hasSuffix("made a full since the backup before, \(bad.id), is damaged"), "\(message.text)")
        let after = try await fixture.service.status(for: .daemon)
        #expect(after.databases.first?.doubt == nil && after.sentence.hasPrefix("the database can be restored to"))
        let drill = try #require(try await fixture.service.drill(DrillRequest(all: true), by: .daemon).runs.first)
        #expect(try await fixture.ended(drill).state == .succeeded)
        #expect(try await backUp(fixture).id == healed.id, "an unchanged database needs no further full")
    }

    @Test func damageIsStillKnownAfterARestartAndALostCatalog() async throws {
        let fixture = try HostFixture(tail: Self.free)
        _ = try await backUp(fixture)
        try damage(fixture)
        try await find(fixture, .check)
        for losingCatalog in [false, true] {
            try fixture.restart(losingCatalog: losingCatalog)
            let database = try await fixture.service.database("ledger.db", for: .daemon)
            #expect(database.doubt?.code == .backupDamaged)
        }
    }

    /// Status counts on the newest backup that isn't deleted.
    @Test func aDeletedBackupThatIsDamagedDoesNotCount() async throws {
        let fixture = try HostFixture(tail: Self.free)
        let bad = try await backUp(fixture)
        try damage(fixture)
        try await find(fixture, .check)
        let healed = try await backUp(fixture)
        _ = try await fixture.service.delete(bad.id, by: .daemon)
        #expect(try await fixture.service.database("ledger.db", for: .daemon).doubt == nil)
        _ = try await fixture.service.undelete(bad.id, by: .daemon)
        _ = try await fixture.service.delete(healed.id, by: .daemon)
        let doubt = try await fixture.service.database("ledger.db", for: .daemon).doubt
        #expect(doubt?.code == .backupDamaged && doubt?.context?["backup"] == "\(bad.id)")
    }
}
