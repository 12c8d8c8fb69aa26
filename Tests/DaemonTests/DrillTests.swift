import Foundation
import Glibc
import Model
import Testing
import Wire

/// Restore drills through the real programs.
@Suite(.realDaemon) struct DrillTests {
    @Test func aDrillIsWhatStatusShowsAsLastProven() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        let without = try await daemon.holdfast("drill", "ledger.db")
        expectRefusal(without, 16, .notFound)
        try await daemon.backUp("ledger.db")
        try await ledger.append()
        let newest = try await daemon.backUp("ledger.db")
        #expect(try await daemon.read(Database.self, "databases", "show", "ledger.db").lastProven == nil)
        let before = Instant(seconds: Int64(Date().timeIntervalSince1970))
        let text = try await daemon.succeed("drill", "ledger.db")
        #expect(text.contains("drill of own/ledger.db: succeeded, backup \(newest.id) of own/ledger.db"))
        let proven = try #require(
            try await daemon.read(Listing<Database>.self, "databases").items.first?.lastProven)
        #expect(proven >= before)
        #expect(try await daemon.read(Status.self, "status").databases.first?.lastProven == proven)
        #expect(try await daemon.newest("ledger.db").verified?.level == .restore)
        let codes = try await daemon.messages().map(\.code)
        #expect(codes.suffix(2) == [.drillStarted, .drillSucceeded])
        #expect(try FileManager.default.contentsOfDirectory(atPath: "\(daemon.path)/state/scratch") == [])
        // Also known to the repository alone.
        try await daemon.stop()
        #expect(try await daemon.read(Listing<Backup>.self, alone: ["backups"]).items.first?.proven != nil)
        let alone = try await daemon.read(DrillReply.self, alone: ["drill", "--all"])
        #expect(alone.runs.map(\.state) == [.succeeded] && alone.runs[0].backup == newest.id)
    }

    @Test func aBadBackupEndsWith17AndNamesIt() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try await daemon.ledger("other.db").create(.delete, size: 1 << 15)
        try await daemon.succeed("backup", "--all")
        let bad = try await daemon.newest("ledger.db")
        let points = try FileManager.default.subpathsOfDirectory(atPath: daemon.repository).filter {
            $0.contains("/points/") || $0.contains("/packs/")
        }
        for name in points where bad.id.isOf(unit: try #require(Self.unit(name))) {
            let path = "\(daemon.repository)/\(name)"
            var bytes = try content(path)
            for place in stride(from: 100, to: bytes.count, by: 500) { bytes[place] ^= 0x10 }
            try bytes.write(to: URL(filePath: path))
        }
        let output = try await daemon.holdfast("drill", "--all")
        #expect(output.status == 17, "\(output)")
        #expect(output.text.contains("\(bad.id)") && output.text.contains("[drill-failed]"))
        #expect(output.text.contains("drill of own/other.db: succeeded"))
        let databases = try await daemon.read(Listing<Database>.self, "databases").items
        #expect(databases.filter { $0.lastProven != nil }.map(\.name.text) == ["own/other.db"])
        let message = try #require(try await daemon.messages().last { $0.code == .drillFailed })
        #expect(message.severity == .error && message.database?.text == "own/ledger.db")
    }

    private static func unit(_ path: String) -> UnitID? {
        path.split(separator: "/").dropFirst().first.flatMap { UnitID(String($0)) }
    }

    @Test(.enabled(if: getuid() == 0, "query files belong to root"))
    func queriesOfTheSettingsAreAsked() async throws {
        // Below the home folder, because the way to `/tmp` is open to everybody.
        let folder = "\(NSHomeDirectory())/.holdfast-daemon-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let file = "\(folder)/queries"
        func expect(_ sum: Int) throws {
            let text = "database: own/*\nquery: SELECT sum(balance) FROM account\nexpect: \(sum)\n"
            try text.write(toFile: file, atomically: true, encoding: .utf8)
            chmod(file, 0o644)
        }
        try expect(0)
        let (daemon, _) = try await PrivateDaemon.withLedger(
            .delete, PrivateDaemon.Options(tail: ["drill_queries = [\"\(file)\"]"]))
        try await daemon.backUp("ledger.db")
        #expect(try await daemon.succeed("drill", "ledger.db").contains("1 query was answered as expected"))
        try expect(41)
        let wrong = try await daemon.holdfast("drill", "ledger.db")
        #expect(wrong.status == 17 && wrong.text.contains("\(file):2"), "\(wrong)")
        chmod(file, 0o666)
        let open = try await daemon.holdfast("drill", "ledger.db")
        #expect(open.status == 13 && open.text.contains("[command-refused]"), "\(open)")
    }
}
