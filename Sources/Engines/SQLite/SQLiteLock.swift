import Platform

/// The byte ranges SQLite locks. Source: os_unix.c and wal.c of SQLite 3.40, sqlite.org/lockingv3.html.
enum SQLiteLock {
    /// A writer that waits for readers to leave; new readers stay out.
    static let pending = FileLock.Range(start: 0x4000_0000, count: 1)
    /// A writer that has begun a transaction.
    static let reserved = FileLock.Range(start: 0x4000_0001, count: 1)
    static let shared = FileLock.Range(start: 0x4000_0002, count: 510)

    /// All of them: nobody else can read or write.
    static let all = FileLock.Range(start: 0x4000_0000, count: 512)

    /// On the `-shm` file: every connection that uses it holds this shared.
    static let deadManSwitch = FileLock.Range(start: 128, count: 1)

    /// On the `-shm` file: held shared by readers of the log, by the slot of their mark (0…4).
    static func reader(_ slot: Int) -> FileLock.Range { FileLock.Range(start: Int64(123 + slot), count: 1) }

    /// Takes the lock of a reader in rollback mode, as SQLite does: through the pending byte, so that a waiting writer
    /// comes first.
    /// - Returns: false when a writer is in the way.
    static func tryShare(_ file: File) throws -> Bool {
        guard try FileLock.tryShared(file, pending) else { return false }
        defer { try? FileLock.unlock(file, pending) }
        return try FileLock.tryShared(file, shared)
    }

    static func unshare(_ file: File) throws { try FileLock.unlock(file, shared) }

    static func writerWaits(_ file: File) throws -> Bool {
        try FileLock.conflict(file, pending, exclusive: false) != nil
    }

    static func writerHasBegun(_ file: File) throws -> Bool {
        try FileLock.conflict(file, reserved, exclusive: false) != nil
    }

    /// Who keeps readers out: a commit for a moment, or a client in exclusive locking mode for good.
    static func exclusiveHolder(_ file: File) throws -> FileLock.Holder? {
        try FileLock.conflict(file, shared, exclusive: false)
    }
}
