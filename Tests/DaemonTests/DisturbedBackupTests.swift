import EnginesTestSupport
import Foundation
import Glibc
import Model
import Testing
import Wire

/// What happens to a database while it is being read: a clear failure or one committed state, and the next backup works.
@Suite(.realDaemon) struct DisturbedBackupTests {
    enum Disturbance: String, Sendable, CaseIterable {
        case removed
        case replaced
        case truncated
        case vacuumed
        case switched
    }

    @Test(arguments: Disturbance.allCases)
    func aDatabaseDisturbedDuringItsBackupIsNeverStoredTorn(_ disturbance: Disturbance) async throws {
        let daemon = try await PrivateDaemon.started()
        let ledger = try await daemon.ledger("ledger.db").create(.wal, size: 24 << 20)
        try await ledger.append(20)
        let whole = try content(ledger.path)
        let other = try await Ledger("\(daemon.path)/other", in: daemon.folder).create(.delete, size: 20 << 20)
        var random = PrintedRandom("disturbed by \(disturbance.rawValue)")
        for _ in 0..<2 {
            let backup = try Child(
                Programs.command, ["backup", "ledger.db", "--full", "--socket", daemon.socket],
                output: daemon.folder.fresh("backup"))
            let moment = ContinuousClock.now + .milliseconds(Int.random(in: 0...400, using: &random))
            try await until("the moment") { ContinuousClock.now >= moment || !backup.isAtWork }
            try await disturb(ledger, other, disturbance)
            let output = try await backup.wait(within: .seconds(120))
            if output.status != 0 {
                #expect((output.text + output.errors).contains("hint:"), "\(output)")
            }
            #expect(daemon.isAtWork)
            for point in try await daemon.backups() { try await daemon.proveByRestore("ledger.db", point.id) }
            // A log that the backup kept its last client from clearing away belongs to the file that goes.
            for sidecar in ["", "-wal", "-shm", "-journal"] {
                try? FileManager.default.removeItem(atPath: ledger.path + sidecar)
            }
            try whole.write(to: URL(filePath: ledger.path))
            let next = try await daemon.backUp("ledger.db")
            let copy = try await daemon.restoreBeside("ledger.db", next.id)
            #expect(try content(copy) == whole)
        }
    }

    @Test func aDaemonToldToEndDropsABackupSafelyAndTakesItUpAgain() async throws {
        let daemon = try await PrivateDaemon.started()
        let ledger = try await daemon.ledger("ledger.db").create(.delete, size: 24 << 20)
        var random = PrintedRandom("told to end")
        for _ in 0..<3 {
            try await ledger.append()
            let backup = try Child(
                Programs.command, ["backup", "ledger.db", "--full", "--socket", daemon.socket],
                output: daemon.folder.fresh("backup"))
            let moment = ContinuousClock.now + .milliseconds(Int.random(in: 0...300, using: &random))
            try await until("the moment") { ContinuousClock.now >= moment || !backup.isAtWork }
            let held = try content(ledger.path)
            try await daemon.stop()
            let output = try await backup.wait(within: .seconds(30))
            try await daemon.start()
            if output.status == 0 {
                let copy = try await daemon.restoreBeside("ledger.db", try await daemon.newest("ledger.db").id)
                #expect(try content(copy) == held)
            }
            try await daemon.proveByRestore("ledger.db", daemon.backUp("ledger.db").id)
        }
        try await daemon.succeed("repository", "check")
    }

    private func disturb(_ ledger: Ledger, _ other: Ledger, _ disturbance: Disturbance) async throws {
        switch disturbance {
        case .removed: try FileManager.default.removeItem(atPath: ledger.path)
        case .replaced:
            try content(other.path).write(to: URL(filePath: ledger.path + "-new"))
            guard rename(ledger.path + "-new", ledger.path) == 0 else { throw Unexpected("cannot rename") }
        case .truncated: truncate(ledger.path, 1 << 20)
        case .vacuumed: try await ledger.write(["--transactions", "150", "--vacuum"])
        case .switched: try await ledger.write(["--transactions", "150", "--switch-journal"])
        }
    }
}
