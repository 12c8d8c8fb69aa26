import Foundation
import Model
import Testing
import Wire

/// A machine with nothing but the repository and a key gets everything back.
@Suite(.realDaemon) struct ColdRecoveryTests {
    /// Three points of two databases, and what they hold; the daemon is gone, with its folder.
    private static func ruins() async throws -> (PrivateDaemon, [(Backup, Data)]) {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        let other = try await daemon.ledger("other.db").create(.delete, pageSize: 1024)
        var points: [(Backup, Data)] = []
        points.append((try await daemon.backUp("ledger.db"), try content(ledger.path)))
        try await ledger.append(5)
        points.append((try await daemon.backUp("ledger.db"), try content(ledger.path)))
        points.append((try await daemon.backUp("other.db"), try content(other.path)))
        try await daemon.crash()
        return (daemon, points)
    }

    /// A folder elsewhere with copies of repository and key alone.
    private static func rescue(_ daemon: PrivateDaemon) async throws -> PrivateDaemon {
        let elsewhere = try PrivateDaemon()
        for part in [daemon.repository, daemon.keyFile] {
            let output = try await elsewhere.folder.run("/bin/cp", ["-a", part, elsewhere.path])
            guard output.status == 0 else { throw Unexpected("\(output)") }
        }
        return elsewhere
    }

    @Test func repositoryAndKeySuffice() async throws {
        let (daemon, points) = try await Self.ruins()
        let elsewhere = try await Self.rescue(daemon)
        let listed = try await elsewhere.read(Listing<Backup>.self, alone: ["backups"]).items
        #expect(Set(listed.map(\.id)) == Set(points.map(\.0.id)))
        for (backup, expected) in points {
            let name = backup.database.text
            let copy = elsewhere.folder.fresh("restored/copy")
            try await elsewhere.succeed(alone: ["restore", name, "--backup", "\(backup.id)", "--to", copy])
            #expect(try content(copy) == expected)
            let file = elsewhere.folder.fresh("download")
            try await elsewhere.succeed(alone: ["download", "\(backup.id)", "-o", file])
            #expect(try content(file) == expected)
            let shown = try await elsewhere.read(Backup.self, alone: ["backups", "show", "\(backup.id)"])
            #expect(shown.database == backup.database && shown.instant == backup.instant)
        }
        for level in VerifyLevel.allCases {
            try await elsewhere.succeed(alone: ["verify", "--level", level.rawValue])
        }
        let space = try await elsewhere.read(RepositorySpace.self, alone: ["repository", "space"])
        #expect(space.backups == 3 && space.used.bytes > 0)
        let check = try await elsewhere.read(RepositoryCheck.self, alone: ["repository", "check"])
        #expect(check.isGood && check.objects >= 3)
    }

    @Test func aLostCatalogIsToldAndProofsStay() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let backup = try await daemon.backUp("ledger.db")
        try await daemon.succeed("drill", "ledger.db")
        let proven = try #require(try await daemon.read(Status.self, "status").databases.first?.lastProven)
        #expect(try await daemon.messages().allSatisfy { $0.code != .catalogRebuilt }, "nothing was lost yet")
        try await daemon.stop()
        for name in try FileManager.default.contentsOfDirectory(atPath: daemon.state) where name.hasPrefix("catalog.db")
        {
            try FileManager.default.removeItem(atPath: "\(daemon.state)/\(name)")
        }
        try await daemon.start()
        let told = try #require(try await daemon.messages().first { $0.code == .catalogRebuilt })
        #expect(told.severity == .warning && told.text.contains("1 database was taken in from the repository"))
        let database = try #require(try await daemon.read(Status.self, "status").databases.first)
        #expect(database.lastBackupId == backup.id)
        // The mark is of a moment before the catalog's own word.
        let kept = try #require(database.lastProven)
        #expect(abs((proven - kept).inSeconds) < 1)
        try await daemon.stop()
        try await daemon.start()
        #expect(try await daemon.messages().count { $0.code == .catalogRebuilt } == 1)
        let status = try await daemon.read(Status.self, "status")
        #expect(status.sentence.contains("needs you: the catalog was rebuilt"), "\(status.sentence)")
        #expect(status.problems.map(\.code) == [.catalogRebuilt])
        try await daemon.succeed("messages", "ack", "\(told.id)")
        #expect(try await daemon.read(Status.self, "status").problems.isEmpty)
    }

    @Test func theWordsOfTheRecoveryKeySuffice() async throws {
        let (daemon, points) = try await Self.ruins()
        let reply = try await daemon.read(
            KeyReply.self, alone: ["repository", "keys", "add", "--recovery", "--label", "safe"])
        let words = try #require(reply.recoveryWords)
        let elsewhere = try await Self.rescue(daemon)
        try FileManager.default.removeItem(atPath: elsewhere.keyFile)
        let copy = elsewhere.folder.fresh("restored/copy")
        let restore = try Child(
            Programs.command, ["restore", "ledger.db", "--to", copy, "--repository", elsewhere.repository],
            output: elsewhere.folder.fresh("restore"), input: .terminal)
        try await until("the question: \(restore.errors)") { restore.errors.contains("recovery key") }
        // As people type them.
        restore.type(words.uppercased().replacing("-", with: " "))
        _ = try PrivateDaemon.good(try await restore.wait(within: .seconds(60)))
        #expect(try content(copy) == points[1].1)
    }

    @Test func aDaemonWithoutItsCatalogKnowsAllBackupsAgain() async throws {
        let (daemon, points) = try await Self.ruins()
        try FileManager.default.removeItem(atPath: "\(daemon.path)/state")
        _ = try daemon.folder.makeFolder("state")
        try await daemon.start()
        let listed = try await daemon.backups()
        #expect(Set(listed.map(\.id)) == Set(points.map(\.0.id)))
        for (backup, expected) in points {
            let copy = try await daemon.restoreBeside(backup.database.text, backup.id)
            #expect(try content(copy) == expected)
        }
        let ledger = daemon.ledger("ledger.db")
        try await ledger.append()
        let next = try await daemon.backUp("ledger.db")
        #expect(next.id.unitPrefix == points[0].0.id.unitPrefix, "the same database stays the same backup unit")
        #expect(try content(await daemon.restoreBeside("ledger.db", next.id)) == content(ledger.path))
    }

    @Test func databasesThatAreGoneAreStillRestored() async throws {
        let (daemon, points) = try await Self.ruins()
        try FileManager.default.removeItem(atPath: daemon.ledger("ledger.db").path)
        try await daemon.start()
        let copy = try await daemon.restoreBeside("ledger.db", points[1].0.id)
        #expect(try content(copy) == points[1].1)
        try await daemon.succeed("restore", "ledger.db", "--in-place", "--yes")
        #expect(try content(daemon.ledger("ledger.db").path) == points[1].1)
    }
}
