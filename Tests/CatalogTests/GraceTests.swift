import Catalog
import Foundation
import Model
import Policies
import Testing

@Suite struct GraceTests {
    private let scratch: Scratch
    private var catalog: Catalog { scratch.catalog }
    private static let day = 86_400

    init() throws { scratch = try Scratch() }

    private func at(_ second: Int) -> Instant { Instant(seconds: 1_800_000_000 + Int64(second)) }

    @discardableResult
    private func see(_ names: [String], _ second: Int, trusted: Bool = true) throws -> DiscoveryChanges {
        let sightings = names.map {
            Sighting(
                name: DatabaseName(server: "crm", path: $0), path: "/srv/crm/\($0)", engine: "sqlite",
                size: ByteCount(4096))
        }
        return try catalog.record(
            .complete(sightings, identity: "disk"), server: "crm",
            terms: .plain(at: at(second), clockIsTrusted: trusted))
    }

    private func lose(_ second: Int) throws {
        try catalog.record(
            .unreachable(Fault(.serverUnreachable, "not mounted")), server: "crm", terms: .plain(at: at(second)))
    }

    private func codes(after count: Int = 0) throws -> [Code] {
        Array(try catalog.messages().map(\.code).dropFirst(count))
    }

    private func backUp(_ path: String, sequence: SequenceNumber, _ second: Int) throws {
        let record = try #require(try catalog.database(named: DatabaseName(server: "crm", path: path)))
        let clock = ClockReading(sinceBoot: .seconds(second), bootID: "boot", wall: at(second))
        let run = try catalog.beginRun(
            RunRequest(.backup, database: record.name, unit: record.unit, backupKind: .full, origin: .scheduled),
            at: clock)
        let backup = BackupID(unit: record.unit, sequence: sequence)
        try catalog.finishRun(
            run.id, .succeeded(backup: backup), at: clock,
            findings: RunFindings(
                capture: Capture(unit: record.unit, backup: backup, kind: .full, instant: at(second))),
            messages: [])
    }

    @Test func theCountdownIsToldAtItsStartADayBeforeItsEndAndAtItsEnd() throws {
        try see(["a"], 0)
        try see([], 10)
        try see([], 80)
        for hour in 0...(8 * 24) {
            try catalog.advanceGraces(.plain(at: at(80 + hour * 3600)))
            try scratch.reopen()
        }
        #expect(
            try codes() == [.databaseFound, .databaseGone, .graceStarted, .graceEnding, .graceEnded])
        let instants = try catalog.messages().map(\.instant)
        #expect(instants[2] == at(80) && instants[3] == at(80 + 6 * Self.day) && instants[4] == at(80 + 7 * Self.day))
        #expect(try catalog.messages()[2].text.contains("its backups are kept until"))
    }

    @Test func anUnreachableServerNeitherStartsNorConfirmsNorEndsAnything() throws {
        try see(["a"], 0)
        for second in stride(from: 10, to: 400, by: 60) { try lose(second) }
        try catalog.advanceGraces(.plain(at: at(20 * Self.day)))
        #expect(try codes() == [.databaseFound, .serverUnreachable])
        try see([], 500)
        try lose(600)
        try see([], 700)
        #expect(try catalog.databases().map(\.state) == [.missing])
        try see([], 761)
        #expect(try catalog.databases(includingGone: true).map(\.state) == [.gone])
        try lose(800)
        try catalog.advanceGraces(.plain(at: at(30 * Self.day)))
        #expect(try !codes().contains(.graceEnded))
    }

    @Test func nothingIsConfirmedOrEndsWhileTheClockIsInDoubt() throws {
        try see(["a"], 0)
        try see([], 10, trusted: false)
        try see([], 100 * Self.day, trusted: false)
        #expect(try catalog.databases().map(\.state) == [.missing])
        try see([], 200)
        try see([], 300)
        #expect(try catalog.databases(includingGone: true).map(\.state) == [.gone])
        try catalog.advanceGraces(.plain(at: at(100 * Self.day), clockIsTrusted: false))
        #expect(try codes().last == .graceStarted)
    }

    @Test func aDatabaseThatReappearsEndsItsGrace() throws {
        try see(["a"], 0)
        try backUp("a", sequence: 1, 5)
        try see([], 10)
        try see([], 80)
        try see(["a"], 3600)
        #expect(try codes().last == .databaseReturned)
        #expect(try catalog.databases().map(\.state) == [.present])
        #expect(try catalog.databases().first?.grace == nil)
        try catalog.advanceGraces(.plain(at: at(30 * Self.day)))
        #expect(try codes().last == .databaseReturned)
    }

    @Test func aMovedDatabaseIsAdoptedAsItsContinuation() throws {
        try see(["a"], 0)
        try backUp("a", sequence: 1, 5)
        let unit = try #require(try catalog.databases().first?.unit)
        try see(["moved/a"], 10)
        try see(["moved/a"], 80)
        try backUp("moved/a", sequence: 1, 90)
        let other = try #require(try catalog.databases().first?.unit)
        #expect(other != unit)
        let root = Actor.user(uid: 0, name: "root")
        try catalog.adopt(unit, by: other, .plain(at: at(100)), actor: root)
        let record = try #require(try catalog.database(unit))
        #expect(record.name.text == "crm/moved/a" && record.state == .present && record.grace == nil)
        #expect(record.changeToken == nil && record.lastBackup?.backup == BackupID(unit: unit, sequence: 1))
        #expect(try catalog.database(other)?.state == .gone)
        let message = try #require(try catalog.messages().last)
        #expect(message.code == .databaseAdopted && message.actor == root)
        try see(["moved/a"], 200)
        #expect(try catalog.databases().map(\.unit) == [unit])
        // The few backups under the new identity go as those of a deleted database.
        try catalog.advanceGraces(.plain(at: at(100 + 8 * Self.day)))
        try catalog.advanceGraces(.plain(at: at(100 + 10 * Self.day)))
        #expect(try codes().last == .graceEnded)
    }

    @Test func whatCantBeAdoptedIsRefusedWhole() throws {
        try see(["a", "b"], 0)
        let units = try catalog.databases().map(\.unit)
        func refusal(_ gone: UnitID, _ unit: UnitID) -> Code? {
            let fault = #expect(throws: Fault.self) {
                try catalog.adopt(gone, by: unit, .plain(at: at(300)), actor: .daemon)
            }
            return fault?.code
        }
        #expect(refusal(units[0], units[1]) == .wrongUsage)
        #expect(refusal(.random(), units[1]) == .notFound)
        try see(["b"], 10)
        try see(["b"], 80)
        _ = try catalog.enqueue(
            [RunRequest(.backup, database: DatabaseName("crm/b"), unit: units[1])],
            at: ClockReading(sinceBoot: .zero, bootID: "boot", wall: at(90)))
        #expect(refusal(units[0], units[1]) == .busy)
        #expect(try catalog.databases(includingGone: true).map(\.state) == [.present, .gone])
    }
}
