import Catalog
import Foundation
import Model
import Testing

@Suite struct DiscoveryTests {
    let scratch: Scratch
    var catalog: Catalog { scratch.catalog }

    init() throws { scratch = try Scratch() }

    func sighting(_ path: String, unit: UnitID? = nil, size: Int = 1, fault: Fault? = nil) -> Sighting {
        Sighting(
            unit: unit, name: DatabaseName(server: "crm", path: path), path: "/srv/crm/\(path)", engine: "sqlite",
            size: ByteCount(size), fault: fault)
    }

    @discardableResult
    func see(_ paths: [String], _ seconds: Int) throws -> DiscoveryChanges {
        try catalog.record(
            .complete(paths.map { sighting($0) }, identity: "disk-1"), server: "crm", at: at(seconds))
    }

    func state(_ path: String) throws -> DatabaseState? {
        try catalog.database(named: DatabaseName(server: "crm", path: path))?.state
    }

    @Test func keepsTheUnitWhileTheNameStays() throws {
        try see(["a", "b"], 0)
        let before = try catalog.databases()
        #expect(try see(["a", "b"], 60) == DiscoveryChanges())
        let after = try catalog.databases()
        #expect(after.map(\.unit) == before.map(\.unit))
        #expect(after.map(\.firstSeen) == [at(0), at(0)])
        #expect(after.map(\.lastSeen) == [at(60), at(60)])
        #expect(try catalog.messages().map(\.code) == [.databaseFound, .databaseFound])
    }

