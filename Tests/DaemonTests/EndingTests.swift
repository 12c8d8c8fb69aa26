import Glibc
import Model
import Testing
import Wire

/// SIGTERM in the middle of work, as at a reboot or an upgrade.
@Suite(.realDaemon) struct EndingTests {
    /// A daemon that reads `rate` a second, in the middle of a full backup of 24 MiB, and the command that asked for it.
    private func backingUp(
        at rate: String, telling manager: ServiceManager? = nil
    ) async throws -> (PrivateDaemon, Child) {
        var options = PrivateDaemon.Options()
        options.backup = ["read_limit = \"\(rate)\""]
        let daemon = try PrivateDaemon(options)
        try await daemon.makeRepository()
        _ = try await daemon.ledger("ledger.db").create(.wal, size: 24 << 20)
        try await daemon.start(environment: manager.map { ["NOTIFY_SOCKET": $0.path] } ?? [:])
        let backup = try Child(
            Programs.command, ["backup", "ledger.db", "--full", "--socket", daemon.socket],
            output: daemon.folder.fresh("backup"))
        try await until("a backup that tells how long it needs") {
            manager?.listen()
            let runs = try await daemon.read(Listing<Run>.self, "runs", "--active").items
            return runs.contains { $0.kind == .backup && $0.progress?.remainingSeconds != nil }
        }
        return (daemon, backup)
    }

    @Test func aBackupThatIsAboutToBeDoneIsFinished() async throws {
        let (daemon, backup) = try await backingUp(at: "6M")
        daemon.signal(SIGTERM)
        let output = try await backup.wait(within: .seconds(60))
        #expect(output.status == 0, "\(output)")
        try await daemon.stop()
        #expect(try await daemon.read(Listing<Backup>.self, alone: ["backups"]).items.count == 1)
    }

    @Test func oneThatNeedsLongIsDroppedAtOnceAndMadeAgain() async throws {
        let (daemon, backup) = try await backingUp(at: "100K")
        let told = ContinuousClock.now
        try await daemon.stop()
        #expect(ContinuousClock.now - told < .seconds(60))
        let output = try await backup.wait(within: .seconds(30))
        #expect(output.status != 0, "\(output)")
        #expect(try await daemon.read(Listing<Backup>.self, alone: ["backups"]).items.isEmpty)
    }

    @Test func aSecondSignalWaitsForNothing() async throws {
        let folder = try PrivateFolder()
        let manager = try ServiceManager(folder)
        let (daemon, backup) = try await backingUp(at: "1M", telling: manager)
        daemon.signal(SIGTERM)
        try await until("a daemon that lets the backup finish") {
            manager.listen().contains { $0.hasPrefix("EXTEND_TIMEOUT_USEC=") }
        }
        #expect(backup.isAtWork)
        try await daemon.stop()
        let output = try await backup.wait(within: .seconds(30))
        #expect(output.status != 0, "\(output)")
        #expect(try await daemon.read(Listing<Backup>.self, alone: ["backups"]).items.isEmpty)
    }

    @Test func theServiceManagerHearsWhatWorksAndThatItsEndTakesLonger() async throws {
        let folder = try PrivateFolder()
        let manager = try ServiceManager(folder)
        let (daemon, backup) = try await backingUp(at: "4M", telling: manager)
        try await until("the backup in the status line") {
            manager.listen().contains { $0.hasPrefix("STATUS=serving 1 server: backing up own/ledger.db") }
        }
        daemon.signal(SIGTERM)
        try await until(within: .seconds(60), "the end of the backup") {
            manager.listen()
            return !backup.isAtWork
        }
        #expect(backup.status == 0)
        try await daemon.stop()
        let heard = manager.listen()
        let ready = try #require(heard.firstIndex(of: "READY=1"))
        let stopping = try #require(heard.firstIndex(of: "STOPPING=1"))
        let extended = try #require(heard.firstIndex { $0.hasPrefix("EXTEND_TIMEOUT_USEC=") })
        #expect(ready < stopping && stopping < extended, "\(heard)")
    }
}
