import Foundation
import Glibc
import Model
import Testing
import Wire

/// Backing up and getting back, through the real programs over the real socket.
@Suite(.realDaemon) struct MainJobTests {
    @Test(arguments: Ledger.Journal.allCases)
    func theFirstBackupIsFullTheNextProgressiveAndUnchangedMakesNone(_ journal: Ledger.Journal) async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger(journal)
        let full = try await daemon.backUp("ledger.db")
        #expect(full.kind == .full)
        #expect(full.origin == .onDemand)
        #expect(full.actor.uid == getuid())
        try await ledger.append()
        let progressive = try await daemon.backUp("ledger.db")
        #expect(progressive.kind == .progressive)
        #expect(progressive.pagesStored < full.pagesStored / 2)
        try await daemon.succeed("backup", "ledger.db")
        #expect(try await daemon.backups().map(\.id) == [full.id, progressive.id])
        let shown = try await daemon.read(Database.self, "databases", "show", "ledger.db")
        #expect(try #require(shown.unchangedAsOf) > progressive.instant)
        #expect(shown.lastBackupId == progressive.id)
        #expect(shown.backups == 2)
    }

    @Test func aFullCanBeAskedForAtAnyTime() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        try await daemon.backUp("ledger.db")
        try await ledger.append()
        try await daemon.succeed("backup", "--all", "--full", "--comment", "before the move", "--preserve")
        let full = try await daemon.newest("ledger.db")
        #expect(full.kind == .full)
        #expect(full.comment == "before the move")
        #expect(full.preserved)
        #expect(full.pagesStored < full.pages)
    }

    @Test(arguments: Ledger.Journal.allCases, [512, 4096, 65536])
    func anyPointRestoresBesideByteForByteByIdAndByTime(_ journal: Ledger.Journal, _ pageSize: Int) async throws {
        let daemon = try await PrivateDaemon.started()
        let ledger = try await daemon.ledger("ledger.db").create(journal, pageSize: pageSize)
        chmod(ledger.path, 0o640)
        var points: [(backup: Backup, content: Data)] = []
        for _ in 0..<3 {
            points.append((try await daemon.backUp("ledger.db"), try content(ledger.path)))
            try await ledger.append(2)
        }
        for (backup, expected) in points {
            let copy = try await daemon.restoreBeside("ledger.db", backup.id)
            #expect(try content(copy) == expected, "\(backup.id)")
            #expect(try FileManager.default.attributesOfItem(atPath: copy)[.posixPermissions] as? Int == 0o640)
            let byTime = daemon.folder.fresh("restored/by-time")
            try await daemon.succeed("restore", "ledger.db", "--at", backup.instant.rfc3339Exact(), "--to", byTime)
            #expect(try content(byTime) == expected, "\(backup.id) by its instant")
        }
        let newest = daemon.folder.fresh("restored/newest")
        try await daemon.succeed("restore", "ledger.db", "--to", newest)
        #expect(try content(newest) == points[2].content)
        #expect(try FileManager.default.contentsOfDirectory(atPath: daemon.restored).count == 7)
        #expect(try FileManager.default.contentsOfDirectory(atPath: daemon.databases) == ["ledger.db"])
    }

    @Test func aTimeBeforeTheFirstPointFindsNothing() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try await daemon.backUp("ledger.db")
        let target = daemon.folder.fresh("restored/early")
        let output = try await daemon.holdfast("restore", "ledger.db", "--at", "2001-01-01T00:00:00Z", "--to", target)
        expectRefusal(output, 16, .notFound)
        #expect(!FileManager.default.fileExists(atPath: target))
    }

    @Test func aDownloadEqualsTheRestore() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger(.delete)
        let backup = try await daemon.backUp("ledger.db")
        let file = daemon.folder.fresh("download")
        try await daemon.succeed("download", "\(backup.id)", "-o", file)
        #expect(try content(file) == content(ledger.path))
        let copy = try await daemon.restoreBeside("ledger.db", backup.id)
        #expect(try content(file) == content(copy))
        #expect(try await daemon.messages().contains { $0.code == .backupDownloaded && $0.actor.uid == getuid() })
    }

    @Test func inPlaceBringsThePointBackAndKeepsWhatItReplaced() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        let backup = try await daemon.backUp("ledger.db")
        let old = try content(ledger.path)
        try await ledger.append(3)
        let replaced = try content(ledger.path)
        let unasked = try await daemon.holdfast("restore", "ledger.db", "--backup", "\(backup.id)", "--in-place")
        #expect(unasked.status == 2, "nobody said yes: \(unasked)")
        #expect(try content(ledger.path) == replaced)
        try await daemon.succeed("restore", "ledger.db", "--backup", "\(backup.id)", "--in-place", "--yes")
        #expect(try content(ledger.path) == old)
        try await ledger.check()
        let result = try #require(
            try await daemon.messages().last { $0.code == .restoreSucceeded }, "no message of the restore")
        #expect(result.actor.uid == getuid())
        let kept = try FileManager.default.subpathsOfDirectory(atPath: daemon.databases)
            .filter { (try? content("\(daemon.databases)/\($0)")) == replaced }
        #expect(kept.count == 1, "the replaced file is kept once")
        try await ledger.append()
        #expect(try await daemon.backUp("ledger.db").id != backup.id)
        #expect(
            try await daemon.read(Listing<Database>.self, "databases").items.count == 1, "what is kept is no database")
        try await daemon.succeed("restore", "ledger.db", "--discard-replaced", "--yes")
        #expect(try FileManager.default.contentsOfDirectory(atPath: daemon.databases) == ["ledger.db"])
    }

    @Test func inPlaceIsRefusedWhileAClientHoldsTheDatabase() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger(.delete)
        try await daemon.backUp("ledger.db")
        let holder = try await ledger.startHolder()
        let clients = try await daemon.read(Listing<DatabaseClient>.self, "clients", "list").items
        #expect(clients.contains { $0.pid == holder.pid && $0.command.contains("ledger-writer") })
        let output = try await daemon.holdfast("restore", "ledger.db", "--in-place", "--yes")
        expectRefusal(output, 11, .databaseInUse)
        holder.endInput()
        _ = try await holder.wait(within: .seconds(10))
        #expect(try await daemon.read(Listing<DatabaseClient>.self, "clients", "list").items.isEmpty)
        try await daemon.succeed("restore", "ledger.db", "--in-place", "--yes")
    }

    @Test func everyLevelOfVerifyLeavesItsProof() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        try await daemon.backUp("ledger.db")
        try await ledger.append()
        let backup = try await daemon.backUp("ledger.db")
        for level in VerifyLevel.allCases {
            try await daemon.succeed("verify", "\(backup.id)", "--level", level.rawValue)
            let proof = try #require(try await daemon.read(Backup.self, "backups", "show", "\(backup.id)").verified)
            #expect(proof.level == level)
        }
        #expect(try await daemon.newest("ledger.db").proven != nil)
        #expect(try await daemon.read(Database.self, "databases", "show", "ledger.db").lastProven != nil)
        try await daemon.succeed("verify", "ledger.db")
        try await daemon.succeed("verify")
    }

    @Test func deletingIsSoftAndPreservingIsOnRecord() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        let first = try await daemon.backUp("ledger.db")
        try await ledger.append()
        try await daemon.backUp("ledger.db")
        try await daemon.succeed("backups", "preserve", "\(first.id)")
        #expect(try await daemon.read(Backup.self, "backups", "show", "\(first.id)").preserved)
        try await daemon.succeed("backups", "release", "\(first.id)")
        #expect(try await !daemon.read(Backup.self, "backups", "show", "\(first.id)").preserved)
        let unasked = try await daemon.holdfast("backups", "delete", "\(first.id)")
        #expect(unasked.status == 2, "nobody said yes: \(unasked)")
        try await daemon.succeed("backups", "delete", "\(first.id)", "--yes")
        #expect(try await daemon.backups().count == 1)
        try await daemon.stop()
        try await daemon.start()
        #expect(try await daemon.backups().count == 1, "a deletion outlives a restart")
        try await daemon.succeed("backups", "undelete", "\(first.id)")
        #expect(try await daemon.backups().count == 2)
        try await daemon.proveByRestore("ledger.db", first.id)
        let codes = try await daemon.messages().map(\.code)
        for code in [Code.backupPreserved, .backupReleased, .backupDeleted, .backupUndeleted] {
            #expect(codes.contains(code))
        }
    }

    @Test func ticksBackUpByThemselvesAndCoverEveryDatabase() async throws {
        var options = PrivateDaemon.Options()
        options.progressiveEvery = "1s"
        let (daemon, ledger) = try await PrivateDaemon.withLedger(.wal, options)
        try await daemon.ledger("second.db").create(.delete)
        try await until("a scheduled backup of both") {
            Set(try await daemon.backups().map(\.database.text)) == ["own/ledger.db", "own/second.db"]
        }
        try await ledger.append()
        try await until("a scheduled progressive") {
            try await daemon.backups("ledger.db").contains { $0.kind == .progressive && $0.origin == .scheduled }
        }
        try await daemon.proveByRestore("ledger.db", try await daemon.newest("ledger.db").id)
    }
}
