import Foundation
import Model
import Testing
import Wire

/// A reader that shares nothing with this program but the specification of the format: `etc/examples/read-repository`.
///
/// What it can't read, the specification doesn't say.
@Suite(.realDaemon, .enabled(if: ForeignReader.isUsable)) struct ForeignReaderTests {
    /// More than sixteen backups: their deltas are merged in a map.
    private static let count = 18

    @Test(.timeLimit(.minutes(5))) func readsEveryBackupBeforeAndAfterAPrune() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        for number in 0..<Self.count {
            if number > 0 { try await ledger.append(3) }
            try await daemon.backUp("ledger.db", full: number == 0)
        }
        let reader = ForeignReader(daemon)
        let all = try await daemon.backups("ledger.db").map(\.id)
        #expect(try await reader.backups() == all)
        #expect(try maps(of: daemon, "0").count > 0)
        for id in [all[0], all[8], all[Self.count - 1]] { try await expectSame(id, reader, daemon) }

        let kept = all.enumerated().filter { $0.offset % 4 == 1 || $0.offset == Self.count - 1 }.map(\.element)
        let gone = all.filter { !kept.contains($0) }.map(\.description)
        _ = try PrivateDaemon.good(try await daemon.holdfast(["backups", "delete", "--yes"] + gone))
        try await daemon.succeed("prune", "--now", "--yes", "--confirm")
        #expect(try maps(of: daemon, "1").count > 0)
        #expect(try await reader.backups() == kept)
        for id in kept { try await expectSame(id, reader, daemon) }
    }

    @Test func opensTheRepositoryByWords() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let backup = try await daemon.backUp("ledger.db")
        let reply = try await daemon.read(KeyReply.self, "repository", "keys", "add", "--recovery")
        let output = try await daemon.folder.run(
            "/bin/sh",
            [
                "-c", "printf '%s\\n' \"$0\" | \"$1\" \"$2\" words", try #require(reply.recoveryWords),
                ForeignReader.program, daemon.repository,
            ])
        #expect(try PrivateDaemon.good(output).hasPrefix("\(backup.id) "))
    }

    private func maps(of daemon: PrivateDaemon, _ generation: String) throws -> [String] {
        let unit = try #require(FileManager.default.contentsOfDirectory(atPath: "\(daemon.repository)/db").first)
        return try FileManager.default.contentsOfDirectory(
            atPath: "\(daemon.repository)/db/\(unit)/maps/\(generation)")
    }

    private func expectSame(_ id: BackupID, _ reader: ForeignReader, _ daemon: PrivateDaemon) async throws {
        let own = try content(await daemon.restoreBeside("ledger.db", id))
        #expect(try await reader.content(of: id) == own, "\(id)")
    }
}

/// The example that reads repositories of this format.
private struct ForeignReader {
    static let program =
        URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../etc/examples/read-repository")
        .standardizedFileURL.path

    /// Whether its modules are there. In CI they are required: a skipped suite would prove nothing.
    static let isUsable: Bool = {
        if ProcessInfo.processInfo.environment["CI"] != nil { return true }
        guard let python = Programs.ofSystem("python3") else { return false }
        let process = Process()
        process.executableURL = URL(filePath: python)
        process.arguments = ["-c", "import cryptography, ctypes; ctypes.CDLL('libxxhash.so.0')"]
        process.standardError = FileHandle.nullDevice
        guard (try? process.run()) != nil else { return false }
        process.waitUntilExit()
        return process.terminationStatus == 0
    }()

    let daemon: PrivateDaemon

    init(_ daemon: PrivateDaemon) { self.daemon = daemon }

    /// Oldest first.
    func backups() async throws -> [BackupID] {
        try await run([]).split(separator: "\n").compactMap { BackupID(String($0.prefix { $0 != " " })) }
    }

    func content(of id: BackupID) async throws -> Data {
        let folder = daemon.folder.fresh("read")
        _ = try await run(["\(id)", folder])
        return try DaemonTests.content("\(folder)/ledger.db")
    }

    private func run(_ arguments: [String]) async throws -> String {
        let output = try await daemon.folder.run(Self.program, [daemon.repository, daemon.keyFile] + arguments)
        return try PrivateDaemon.good(output)
    }
}
