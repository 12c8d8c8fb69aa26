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
    private let unitStores = Mutex<[UnitID: UnitStore]>([:])

    init(
        descriptor: RepositoryDescriptor, master: MasterKey, store: any ObjectStore, isWritable: Bool,
        lock: RepositoryLock?
    ) throws {
        id = descriptor.id
        created = descriptor.created
        hasher = try master.pageHasher(of: descriptor.id)
        self.store = store
        self.master = master
        self.isWritable = isWritable
        self.lock = lock
    }

    /// Where it lies: a path.
    package var location: String { store.location }

    func unitStore(_ unit: UnitID) -> UnitStore {
        unitStores.withLock { stores in
            if let known = stores[unit] { return known }
            let added = UnitStore(store: store, master: master, hasher: hasher, repository: id, unit: unit)
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

    /// Numbers of the points of a unit, ascending, void ones included.
    package func sequences(of unit: UnitID) throws -> [SequenceNumber] { try unitStore(unit).sequences() }

    /// - Throws: `point-damaged`, also when there is no such point.
    package func record(_ sequence: SequenceNumber, of unit: UnitID) throws -> PointRecord {
        let objects = unitStore(unit)
        let bench = try FrameBench()
        return try objects.record(of: objects.open(.point(sequence), by: bench), by: bench)
    }

    /// The newest backup of a unit that is not void; nil when there is none.
    package func newest(of unit: UnitID) throws -> PointRecord? {
        for sequence in try sequences(of: unit).reversed() {
            let record = try record(sequence, of: unit)
            if !record.isVoid { return record }
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
        return PointWriter(
            try nextSequence(of: unit), in: unitStore(unit), compression: compression, inlineFrames: inlineFrames,
            packFrames: packFrames)
    }

    /// Takes the next number without a backup, so that a writer that vanished can't commit it any more.
    ///
    /// - Parameter like: the newest backup; its image is the void point's, too.
    package func putVoidPoint(of unit: UnitID, like record: PointRecord, at instant: Instant, by actor: Actor) throws
        -> PointRecord
    {
        try requireWritable()
        let writer = PointWriter(try nextSequence(of: unit), in: unitStore(unit), compression: .fast)
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

    private func nextSequence(of unit: UnitID) throws -> SequenceNumber { (try sequences(of: unit).last ?? 0) + 1 }
}

// MARK: Maps

extension Repository {
    /// Writes the maps that are due for a unit, and anew those that were found unreadable. Not part of any commit: killed
    /// in the middle, it is done the next time.
    ///
    /// - Returns: how many maps were written.
    @discardableResult
    package func mergeMaps(of unit: UnitID) throws -> Int {
        try requireWritable()
        let objects = unitStore(unit)
        let bench = try FrameBench()
        let merger = MapMerger(unit: objects, bench: bench)
        var written = try replaceUnusableMaps(merger)
        guard let newest = try objects.sequences().last else { return written }
        for segment in MapPlan.missingSegments(newest: newest, maps: try objects.maps())
        where try mergeIfReadable(segment, merger) {
            written += 1
        }
        let layers = try objects.layers(of: 1...newest, by: bench)
        let above = layers.dropLast().reduce(0) { $0 + $1.pages }
        let record = try objects.record(of: objects.open(.point(newest), by: bench), by: bench)
        let pages = record.draft.files.reduce(0) { $0 + UInt64($1.pages) }
        if MapPlan.needsWhole(pagesAbove: above, imagePages: pages) {
            try merger.merge(1...newest)
            written += 1
        }
        return written
    }

    /// Maps that were found missing or damaged since the repository was opened, and read around.
    package func unusableMaps(of unit: UnitID) -> [ClosedRange<SequenceNumber>] { unitStore(unit).passedOverMaps }

    /// - Returns: false when a backup in the range is damaged: what is damaged stays unmerged, the rest goes on.
    private func mergeIfReadable(_ range: ClosedRange<SequenceNumber>, _ merger: MapMerger) throws -> Bool {
        do {
            try merger.merge(range)
            return true
        } catch let fault as Fault where fault.code.isDamage { return false }
    }

    private func replaceUnusableMaps(_ merger: MapMerger) throws -> Int {
        var written = 0
        for range in merger.unit.passedOverMaps {
            let name = ObjectName.map(range.lowerBound, range.upperBound)
            try store.delete(merger.unit.path(name))
            try store.syncNames(of: merger.unit.folder(of: name))
            if try mergeIfReadable(range, merger) { written += 1 }
        }
        return written
    }
}
