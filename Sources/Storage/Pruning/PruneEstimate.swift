package import Model

/// What a prune of a unit gives back, to the byte.
///
/// Counted are the objects that hold pages: points, packs and folds; not maps, heads and marks. A page version counts with
/// its share of its frame. Deltas and records count as live in the points of kept backups only; header, contents and footer
/// of an object as long as one of its pages is. What the prune has to move counts after it as before it: sealed anew it may
/// take a little more or less room, and fewer objects.
package struct PruneEstimate: Sendable, Equatable {
    /// Bytes that the objects take, and how many of them no listed backup needs.
    package var stored = ByteCount.zero
    package var dead = ByteCount.zero
    /// The same after the prune.
    package var storedAfter = ByteCount.zero
    package var deadAfter = ByteCount.zero
    /// By deleted backup: what nobody needs any more once it is gone, and needed before. A page version that several of them
    /// hold counts for the newest of these.
    package var byBackup: [SequenceNumber: ByteCount] = [:]
    /// Backups that were to be deleted and stay, since they, or what is built on them, can't be read. In the report of a
    /// prune also those that are preserved, that were taken back meanwhile, or on which a backup was being built.
    package var left: Set<SequenceNumber> = []

    package var live: ByteCount { ByteCount(stored.bytes - dead.bytes) }
    package var liveAfter: ByteCount { ByteCount(storedAfter.bytes - deadAfter.bytes) }
    /// What the prune gives back.
    package var freed: ByteCount { ByteCount(stored.bytes - storedAfter.bytes) }

    package init() {}
}

/// What a prune did.
package struct PruneReport: Sendable {
    /// As `Repository.pruneEstimate` would have said it; of a damaged unit the part that could be done may differ.
    package var estimate = PruneEstimate()
    /// Objects that were deleted, and their bytes: maps, marks and what earlier prunes and killed backups left included.
    package var deletedObjects = 0
    package var deletedBytes = ByteCount.zero
    /// Objects that were to be deleted and are left to the next prune, since somebody reads the unit.
    package var objectsLeft = 0
    /// Bytes of folds and maps that were written.
    package var written = ByteCount.zero
    package var pagesMoved: UInt64 = 0
    /// Frames that can't be read, and therefore stay where they are.
    package var damage = DamageList()
    /// Whether the unit is gone as a whole.
    package var unitRemoved = false

    package init() {}
}

/// How far a prune has come; each call adds to those before.
package enum PruneStep: Sendable {
    case counted(pages: UInt64)
    case moved(pages: UInt64)
    case deleted(bytes: UInt64)
    /// A map of what stays.
    case merged
}
