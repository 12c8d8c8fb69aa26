import Foundation
import Glibc
import Model
import Testing
import Wire

/// The message center: durable, followed live, and the same in its text log.
@Suite(.realDaemon) struct MessageTests {
    @Test func everyDeedIsOnRecordInOrderWithItsActor() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let backup = try await daemon.backUp("ledger.db")
        _ = try await daemon.restoreBeside("ledger.db", backup.id)
        let messages = try await daemon.messages()
        #expect(messages.map(\.id) == messages.map(\.id).sorted())
        #expect(Set(messages.map(\.id)).count == messages.count)
        for code in [Code.daemonStarted, .databaseFound, .backupSucceeded, .restoreSucceeded] {
            #expect(messages.contains { $0.code == code }, "\(code.rawValue)")
        }
        let ours = messages.filter { [.backupSucceeded, .restoreSucceeded].contains($0.code) }
        #expect(ours.allSatisfy { $0.actor.uid == getuid() && $0.database?.text == "own/ledger.db" })
        try await daemon.stop()
        try await daemon.start()
        let later = try await daemon.messages()
        #expect(Array(later.prefix(messages.count)).map(\.id) == messages.map(\.id), "messages outlive a restart")
    }

    @Test func aNewMessageReachesAFollowerAtOnce() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        let follower = try Child(
            Programs.command, ["messages", "--follow", "--json", "--socket", daemon.socket],
            output: daemon.folder.fresh("follower"))
        try await until("what has been said before") { follower.output.contains(Code.daemonStarted.rawValue) }
        try await daemon.backUp("ledger.db")
        var delays: [Double] = []
        for _ in 0..<5 {
            try await ledger.append()
            async let backup: Void = { _ = try await daemon.succeed("backup", "ledger.db") }()
            let before = Self.messages(in: follower.output).filter { $0.code == .backupSucceeded }.count
            let new = try await eventually("the message of a backup") {
                let found = Self.messages(in: follower.output).filter { $0.code == .backupSucceeded }
                return found.count > before ? found.last : nil
            }
            delays.append(Date.now.timeIntervalSince1970 - Double(new.instant.microseconds) / 1e6)
            try await backup
        }
        print("followers learn of a message after \(delays.map { Int($0 * 1000) }) ms")
        // The promise is 100 ms on a quiet machine. Here other tests run beside, so this tells live from polled only.
        #expect(try #require(delays.max()) < 2)
        let told = Self.messages(in: follower.output).filter { $0.progress == nil }.map(\.id)
        let recorded = try await daemon.messages().map(\.id)
        #expect(Set(told).isSubset(of: recorded))
        #expect(Set(recorded).isSubset(of: Set(Self.messages(in: follower.output).map(\.id))))
    }

    @Test func aFollowerAndTheLogGoOnAfterTheDaemonWasKilled() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        let follower = try Child(
            Programs.command, ["messages", "--follow", "--json", "--after", "0", "--socket", daemon.socket],
            output: daemon.folder.fresh("follower"))
        for _ in 0..<3 {
            try await daemon.backUp("ledger.db")
            try await daemon.crash()
            try await daemon.start()
            try await ledger.append()
        }
        // The pause between attempts has grown to some seconds at most.
        let recorded = try await eventually(within: .seconds(60), "a follower that has caught up") {
            let recorded = try await daemon.messages().map(\.id)
            return Self.messages(in: follower.output).last?.id == recorded.last ? recorded : nil
        }
        let told = Self.messages(in: follower.output).filter { $0.progress == nil }.map(\.id)
        #expect(told == recorded, "each once and in order")
        try await until("all messages in the log") { Self.lines(daemon.messagesLog).count >= recorded.count }
        let logged = Self.lines(daemon.messagesLog).map { String($0.split(separator: "\t").last ?? "") }
        #expect(logged == recorded.map { "#\($0)" })
    }

    @Test func theTextLogHasTheSameLinesAndIsReopenedOnRequest() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        let backup = try await daemon.backUp("ledger.db")
        let recorded = try await daemon.messages()
        try await until("all messages in the log") { Self.lines(daemon.messagesLog).count >= recorded.count }
        let lines = Self.lines(daemon.messagesLog)
        #expect(lines.count == recorded.count)
        for (line, message) in zip(lines, recorded) {
            #expect(line.contains(message.code.rawValue), "\(line)")
        }
        let moved = daemon.messagesLog + ".1"
        try FileManager.default.moveItem(atPath: daemon.messagesLog, toPath: moved)
        daemon.signal(SIGHUP)
        try await until("a new log") { FileManager.default.fileExists(atPath: daemon.messagesLog) }
        let old = try content(moved)
        try await ledger.append()
        try await daemon.succeed("backups", "preserve", "\(backup.id)")
        try await until("the new message in the new log") {
            Self.lines(daemon.messagesLog).contains { $0.contains(Code.backupPreserved.rawValue) }
        }
        #expect(try content(moved) == old)
        let codes = try await daemon.messages().count
        #expect(Self.lines(moved).count + Self.lines(daemon.messagesLog).count == codes, "nothing twice, nothing lost")
    }

    @Test func messagesAreChosenAndAcknowledged() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        try await daemon.backUp("ledger.db")
        let all = try await daemon.messages()
        let success = try await daemon.read(Listing<Message>.self, "messages", "--database", "ledger.db").items
        #expect(!success.isEmpty && success.allSatisfy { $0.database?.text == "own/ledger.db" })
        #expect(try await daemon.read(Listing<Message>.self, "messages", "--severity", "error").items.isEmpty)
        #expect(
            try await daemon.read(Listing<Message>.self, "messages", "--since", "2999-01-01T00:00:00Z").items.isEmpty)
        try await daemon.succeed("messages", "ack", "\(all[0].id)")
        let open = try await daemon.read(Listing<Message>.self, "messages", "--unacknowledged").items
        #expect(!open.contains { $0.id == all[0].id })
        #expect(open.contains { $0.id == all[1].id })
    }

    /// Messages among the JSON lines of a follower; a line that is still being written is left out.
    private static func messages(in text: String) -> [Message] {
        text.split(separator: "\n").compactMap { try? WireCoding.decode(Message.self, from: $0.utf8) }
    }

    private static func lines(_ path: String) -> [String] {
        ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "").split(separator: "\n").map(String.init)
    }
}
