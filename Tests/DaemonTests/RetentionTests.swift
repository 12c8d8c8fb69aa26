import Foundation
import Model
import Testing
import Wire

/// Retention, prune and soft delete of a real daemon.
@Suite(.realDaemon) struct RetentionTests {
    private func preview(_ daemon: PrivateDaemon, _ arguments: String...) async throws -> RetentionPreview {
        let output = try await daemon.holdfast(["retention", "preview", "ledger.db", "--json"] + arguments)
        return try #require(
            try WireCoding.decode(Listing<RetentionPreview>.self, from: try PrivateDaemon.good(output).utf8).items.first
        )
    }

    /// A database with so many backups, each of another state.
    private func backedUp(_ count: Int) async throws -> (PrivateDaemon, [Backup]) {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        for number in 0..<count {
            if number > 0 { try await ledger.append() }
            try await daemon.backUp("ledger.db", full: number == 0)
        }
        return (daemon, try await daemon.backups("ledger.db"))
    }

    @Test func whatIsDeletedComesBackUntilAPruneDeletesItForGood() async throws {
        let (daemon, backups) = try await backedUp(5)
        let ids = backups.map(\.id.description)
        try await daemon.succeed("backups", "delete", ids[0], ids[1], ids[2], "--yes")
        try await daemon.succeed("prune", "--yes")
        try await daemon.succeed("backups", "undelete", ids[2])
        #expect(try await daemon.backups("ledger.db").count == 3)
        let shown = try await preview(daemon, "--now")
        #expect(shown.verdicts.filter { $0.verdict == .removed }.map(\.backup.description) == [ids[1], ids[0]])
        let before = try await daemon.read(RepositorySpace.self, "repository", "space").used
        let output = try await daemon.holdfast("prune", "--now", "--yes", "--json")
        let run = try WireCoding.decode(Run.self, from: try PrivateDaemon.good(output).utf8)
        let pruned = try #require(run.pruned)
        #expect(pruned.removed == 2 && pruned.freed == shown.freed)
        #expect(pruned.dead.bytes * 20 <= pruned.stored.bytes)
        #expect(try await daemon.read(RepositorySpace.self, "repository", "space").used < before)
        expectRefusal(try await daemon.holdfast("backups", "undelete", ids[0]), 16, .notFound)
        for id in ids[2...] {
            try await daemon.proveByRestore("ledger.db", try #require(BackupID(id)))
        }
        #expect(try await daemon.holdfast("verify", "--level", "pages").status == 0)
        #expect(try await daemon.holdfast("repository", "check").status == 0)
        // And it goes on: what comes next builds on what is left.
        try await daemon.ledger("ledger.db").append()
        try await daemon.proveByRestore("ledger.db", try await daemon.backUp("ledger.db").id)
    }

    @Test func thePreviewNamesTheRuleAndThePruneDoesJustThat() async throws {
        let (daemon, _) = try await backedUp(3)
        try await daemon.succeed("retention", "set", "--keep-days", "7", "--keep-last", "2")
        let kept = try await preview(daemon)
        #expect(kept.verdicts.allSatisfy { $0.verdict == .kept })
        #expect(kept.verdicts.contains { $0.rule.contains("keep_days 7 (default)") })
        let entries = try await daemon.read(Listing<RetentionEntry>.self, "retention").items
        #expect(entries.first?.rules.keepDays == 7 && entries.first?.source == "admin")
        let run = try WireCoding.decode(
            Run.self, from: try PrivateDaemon.good(try await daemon.holdfast("prune", "--yes", "--json")).utf8)
        #expect(run.pruned?.released == 0 && run.pruned?.removed == 0)
        #expect(try await daemon.messages().contains { $0.code == .retentionChanged })
    }

    @Test(arguments: [
        ["--keep-days", "0"], ["--keep-days", "31"], ["--deleted-days", "16"], ["--deleted-days", "0"],
        ["--keep-last", "0"], ["--daily", "-1"],
    ])
    func limitsHold(arguments: [String]) async throws {
        let daemon = try await PrivateDaemon.started()
        let output = try await daemon.holdfast(["retention", "set"] + arguments)
        #expect(output.status == 2, "\(output)")
        #expect(output.errors.contains("hint:"))
        #expect(try await daemon.read(Listing<RetentionEntry>.self, "retention").items.first?.rules.keepDays == 30)
    }

    @Test func preservedBackupsAndTheNewestGoodOneStay() async throws {
        let (daemon, backups) = try await backedUp(3)
        let ids = backups.map(\.id.description)
        try await daemon.succeed("backups", "preserve", ids[0])
        expectRefusal(try await daemon.holdfast("backups", "delete", ids[0], "--yes"), 13, .notPermitted)
        try await daemon.succeed("backups", "release", ids[0])
        try await daemon.succeed("backups", "delete", ids[0], ids[1], ids[2], "--yes")
        try await daemon.succeed("prune", "--now", "--yes", "--confirm")
        let left = try await daemon.read(Listing<Backup>.self, "backups", "--deleted").items.map(\.id.description)
        // The newest good one stays even against an admin, in soft delete.
        #expect(left == [ids[2]])
        try await daemon.succeed("backups", "undelete", ids[2])
        try await daemon.proveByRestore("ledger.db", backups[2].id)
    }

    @Test func aPruneOfAWholePastStaysWholeOverAKill() async throws {
        let (daemon, backups) = try await backedUp(6)
        let ids = backups.map(\.id.description)
        try await daemon.succeed(backups: ids.dropLast())
        async let pruned = daemon.holdfast("prune", "--now", "--yes", "--confirm")
        try await daemon.crash()
        _ = try? await pruned
        try await daemon.start()
        try await daemon.succeed("prune", "--now", "--yes", "--confirm")
        try await daemon.proveByRestore("ledger.db", backups[5].id)
        #expect(try await daemon.holdfast("repository", "check").status == 0)
    }
}

extension PrivateDaemon {
    fileprivate func succeed(backups ids: some Sequence<String>) async throws {
        let output = try await holdfast(["backups", "delete"] + Array(ids) + ["--yes"])
        _ = try Self.good(output)
    }
}
