import Model
import Platform

/// A reader's mark in the index that running clients share: no checkpoint passes it, and the log isn't started over.
///
/// It takes no lock on the main file, so that the last client to leave folds back and removes its log as if nobody had
/// looked; `confirms()` notices. With `holdsMain` it does as SQLite's own readers, and that client leaves the log.
final class LiveLogGuardian: LogGuardian {
    let notes: [SnapshotNote] = []
    private let source: DatabaseSource
    private let log: File
    private let shared: File
    private let slot: Int
    /// As of the snapshot.
    let index: SharedIndex
    private let holdsMain: Bool

    /// - Returns: nil when the clients' index can't be used: nobody has set it up.
    /// - Throws: `source-changed`; `database-locked`.
    static func acquire(_ source: DatabaseSource, log: File, shared: File, holdsMain: Bool) throws -> LiveLogGuardian? {
        if holdsMain {
            let lock = ReaderLock(source, deadline: .seconds(10))
            try lock.take()
        }
        let began = BootClock.now()
        repeat {
            if let index = try SharedIndex.read(shared) {
                let slot = index.bestSlot
                if try FileLock.tryShared(shared, SQLiteLock.reader(slot)) {
                    if let now = try SharedIndex.read(shared), now.head == index.head,
                        now.marks[slot] == index.marks[slot] || slot == 0
                    {
                        return LiveLogGuardian(source, log, shared, slot, now, holdsMain)
                    }
                    try FileLock.unlock(shared, SQLiteLock.reader(slot))
                }
            }
            StampClock.pause(nanoseconds: 500_000)
        } while BootClock.now() - began < .milliseconds(500)
        if holdsMain { try SQLiteLock.unshare(source.main) }
        if try SharedIndex.read(shared) != nil { throw source.changed() }
        return nil
    }

    private init(
        _ source: DatabaseSource, _ log: File, _ shared: File, _ slot: Int, _ index: SharedIndex, _ holdsMain: Bool
    ) {
        self.source = source
        self.log = log
        self.shared = shared
        self.slot = slot
        self.index = index
        self.holdsMain = holdsMain
    }

    deinit { release() }

    /// Whether the main file alone is the image: the log is folded back, and may be started over meanwhile.
    var isAllInMain: Bool { index.lastFrame == 0 || (slot == 0 && index.backfilled == index.lastFrame) }

    /// Log and index are still those of the clients, and no checkpoint went past the snapshot.
    ///
    /// A checkpoint announces the frames it is about to copy before it copies them, also one in exclusive mode by the
    /// last client, which heeds no reader.
    func confirms() throws -> Bool {
        guard try FileIdentity(log.status()).isSameFile(as: source.identity("-wal")),
            try FileIdentity(shared.status()).isSameFile(as: source.identity("-shm")),
            try SQLiteLock.exclusiveHolder(source.main) == nil,
            let now = try SharedIndex.settled(shared)
        else { return false }
        if now.salts == index.salts { return now.backfillAttempted <= index.lastFrame }
        return isAllInMain && now.backfillAttempted == 0
    }

    func release() {
        try? FileLock.unlock(shared, SQLiteLock.reader(slot))
        if holdsMain { try? SQLiteLock.unshare(source.main) }
    }
}
