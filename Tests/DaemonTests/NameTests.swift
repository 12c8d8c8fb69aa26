import Foundation
import Model
import Platform
import Testing
import Wire

/// Names are bytes, also to the real programs: some look alike, some have a slash beside a mark that hides it from Swift.
@Suite(.realDaemon) struct NameTests {
    static let names = ["caf\u{e9}.db", "cafe\u{301}.db", "\u{301}first.db", "last\u{600}/x.db"]

    /// One ledger a name, each with a content of its own; backed up.
    private func backedUp() async throws -> PrivateDaemon {
        let daemon = try await PrivateDaemon.started()
        try Files.makeDirectory("\(daemon.databases)/last\u{600}", mode: 0o755)
        for (number, name) in Self.names.enumerated() {
            try await daemon.ledger(name).create(.delete)
            try await daemon.ledger(name).append(number + 1)
        }
        try await daemon.succeed("backup", "own")
        return daemon
    }

    @Test func eachComesBackWithItsOwnRows() async throws {
        let daemon = try await backedUp()
        let contents = try Self.names.map { try Files.read("\(daemon.databases)/\($0)") }
        #expect(Set(contents).count == Self.names.count)
        #expect(try await daemon.backups().count == Self.names.count)
        for (name, content) in zip(Self.names, contents) {
            let target = daemon.folder.fresh("restored/copy")
            try await daemon.succeed("restore", "own/\(name)", "--to", target)
            #expect(try Files.read(target) == content, "\(name.debugDescription)")
        }
        // In its own place, and not in that of the one that looks the same.
        try await daemon.ledger(Self.names[0]).append(5)
        try await daemon.ledger(Self.names[1]).append(5)
        let other = try Files.read("\(daemon.databases)/\(Self.names[1])")
        try await daemon.succeed("restore", "own/\(Self.names[0])", "--in-place", "--yes")
        #expect(try Files.read("\(daemon.databases)/\(Self.names[0])") == contents[0])
        #expect(try Files.read("\(daemon.databases)/\(Self.names[1])") == other)
        try await daemon.succeed("restore", "own/\(Self.names[1])", "--in-place", "--yes")
        #expect(try Files.read("\(daemon.databases)/\(Self.names[1])") == contents[1])
        try await daemon.succeed("restore", "own/\(Self.names[0])", "--discard-replaced", "--yes")
        let kept = try Files.list(daemon.databases).filter { $0.contains(".replaced-") }
        #expect(kept.count == 1 && kept.allSatisfy { $0.begins(with: Self.names[1]) })
    }

    @Test func whatIsDoneForAServerIsDoneForAll() async throws {
        let daemon = try await backedUp()
        try await daemon.succeed("verify", "own", "--level", "pages")
        let backups = try await daemon.backups()
        #expect(backups.count == Self.names.count && backups.allSatisfy { $0.verified?.level == .pages })
        try await daemon.succeed(
            "schedules", "add", "first", "--backup", "full", "--when", "daily", "--scope", "own/\(Self.names[2])")
        for name in Self.names {
            let shown = try await daemon.read(Database.self, "databases", "show", "own/\(name)")
            #expect((shown.nextRunSchedule == "first") == (name == Self.names[2]), "\(name.debugDescription)")
        }
    }
}
