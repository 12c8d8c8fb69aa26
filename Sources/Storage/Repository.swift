package import Archiving
package import Model
import Platform
import Synchronization

/// A repository opened with a key; format 1.
///
/// All calls block; they may come from several threads at once. Faults: `input-output`, `out-of-space`,
/// `repository-read-only`, the damage codes of objects, and those named at the calls.
package final class Repository: Sendable {
    package static let descriptorName = "repository.json"
    static let keysFolder = "keys"
    static let unitsFolder = "db"
    /// What a fresh file system has at its top.
    static let mountPointFolder = "lost+found"

    package let id: RepositoryID
    package let created: Instant
    /// Hashes the pages of this repository.
    package let hasher: PageHasher
    /// Whether it was opened for writing.
    package let isWritable: Bool

    let store: any ObjectStore
    let master: MasterKey
    /// Held as long as this lives.
    private let lock: RepositoryLock?
    /// Of what is read, for prunes in other processes.
    private let readerLocks: ReaderLocks?
    private let layerCache = LayerCache()
    private let unitStores = Mutex<[UnitID: UnitStore]>([:])

    init(
        descriptor: RepositoryDescriptor, master: MasterKey, store: any ObjectStore, isWritable: Bool,
        lock: RepositoryLock?, readerLocks: ReaderLocks?
    ) throws {
        id = descriptor.id
        created = descriptor.created
        hasher = try master.pageHasher(of: descriptor.id)
        self.store = store
        self.master = master
        self.isWritable = isWritable
        self.lock = lock
        self.readerLocks = readerLocks
    }

    /// Where it lies: a path.
    package var location: String { store.location }

    func unitStore(_ unit: UnitID) -> UnitStore {
        unitStores.withLock { stores in
            if let known = stores[unit] { return known }
            let added = UnitStore(
                store: store, master: master, hasher: hasher, repository: id, unit: unit, locks: readerLocks,
                isOnlyWriter: isWritable, layerCache: layerCache)
            stores[unit] = added
            return added
        }
    }

    /// - Throws: `repository-read-only`.
    func requireWritable() throws {
        guard isWritable else { throw Fault(.repositoryReadOnly, "repository \(location) is open for reading only") }
    }
}

// MARK: Points

extension Repository {
    /// Backup units, in the order of their identifiers.
    package func units() throws -> [UnitID] {
        try store.list(Self.unitsFolder).compactMap { UnitID($0) }
    }

    /// Numbers of the points of a unit, ascending, void ones included. O(points).
    package func sequences(of unit: UnitID) throws -> [SequenceNumber] { try unitStore(unit).sequences() }

    /// The highest number of a point of a unit below `limit`, void ones included; O(1) in a repository opened for writing.
    package func lastSequence(of unit: UnitID, below limit: SequenceNumber = .max) throws -> SequenceNumber? {
        try unitStore(unit).lastNumber(below: limit)
    }

    /// - Throws: `point-damaged`, also when there is no such point.
    package func record(_ sequence: SequenceNumber, of unit: UnitID) throws -> PointRecord {
        let objects = unitStore(unit)
        let bench = try FrameBench()
        let record = try objects.record(of: objects.open(.point(sequence), by: bench), by: bench)
        if record.isVoid || record.draft.kind != .full { objects.memory.note { $0.progressives.insert(sequence) } }
        return record
    }

    /// Whether a point was read since the repository was opened, and is no full backup.
    package func isKnownProgressive(_ sequence: SequenceNumber, of unit: UnitID) -> Bool {
        unitStore(unit).memory.recall { $0.progressives.contains(sequence) } ?? false
    }

    /// The newest backup of a unit that is not void; nil when there is none.
    package func newest(of unit: UnitID) throws -> PointRecord? {
        let reading = unitStore(unit).access.beginReading()
        defer { withExtendedLifetime(reading) {} }
        var limit = SequenceNumber.max
        while let sequence = try lastSequence(of: unit, below: limit) {
            let record = try record(sequence, of: unit)
            if !record.isVoid { return record }
            limit = sequence
        }
        return nil
    }

    /// Opens the image of a backup.
    /// - Throws: `point-damaged`; `not-found` for a void point.
    package func image(_ sequence: SequenceNumber, of unit: UnitID) throws -> Image {
        try Image(of: sequence, in: unitStore(unit), by: FrameBench())
    }

    /// Starts the next backup of a unit; the unit comes into being with its first point.
    ///
    /// - Parameters:
    ///   - inlineFrames: page frames that lie in the point itself; for tests.
    ///   - packFrames: page frames of a pack; for tests.
    package func startPoint(
        of unit: UnitID, compression: Compression, inlineFrames: Int = PointWriter.inlineFrames,
        packFrames: Int = PointWriter.packFrames
    ) throws -> PointWriter {
        try requireWritable()
        let objects = unitStore(unit)
        // Before the number is looked up, so that no prune of the whole unit forgets which are taken meanwhile.
        let writing = objects.access.beginWriting()
        defer { writing.end() }
        return PointWriter(
            try objects.nextNumber(), in: objects, compression: compression, inlineFrames: inlineFrames,
            packFrames: packFrames)
    }

    /// Takes the next number without a backup, so that a writer that vanished can't commit it any more.
    ///
    /// - Parameter like: the newest backup; its image is the void point's, too.
    package func putVoidPoint(of unit: UnitID, like record: PointRecord, at instant: Instant, by actor: Actor) throws
        -> PointRecord
    {
        try requireWritable()
        let writer = try startPoint(of: unit, compression: .fast)
        var draft = record.draft
        draft.actor = actor
        draft.comment = ""
        draft.started = instant
        draft.finished = instant
        draft.preRoot = record.draft.postRoot
        draft.preSequence = record.sequence
        draft.cuts = []
        draft.gone = []
        draft.drift = nil
        draft.preserved = false
        do {
            return try writer.commitVoid(draft)
        } catch {
            writer.abandon()
            throw error
        }
    }
}
