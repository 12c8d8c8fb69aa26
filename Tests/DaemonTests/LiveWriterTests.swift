import EnginesTestSupport
import Foundation
import Model
import Testing
import Wire

/// Backups taken again and again while several processes write: each holds exactly one committed state.
@Suite(.realDaemon) struct LiveWriterTests {
    struct Load: Sendable, CustomTestStringConvertible {
        var journal: Ledger.Journal
        var options: [String]
        var pageSize = 4096

        var testDescription: String { "\(journal.rawValue) \(options.joined(separator: " ")), \(pageSize)" }

        static let all = [
            Load(
                journal: .wal, options: ["--processes", "3", "--rate", "60", "--schema", "--vacuum", "--checkpoints"]),
            Load(journal: .delete, options: ["--processes", "3", "--rate", "30", "--schema", "--vacuum"]),
            Load(
                journal: .wal,
                options: ["--processes", "2", "--rate", "40", "--switch-journal", "--reopen", "--schema", "--vacuum"],
                pageSize: 1024),
        ]
    }

    private static var seconds: Int { Long.isAsked ? 120 : 5 }

    @Test(arguments: Load.all)
    func everyPointTakenWhileOthersWriteIsOneCommittedState(_ load: Load) async throws {
        let daemon = try await PrivateDaemon.started()
        let ledger = try await daemon.ledger("ledger.db").create(load.journal, pageSize: load.pageSize, size: 1 << 20)
        let writer = try ledger.startWriter(load.options + ["--report"])
        let end = ContinuousClock.now + .seconds(Self.seconds)
        var taken = 0
        while ContinuousClock.now < end {
            try await daemon.succeed("backup", "ledger.db")
            taken += 1
            #expect(writer.isAtWork, "\(writer.errors)")
        }
        try await stop(writer)
        print("\(load.testDescription): \(taken) backups beside\n\(writer.output)")
        let last = try await ledger.check()
        try await daemon.succeed("backup", "ledger.db")

        let points = try await daemon.backups()
        #expect(points.count >= min(taken, 3))
        #expect(zip(points, points.dropFirst()).allSatisfy { $0.instant < $1.instant })
        var transactions: [Int] = []
        for point in points {
            transactions.append(try await daemon.proveByRestore("ledger.db", point.id))
        }
        #expect(transactions == transactions.sorted(), "later points hold later transactions")
        #expect(transactions.last == last)
        let copy = try await daemon.restoreBeside("ledger.db", try #require(points.last).id)
        #expect(try content(copy) == content(ledger.path))
        try await daemon.succeed("verify", "--level", "restore", within: .seconds(900))
        let codes = try await daemon.messages().map(\.code)
        #expect(!codes.contains(.drift) && !codes.contains(.stepRefused) && !codes.contains(.backupFailed))
        #expect(try FileManager.default.contentsOfDirectory(atPath: daemon.databases) == ["ledger.db"])
    }
}
