import Archiving
import Model
import Synchronization

/// The objects of one backup unit.
final class UnitStore: Sendable {
    let store: any ObjectStore
    let master: MasterKey
    let hasher: PageHasher
    let repository: RepositoryID
    let unit: UnitID
    /// Who is at work on the unit.
    let access: UnitAccess
    /// Maps that could not be read: passed over until they are made anew.
    let unusableMaps = Mutex<Set<ObjectName>>([])
    /// The head that was read last.
    let knownHead = Mutex<KnownHead?>(nil)
    let memory: UnitMemory
    let layerCache: LayerCache?

    init(
        store: any ObjectStore, master: MasterKey, hasher: PageHasher, repository: RepositoryID, unit: UnitID,
        locks: ReaderLocks?, isOnlyWriter: Bool = false, layerCache: LayerCache? = nil
    ) {
        self.layerCache = layerCache
        memory = UnitMemory(isOnlyWriter: isOnlyWriter)
        access = UnitAccess(unit, locks: locks)
        self.store = store
        self.master = master
        self.hasher = hasher
        self.repository = repository
        self.unit = unit
    }

    var folder: String { "db/\(unit)" }

    /// The name of an object in the store.
    func path(_ name: ObjectName) -> String { "\(folder)/\(name.path)" }
    func folder(of name: ObjectName) -> String { "\(folder)/\(name.folder)" }

    func identity(_ name: ObjectName) -> EnvelopeIdentity { name.identity(repository: repository, unit: unit) }

    /// - Parameter keepsRuns: as the reader's own.
    /// - Throws: the damage code of the object, also when there is none.
    func open(_ name: ObjectName, keepsRuns: Bool = true, by bench: FrameBench) throws -> EnvelopeReader {
        let source: any EnvelopeSource
        do {
            source = try store.open(path(name))
        } catch let fault as Fault where fault.code == .notFound {
            throw Fault(
                identity(name).kind.damageCode, "\(path(name)) is missing",
                hint: "run `holdfast verify` to list the backups that need it", context: ["object": path(name)])
        }
        let identity = identity(name)
        return try identity.kind.blamed(for: path(name)) {
            try EnvelopeReader(identity, name: path(name), key: master, from: source, keepsRuns: keepsRuns, by: bench)
        }
    }

    /// The names in one folder, those that can't be ours left out.
    func list(_ folder: String) throws -> [ObjectName] {
        try store.list("\(self.folder)/\(folder)").compactMap { ObjectName(path: "\(folder)/\($0)") }
    }

    /// Folders that can hold objects of ours, those of maps by generation.
    func folders() throws -> [String] {
        let generation = (try? head())?.generation ?? 0
        // Also where something uncommitted only may be.
        let generations = Set(try store.list("\(folder)/maps").compactMap { UInt64($0) }).union([
            0, generation, generation + 1,
        ])
        return ["points", "packs", "folds", "heads", "marks", "logs"] + generations.sorted().map { "maps/\($0)" }
    }

    /// Numbers of all points, ascending; those that a prune took out of the list left out. O(points).
    func sequences() throws -> [SequenceNumber] {
        // The head last: it says no to points that a prune took out of the list since.
        let names = try list("points")
        guard let head = try head() else { return names.map(\.sequence) }
        return names.map(\.sequence).filter(head.lists)
    }

    func passOver(map: ObjectName) { unusableMaps.withLock { _ = $0.insert(map) } }
    func useAgain(map: ObjectName) { unusableMaps.withLock { _ = $0.remove(map) } }

    /// Maps that were found unreadable since the repository was opened.
    var passedOverMaps: [ObjectName] { unusableMaps.withLock { Array($0) }.sorted { $0.path < $1.path } }

    func record(of reader: EnvelopeReader, by bench: FrameBench) throws -> PointRecord {
        let record = try decode(PointRecord.self, reader, by: bench)
        guard record.unit == unit, record.sequence == reader.identity.sequence else {
            throw Fault(.pointDamaged, "\(reader.name) is damaged: it is another backup's record")
        }
        return record
    }

    func mapRecord(_ name: ObjectName, of reader: EnvelopeReader, by bench: FrameBench) throws -> MapRecord {
        let record = try decode(MapRecord.self, reader, by: bench)
        guard name == .map(record.from, record.to, generation: record.generation ?? 0) else {
            throw Fault(.mapDamaged, "\(reader.name) is damaged: it is another map's record")
        }
        return record
    }

    /// The object's one record.
    func decode<Value: Codable>(_ type: Value.Type, _ reader: EnvelopeReader, by bench: FrameBench) throws -> Value {
        let code = reader.identity.kind.damageCode
        let records = reader.contents.entries.indices.filter { reader.contents.entries[$0].kind == .record }
        guard let index = records.first, records.count == 1 else {
            throw Fault(code, "\(reader.name) is damaged: it has \(records.count) records")
        }
        let bytes = try reader.payload(UInt32(index), .record, by: bench)
        return try RecordCoding.decode(type, bytes, name: reader.name, code: code)
    }
}
