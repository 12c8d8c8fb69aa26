import Model
import Platform
import Synchronization

/// Rolls a crash's journal back in a scratch copy, never in place.
struct JournalRecovery {
    let source: DatabaseSource
    let scratch: String

    /// Whether a journal beside the database holds a transaction that must be rolled back before reading.
    ///
    /// Source: `hasHotJournal` of pager.c: it exists, nobody has begun a transaction, and its first byte isn't zero.
    static func isNeeded(_ source: DatabaseSource) throws -> Bool {
        guard let journal = try source.open("-journal"), try !SQLiteLock.writerHasBegun(source.main),
            let first = try journal.read(count: 1, at: 0).first
        else { return false }
        return first != 0
    }

    /// - Throws: `source-changed` when a client came meanwhile; `database-damaged` when SQLite can't roll back.
    func run(look: SourceLook) throws -> ImageSnapshot {
        let instant = WallClock.now()
        for identity in [look.main, look.journal, look.log] { identity.map(StampClock.pass) }
        let area = try RecoveryArea(in: scratch)
        defer { area.remove() }
        for suffix in ["", "-journal", "-wal"] { try copy(suffix, to: area) }
        guard try SourceLook(source) == look, try !SQLiteLock.writerHasBegun(source.main) else {
            throw source.changed()
        }
        do {
            try ScratchDatabase.recover(area.database)
        } catch let failure as ScratchDatabase.Connection.Failure {
            throw damaged(failure.text)
        }
        let image = try File.open(area.database, .readOnly)
        guard let header = DatabaseHeader(try image.read(count: DatabaseHeader.length, at: 0)) else {
            throw damaged("no header is left")
        }
        let file = try SnapshotFile(source, length: image.status().size, pageSize: header.pageSize)
        return ImageSnapshot(
            copy: image, file: file, instant: instant, token: ChangeToken(look).text, notes: [.recoveredFromJournal])
    }

    private func damaged(_ reason: String) -> Fault {
        Fault(
            .databaseDamaged, "database \(source.name) can't be recovered from its journal: \(reason)",
            hint: "restore the newest backup of it")
    }

    private func copy(_ suffix: String, to area: RecoveryArea) throws {
        guard let file = suffix.isEmpty ? source.main : try source.open(suffix) else { return }
        let copy = try File.create(area.database + suffix, mode: 0o600)
        try ScratchCopy(folder: scratch).fill(copy, from: file)
    }
}

/// A folder of its own in the scratch folder, locked while it is in use, so that the next start can tell what a crash
/// has left.
final class RecoveryArea {
    private static let prefix = "recover-"
    /// Between a folder and its lock nobody in this process may take it for abandoned.
    private static let gate = Mutex(())
    private static let all = FileLock.Range(start: 0, count: 0)
    private let folder: String
    private let lock: File

    var database: String { "\(folder)/database" }

    init(in scratch: String) throws {
        try Files.makeDirectories(scratch, mode: 0o700)
        let folder = "\(scratch)/\(Self.prefix)\(Identifier.random())"
        self.folder = folder
        lock = try Self.gate.withLock { _ in
            Self.removeAbandoned(in: scratch)
            try Files.makeDirectory(folder, mode: 0o700)
            let lock = try File.create("\(folder)/lock", mode: 0o600)
            _ = try FileLock.tryExclusive(lock, Self.all)
            return lock
        }
    }

    func remove() { try? Files.removeTree(folder) }

    /// Removes what a crash has left; folders in use stay.
    static func removeAbandoned(in scratch: String) {
        for name in (try? Files.list(scratch)) ?? [] where name.begins(with: prefix) {
            guard let lock = try? File.open("\(scratch)/\(name)/lock", .readWrite, noFollow: true),
                (try? FileLock.tryExclusive(lock, all)) == true
            else { continue }
            try? Files.removeTree("\(scratch)/\(name)")
        }
    }
}
