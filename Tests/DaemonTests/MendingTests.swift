import Foundation
import Glibc
import Model
import Testing
import Wire

/// What goes wrong unseen, and is found and mended by the next backup.
@Suite(.realDaemon) struct MendingTests {
    private func maps(_ daemon: PrivateDaemon) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: daemon.repository)
            .filter { $0.contains("/maps/") && $0.contains("-") }.map { "\(daemon.repository)/\($0)" }
    }

    @Test func aDamagedMapIsMadeAnewByTheNextBackupAndTold() async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        try await until(within: .seconds(60), "a map") {
            try await ledger.append()
            try await daemon.backUp("ledger.db")
            return try !maps(daemon).isEmpty
        }
        let found = try maps(daemon)
        for path in found {
            var bytes = try content(path)
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: URL(filePath: path))
        }
        try await ledger.append()
        let backup = try await daemon.backUp("ledger.db", full: true)
        let told = try #require(try await daemon.messages().first { $0.code == .mapRebuilt })
        #expect(told.severity == .warning && told.database?.text == "own/ledger.db")
        #expect(found.allSatisfy { FileManager.default.fileExists(atPath: $0) })
        try await daemon.succeed("repository", "check")
        try await daemon.proveByRestore("ledger.db", backup.id)
    }

    @Test(.enabled(if: getuid() == 0, "mounting needs root"))
    func aChangeThatNobodyNoticedSoundsTheAlarmAndMakesBackupsSuspect() async throws {
        let disk = try await SmallDisk(megabytes: 16)
        var options = PrivateDaemon.Options()
        options.servers = ["own": [disk.path]]
        let daemon = try await PrivateDaemon.started(options)
        let ledger = try await Ledger("\(disk.path)/ledger.db", in: daemon.folder).create(.delete)
        try await daemon.backUp("ledger.db", full: true)
        try await ledger.append()
        let suspect = try await daemon.backUp("ledger.db")
        try writeUnnoticed(ledger.path)
        try await daemon.backUp("ledger.db", full: true)
        let told = try await daemon.messages().filter { [.drift, .backupSuspect].contains($0.code) }
        #expect(told.map(\.code) == [.drift, .backupSuspect] && told.map(\.severity) == [.error, .warning])
        #expect(told.last?.text.contains("\(suspect.id)") == true)
        #expect(try await daemon.read(Backup.self, "backups", "show", "\(suspect.id)").suspect)
        try await daemon.succeed("verify", "\(suspect.id)", "--level", "restore")
        #expect(try await !daemon.read(Backup.self, "backups", "show", "\(suspect.id)").suspect)
    }

    /// Changes the last byte of a file on a memory disk, where writing through a mapping leaves all times as they are.
    private func writeUnnoticed(_ path: String) throws {
        let before = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
        let descriptor = open(path, O_RDWR | O_CLOEXEC)
        defer { close(descriptor) }
        let size = Int(lseek(descriptor, 0, SEEK_END))
        guard descriptor >= 0, size > 0,
            let memory = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), memory != MAP_FAILED
        else { throw Unexpected("cannot map \(path)") }
        // Read first: a page whose first fault is a write has its file's times updated. Source: madvise(2).
        let populateForReading: Int32 = 22
        guard madvise(memory, size, populateForReading) == 0 else { throw Unexpected("cannot read \(path)") }
        memory.storeBytes(
            of: ~memory.load(fromByteOffset: size - 1, as: UInt8.self), toByteOffset: size - 1, as: UInt8.self)
        munmap(memory, size)
        try #require(FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date == before)
    }
}