    @Test func onlyACompleteAnswerMakesADatabaseGone() throws {
        try see(["a", "b"], 0)
        try see(["a", "b"], 5)
        try catalog.record(.unreachable(Fault(.serverUnreachable, "not mounted")), server: "crm", at: at(10))
        #expect(try state("a") == .unreachable)
        #expect(try catalog.databases().map(\.lastSeen) == [at(5), at(5)])
        let b = DatabaseName(server: "crm", path: "b")
        let changes = try see(["a"], 20)
        #expect(changes.isBack && changes.missing == [b] && changes.gone.isEmpty)
        #expect(try state("a") == .present)
        #expect(try state("b") == .missing)
        #expect(try see(["a"], 79).gone.isEmpty)
        #expect(try catalog.databases().count == 2)
        #expect(try see(["a"], 80).gone == [b])
        #expect(try state("b") == .gone)
        let gone = try #require(try catalog.databases(includingGone: true).last)
        #expect(gone.goneSince == at(80) && gone.lastSeen == at(5))
        #expect(try catalog.databases().count == 1)
        #expect(
            try catalog.messages(MessageQuery(after: 2)).map(\.code) == [
                .serverUnreachable, .serverReachable, .databaseGone, .graceStarted,
            ])
    }

    @Test func anUnreachableServerIsReportedOnceAReason() throws {
        try see(["a"], 0)
        for (second, reason) in [(1, "not mounted"), (2, "not mounted"), (3, "no permission")] {
            try catalog.record(.unreachable(Fault(.serverUnreachable, reason)), server: "crm", at: at(second))
        }
        let server = try #require(try catalog.server("crm"))
        #expect(!server.isReachable && server.reason == "no permission" && server.lastReachable == at(0))
        #expect(server.identity == "disk-1")
        #expect(try catalog.messages(MessageQuery(after: 1)).map(\.cause) == ["not mounted", "no permission"])
    }

    @Test func aDatabaseThatComesBackIsTheSame() throws {
        try see(["a"], 0)
        let unit = try catalog.databases().first?.unit
        try see([], 10)
        try see([], 90)
        #expect(try state("a") == .gone)
        let changes = try see(["a"], 100)
        #expect(changes.found.isEmpty && changes.notices.count == 1)
        #expect(try catalog.messages().last?.code == .databaseReturned)
        #expect(try catalog.databases(includingGone: true).map(\.unit) == [unit])
        #expect(try catalog.databases().first?.goneSince == nil)
    }

    @Test func aRenamedDatabaseKeepsItsUnit() throws {
        try see(["a"], 0)
        let unit = try #require(try catalog.databases().first?.unit)
        let changes = try catalog.record(
            .complete([sighting("a"), sighting("b", unit: unit)], identity: nil), server: "crm", at: at(10))
        #expect(changes.gone.isEmpty)
        #expect(try catalog.database(named: DatabaseName(server: "crm", path: "b"))?.unit == unit)
        let other = try #require(try catalog.database(named: DatabaseName(server: "crm", path: "a"))?.unit)
        #expect(other != unit)
        let swapped = [sighting("a", unit: unit), sighting("b", unit: other)]
        try catalog.record(.complete(swapped, identity: nil), server: "crm", at: at(20))
        #expect(try catalog.databases().map(\.unit) == [unit, other])
    }

    @Test func aFaultyDatabaseIsReportedOnce() throws {
        let bad = sighting("a", fault: Fault(.databaseTruncated, "a is truncated", hint: "look"))
        for second in 0..<3 {
            try catalog.record(.complete([bad], identity: nil), server: "crm", at: at(second))
        }
        #expect(try state("a") == .faulty)
        #expect(try catalog.databases().first?.fault?.code == .databaseTruncated)
        #expect(try catalog.databases().first?.faultSince == at(0))
        #expect(try catalog.messages().map(\.code) == [.databaseFound, .databaseTruncated])
        try see(["a"], 10)
        #expect(try state("a") == .present)
        #expect(try catalog.databases().first?.fault == nil)
    }

    @Test func twoOfOneNameAreRefusedWhole() throws {
        let fault = #expect(throws: Fault.self) { try see(["a", "a"], 0) }
        #expect(fault?.code == .ambiguousName)
        #expect(try catalog.databases().isEmpty)
    }

    @Test func unchangedAsOfFollowsEachTickOfThoseThatWereQuiet() throws {
        try see(["a", "b", "c"], 0)
        let units = try catalog.databases().map(\.unit)
        try catalog.noteUnchanged(Set(units), server: "crm", at: at(100))
        try catalog.noteUnchanged([units[0], units[1]], server: "crm", at: at(200))
        try catalog.noteUnchanged([units[0], units[2]], server: "crm", at: at(300))
        #expect(try catalog.databases().map(\.unchangedAsOf) == [at(300), at(200), at(300)])
        try scratch.reopen()
        try catalog.noteUnchanged([], server: "crm", at: at(400))
        #expect(try catalog.databases().map(\.unchangedAsOf) == [at(300), at(200), at(300)])
    }

    @Test func tenThousandQuietDatabasesCostNextToNothing() throws {
        let units = (0..<10_000).map { _ in UnitID.random() }
        let sightings = units.enumerated().map { sighting("db-\($0.offset)", unit: $0.element) }
        try catalog.record(.complete(sightings, identity: nil), server: "crm", at: at(0))
        try catalog.noteUnchanged(Set(units), server: "crm", at: at(1))
        let before = try size()
        for tick in 2..<6 { try catalog.noteUnchanged(Set(units), server: "crm", at: at(tick)) }
        #expect(try size() - before < 100_000, "bytes written to the WAL")
        #expect(try catalog.database(units[77])?.unchangedAsOf == at(5))
    }

    func size() throws -> Int {
        let path = "\(scratch.path)-wal"
        return try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int ?? 0
    }

    @Test func aLostCatalogLearnsFromTheRepository() throws {
        let unit = UnitID.random()
        let backup = BackupID(unit: unit, sequence: 3)
        let stored = StoredDatabase(
            unit: unit, name: DatabaseName(server: "crm", path: "a"), server: "crm", path: "/srv/crm/a",
            engine: "sqlite", firstBackup: at(-100),
            newest: Capture(
                unit: unit, backup: backup, kind: .progressive, instant: at(-10), size: ByteCount(9), changeToken: "t"),
            lastFull: at(-50))
        try catalog.adopt([stored], at: at(0))
        try catalog.adopt([stored], at: at(1))
        let record = try #require(try catalog.database(unit))
        #expect(record.state == .unreachable)
        #expect(record.lastBackup == .init(backup: backup, kind: .progressive, instant: at(-10)))
        #expect(record.lastFull == at(-50) && record.firstSeen == at(-100) && record.changeToken == "t")
        try see(["a"], 5)
        #expect(try catalog.databases().map(\.unit) == [unit])
        #expect(try state("a") == .present)
        let same = StoredDatabase(
            unit: .random(), name: stored.name, server: "crm", path: "/srv/crm/a", engine: "sqlite",
            firstBackup: at(-900), newest: stored.newest, lastFull: nil)
        try catalog.adopt([same], at: at(6))
        #expect(try catalog.databases(includingGone: true).map(\.state) == [.present, .gone])
    }
}
