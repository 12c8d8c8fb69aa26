import Archiving
import Model
import Storage
import StorageTestSupport
import Synchronization

/// A store that counts what is asked of it.
final class CountingStore: ObjectStore {
    struct Count: Equatable {
        var calls = 0
        var lists: [String: Int] = [:]
        /// Names that lists returned.
        var names = 0
    }

    let base = FaultyStore()
    private let state = Mutex(Count())

    var location: String { base.location }

    /// What was asked for during the work.
    func counting(_ work: () throws -> Void) rethrows -> Count {
        state.withLock { $0 = Count() }
        try work()
        return state.withLock { $0 }
    }

    private func count() { state.withLock { $0.calls += 1 } }

    func create(in folder: String) throws -> any ObjectWriter {
        count()
        return try base.create(in: folder)
    }

    func syncNames(of folder: String) throws {
        count()
        try base.syncNames(of: folder)
    }

    func open(_ name: String) throws -> any EnvelopeSource {
        count()
        return try base.open(name)
    }

    func list(_ folder: String) throws -> [String] {
        let names = try base.list(folder)
        state.withLock { state in
            state.calls += 1
            state.lists[StoreName.leaf(of: folder), default: 0] += 1
            state.names += names.count
        }
        return names
    }

    func size(_ name: String) throws -> UInt64? {
        count()
        return try base.size(name)
    }

    func delete(_ name: String) throws {
        count()
        try base.delete(name)
    }

    func removeFolder(_ folder: String) throws { try base.removeFolder(folder) }
    func dropUncommitted(in folder: String) throws { try base.dropUncommitted(in: folder) }
    func space() throws -> (free: ByteCount, total: ByteCount) { try base.space() }
}
