import Foundation
import Glibc
import Model
import Testing
import Wire

/// What the message center says of an ordinary life and of its accidents, each with its code.
@Suite(.realDaemon) struct EverydayMessageTests {
    private func codes(_ daemon: PrivateDaemon) async throws -> [Code] { try await daemon.messages().map(\.code) }

    /// Flips a byte of the first frame of a backup of the only database.
    private func damage(_ daemon: PrivateDaemon, _ backup: Backup) throws {
        let names = try FileManager.default.subpathsOfDirectory(atPath: daemon.repository)
        let name = try #require(names.first { $0.contains("/points/") && $0.hasSuffix("\(backup.id.sequence)") })
        let path = "\(daemon.repository)/\(name)"
        var bytes = try content(path)
        bytes[200] ^= 1
        try bytes.write(to: URL(filePath: path))
    }

    @Test func theDaemonTellsOfItsSettingsAndItsEnd() async throws {
        let daemon = try await PrivateDaemon.started()
        daemon.signal(SIGHUP)
        try await until("the message of the settings") { try await codes(daemon).contains(.settingsReloaded) }
        #expect(try await !codes(daemon).contains(.daemonStopped))
        try await daemon.stop()
        try await daemon.start()
        #expect(try await codes(daemon).filter { $0 == .daemonStopped }.count == 1)
    }

    @Test func aBackupTellsOfItsBeginningAndThatNothingHadChanged() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let backup = try await daemon.backUp("ledger.db")
        try await daemon.backUp("ledger.db")
        let told = try await daemon.messages().filter { $0.database?.text == "own/ledger.db" && $0.run != nil }
        #expect(told.map(\.code) == [.backupStarted, .backupSucceeded, .backupStarted, .backupUnchanged])
        #expect(told.last?.text.contains("\(backup.id)") == true)
    }

    @Test func aRestoreInPlaceTellsOfItsBeginningAndOfWhatIsDiscarded() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        try await daemon.backUp("ledger.db")
        try await ledger.append()
        try await daemon.succeed("restore", "ledger.db", "--in-place", "--yes")
        try await daemon.succeed("restore", "ledger.db", "--discard-replaced", "--yes")
        let told = try await daemon.messages().filter {
            [.restoreStarted, .restoreSucceeded, .replacedDiscarded].contains($0.code)
        }
        #expect(told.map(\.code) == [.restoreStarted, .restoreSucceeded, .replacedDiscarded])
        #expect(told.allSatisfy { $0.actor.uid == getuid() && $0.database?.text == "own/ledger.db" })
    }

    @Test func proofsOfTheRepositoryAreTold() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try await daemon.backUp("ledger.db")
        try await daemon.succeed("verify", "ledger.db")
        try await daemon.succeed("repository", "check")
        let told = try await codes(daemon).suffix(3)
        #expect(Array(told) == [.verifyStarted, .verifySucceeded, .repositoryChecked])
    }

    @Test func keysAreAddedAndRemovedOnRecord() async throws {
        let daemon = try await PrivateDaemon.started()
        let reply = try await daemon.read(KeyReply.self, "repository", "keys", "add", "--recovery")
        try await daemon.succeed("repository", "keys", "remove", reply.slot.id, "--yes")
        let told = try await daemon.messages().filter { [.keyAdded, .keyRemoved].contains($0.code) }
        #expect(told.map(\.code) == [.keyAdded, .keyRemoved])
        #expect(told.map(\.severity) == [.info, .warning])
        #expect(told.allSatisfy { $0.actor.uid == getuid() && $0.text.contains(reply.slot.id) })
        let words = try #require(reply.recoveryWords).split(separator: " ")
        #expect(told.allSatisfy { message in !words.allSatisfy { message.text.contains($0) } }, "no secret is told")
    }

    @Test func damageFailsTheRestoreAndTheVerification() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let backup = try await daemon.backUp("ledger.db")
        try damage(daemon, backup)
        let target = daemon.folder.fresh("restored/damaged")
        #expect(try await daemon.holdfast("restore", "ledger.db", "--to", target).status == 17)
        #expect(!FileManager.default.fileExists(atPath: target))
        #expect(try await daemon.holdfast("verify", "ledger.db").status == 17)
        let told = try await daemon.messages().filter { $0.severity == .error }
        #expect(told.map(\.code) == [.restoreFailed, .verifyFailed])
        #expect(told.allSatisfy { $0.nextStep != nil })
    }

    @Test func aPruneTellsOfItsBeginningAndItsEndAndOfAFailure() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        let first = try await daemon.backUp("ledger.db")
        try await ledger.append()
        try await daemon.backUp("ledger.db")
        try await daemon.succeed("backups", "delete", "\(first.id)", "--yes")
        try await daemon.succeed("prune", "--now", "--yes", "--confirm")
        let good = try await codes(daemon).filter { [.pruneStarted, .pruneSucceeded, .pruneFailed].contains($0) }
        #expect(good == [.pruneStarted, .pruneSucceeded])
        // As when the disk of the repository is not mounted.
        try FileManager.default.moveItem(atPath: daemon.repository, toPath: daemon.repository + "-away")
        #expect(try await daemon.holdfast("prune", "--yes").status != 0)
        let failure = try #require(try await daemon.messages().last { $0.severity == .error })
        #expect(failure.code == .pruneFailed && failure.nextStep != nil)
        try FileManager.default.moveItem(atPath: daemon.repository + "-away", toPath: daemon.repository)
        try await daemon.succeed("prune", "--yes")
    }

    @Test(arguments: Ledger.Journal.allCases)
    func whatACrashLeftUnfinishedIsBackedUpWholeAndTold(_ journal: Ledger.Journal) async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger(journal)
        // A log with commits that nobody has copied back, or a journal of pages that were overwritten.
        let crashed = try await journal == .wal ? ledger.startHolder() : ledger.startHolder("--spill")
        if journal == .wal { try await ledger.append(3) }
        crashed.killGroup()
        let before = try content(ledger.path)
        let backup = try await daemon.backUp("ledger.db")
        let told = try #require(try await daemon.messages().first { $0.code == .sourceRecovered })
        #expect(told.severity == .info && told.database?.text == "own/ledger.db")
        #expect(try content(ledger.path) == before, "the file is not touched")
        try await daemon.proveByRestore("ledger.db", backup.id)
    }
}
