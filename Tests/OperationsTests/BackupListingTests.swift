import EnginesTestSupport
import Model
import Operations
import Platform
import Storage
import Testing
import Wire

@Suite struct BackupListingTests {
    @Test(.offThePool) func aLongListComesInPartsAndInOrder() async throws {
        let fixture = try HostFixture(databases: ["a.db", "b.db"])
        try await fixture.backUp()
        let units = try fixture.repository.units()
        let start = WallClock.now() + .seconds(60)
        for (index, unit) in units.enumerated() {
            var mill = try PointMill(fixture.repository, unit)
            // One unit's are between the other's.
            for step in 0..<600 { try mill.makePoint(at: start + .seconds(step * 2 + index)) }
        }
        let listing = try await fixture.service.backupListing(BackupFilter(), for: .daemon)
        var parts: [[Backup]] = []
        while let part = try await listing.next() { parts.append(part) }
        let all = parts.flatMap(\.self)
        #expect(parts.map(\.count) == [500, 500, 202])
        #expect(zip(all, all.dropFirst()).allSatisfy { $0.instant >= $1.instant })
        #expect(Set(all.map(\.id)).count == 1202)
        let some = BackupFilter(databases: ["a.db"], since: start + .seconds(1000), limit: 20)
        let found = try await fixture.service.backups(some, for: .daemon)
        #expect(found == Array(all.filter { $0.database.text == "crm/a.db" }.prefix(20)))
        await #expect(throws: Fault.self) {
            _ = try await fixture.service.backupListing(BackupFilter(databases: ["nothing"]), for: .daemon)
        }
    }

    /// One backup is looked at alone, and told like in the list.
    @Test(.offThePool) func oneBackupIsToldLikeInTheList() async throws {
        let fixture = try HostFixture()
        try await fixture.backUp()
        let unit = try #require(try fixture.repository.units().first)
        var mill = try PointMill(fixture.repository, unit)
        for step in 1..<20 { try mill.makePoint(at: WallClock.now() + .seconds(step)) }
        let ids = try await fixture.service.backups(BackupFilter(), for: .daemon).map(\.id)
        _ = try await fixture.service.preserve(ids[3], by: .daemon)
        _ = try await fixture.service.delete(ids[5], by: .daemon)
        _ = try await fixture.service.delete(ids[0], by: .daemon)
        let list = try await fixture.service.backups(BackupFilter(deleted: true), for: .daemon)
        for backup in list { #expect(try await fixture.service.backup(backup.id, for: .daemon) == backup) }
        #expect(list[3].preserved && list[5].deleted != nil && list[0].deleted != nil)
        #expect(try await fixture.service.backups(BackupFilter(limit: 1), for: .daemon).map(\.id) == [ids[1]])
    }
}
