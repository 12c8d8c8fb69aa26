import EnginesTestSupport
import Foundation
import Model
import Testing
import Wire

/// Damage to the repository, seen from the command line. Every byte of every object is the matter of StorageTests.
@Suite(.realDaemon) struct DamageTests {
    /// A stopped daemon's repository with points of two databases.
    private static func repository() async throws -> (PrivateDaemon, [Backup]) {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        try await daemon.ledger("other.db").create(.delete, size: 1 << 15)
        for _ in 0..<3 {
            try await daemon.succeed("backup", "--all")
            try await ledger.append()
        }
        let points = try await daemon.backups()
        try await daemon.stop()
        return (daemon, points)
    }

    private static func files(_ daemon: PrivateDaemon) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: daemon.repository).sorted().filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(daemon.repository)/\(name)", isDirectory: &isFolder)
                && !isFolder.boolValue && name != "lock"
        }
    }

    /// Checks a damaged repository, expects that it is found out, and which backups are named.
    private static func expectFound(_ daemon: PrivateDaemon, _ file: String, _ what: String) async throws {
        let checked = try await daemon.alone("repository", "check", "--json")
        guard file.hasPrefix("db/") else {
            #expect([10, 12, 17].contains(checked.status), "\(what) \(file): \(checked)")
            return
        }
        let output = checked.status == 0 ? try await daemon.alone("verify", "--level", "pages", "--json") : checked
        #expect(output.status == 17, "\(what) \(file): \(output)")
        let findings =
            (try? WireCoding.decode(RepositoryCheck.self, from: output.text.utf8).findings)
            ?? (try? WireCoding.decode(VerifyReport.self, from: output.text.utf8).findings) ?? []
        #expect(!findings.isEmpty, "\(what) \(file): \(output)")
        // A map is only a shortcut: without it the points resolve through their own deltas.
        guard file.contains("/points/") || file.contains("/packs/") else { return }
        #expect(findings.contains { !$0.backups.isEmpty }, "\(what) \(file): no backup is named: \(output)")
    }

    @Test func aFlippedByteIsFoundWhereverItIs() async throws {
        let (daemon, _) = try await Self.repository()
        var random = PrintedRandom("flipped bytes")
        for file in try Self.files(daemon) {
            let path = "\(daemon.repository)/\(file)"
            let good = try content(path)
            for place in [0, good.count - 1, Int.random(in: 0..<good.count, using: &random)] {
                var bad = good
                bad[place] ^= UInt8(1) << UInt8.random(in: 0...7, using: &random)
                try bad.write(to: URL(filePath: path))
                try await Self.expectFound(daemon, file, "byte \(place) of")
            }
            try good.write(to: URL(filePath: path))
        }
        try await daemon.succeed(alone: ["repository", "check"])
    }

    @Test func aTruncatedFileIsFound() async throws {
        let (daemon, _) = try await Self.repository()
        for file in try Self.files(daemon) {
            let path = "\(daemon.repository)/\(file)"
            let good = try content(path)
            for length in [0, good.count / 2, good.count - 1] {
                try good.prefix(length).write(to: URL(filePath: path))
                try await Self.expectFound(daemon, file, "cut to \(length):")
            }
            try good.write(to: URL(filePath: path))
        }
        try await daemon.succeed(alone: ["repository", "check"])
    }

    @Test func aMissingPointIsFoundAndTheOthersStillRestore() async throws {
        let (daemon, points) = try await Self.repository()
        let missing = try #require(try Self.files(daemon).first { $0.contains("/points/") && $0.hasSuffix("2") })
        try FileManager.default.removeItem(atPath: "\(daemon.repository)/\(missing)")
        #expect(try await daemon.alone("repository", "check").status == 17)
        let unit = missing.split(separator: "/")[1].prefix(12)
        for point in points where point.id.unitPrefix != unit {
            try await daemon.succeed(alone: ["verify", "\(point.id)", "--level", "restore"])
        }
    }

    @Test func aDamagedPackSparesOtherDatabasesAndAFullHealsIt() async throws {
        let (daemon, points) = try await Self.repository()
        let name = try #require(points.first { $0.database.text == "own/ledger.db" })
        let folder = try #require(
            try FileManager.default.contentsOfDirectory(atPath: "\(daemon.repository)/db").first {
                $0.hasPrefix(name.id.unitPrefix)
            })
        let pack = try #require(
            try Self.files(daemon).filter { $0.hasPrefix("db/\(folder)/p") && !$0.contains("/points/") }.first
                ?? Self.files(daemon).first { $0.hasPrefix("db/\(folder)/points/") })
        var bytes = try content("\(daemon.repository)/\(pack)")
        bytes[200] ^= 1
        try bytes.write(to: URL(filePath: "\(daemon.repository)/\(pack)"))
        let target = daemon.folder.fresh("restored/damaged")
        let output = try await daemon.alone("restore", "ledger.db", "--backup", "\(name.id)", "--to", target)
        #expect(output.status == 17, "\(output)")
        #expect(!FileManager.default.fileExists(atPath: target), "a damaged copy is left")
        let other = try #require(points.last { $0.database.text == "own/other.db" })
        try await daemon.succeed(alone: ["verify", "\(other.id)", "--level", "restore"])

        try await daemon.start()
        try await daemon.holdfast("verify", "ledger.db")
        let healed = try await daemon.backUp("ledger.db", full: true)
        try await daemon.proveByRestore("ledger.db", healed.id)
        try await daemon.succeed("verify", "\(healed.id)", "--level", "restore")
    }

    @Test func aTickHealsWhatVerifyFoundDamagedAndStatusSaysSoUntilThen() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let bad = try await daemon.backUp("ledger.db")
        let object = try #require(
            try Self.files(daemon).first { $0.contains("/packs/") }
                ?? Self.files(daemon).first { $0.contains("/points/") })
        var bytes = try content("\(daemon.repository)/\(object)")
        bytes[200] ^= 1
        try bytes.write(to: URL(filePath: "\(daemon.repository)/\(object)"))
        #expect(try await daemon.holdfast("verify", "ledger.db").status == 17)
        let status = try await daemon.holdfast("status", "--check")
        #expect(status.status == 1 && status.text.contains("needs you: own/ledger.db: its newest backup is damaged"))
        for command in [
            ["databases"], ["databases", "show", "ledger.db"], ["doctor", "--config", daemon.settings],
        ] {
            let output = try await daemon.holdfast(command)
            let words = command == ["databases"] ? "backup-damaged" : "holdfast backup own/ledger.db --full"
            #expect(output.text.contains(words), "\(output)")
        }
        try await daemon.succeed(
            "schedules", "add", "often", "--backup", "progressive", "--when", "every 1s", "--scope", "own/")
        let healed = try await eventually("a backup by schedule") {
            try await daemon.backups("ledger.db").last { $0.id != bad.id }
        }
        #expect(healed.kind == .full && healed.origin == .scheduled && !healed.damaged)
        try await daemon.proveByRestore("ledger.db", healed.id)
        try await until("status to know of it") {
            try await daemon.read(Database.self, "databases", "show", "ledger.db").doubt == nil
        }
    }

    @Test func aMissingKeyLeavesTheRepositoryShut() async throws {
        let (daemon, _) = try await Self.repository()
        try FileManager.default.removeItem(atPath: "\(daemon.repository)/keys")
        let output = try await daemon.alone("backups")
        #expect([10, 12, 17].contains(output.status), "\(output)")
        #expect(output.errors.contains("hint:"))
    }
}
