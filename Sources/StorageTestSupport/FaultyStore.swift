package import Archiving
package import Model
package import Storage
import Synchronization

/// A store in memory that behaves like a disk on a bad day; deterministic by its seed.
///
/// What was not synced may be lost, torn or reordered when the power goes (`afterPowerCut`), and any call may fail or be
/// the last one that is made (`Trouble`).
package final class FaultyStore: ObjectStore {
    package enum Trouble: Sendable, Equatable {
        case none
        /// The n-th mutating call fails with this code and does nothing; the next ones work.
        case fails(at: Int, Code)
        /// Power goes before the n-th mutating call: that and all later calls fail.
        case killedBefore(Int)
        /// Power goes right after the n-th mutating call.
        case killedAfter(Int)
    }

    package let location = "memory"
    let disk: Mutex<FaultyDisk>

    package init(trouble: Trouble = .none) { disk = Mutex(FaultyDisk(trouble: trouble)) }

    private init(_ disk: FaultyDisk) { self.disk = Mutex(disk) }

    /// Mutating calls so far.
    package var calls: Int { disk.withLock { $0.calls } }
    package var isDead: Bool { disk.withLock { $0.isDead } }

    /// What is found after the power came back: synced names and contents, and of the others whatever the seed says.
    package func afterPowerCut(seed: UInt64) -> FaultyStore {
        disk.withLock { FaultyStore($0.afterPowerCut(seed: seed)) }
    }

    /// All of it as it is now, with trouble to come.
    package func copy(trouble: Trouble = .none) -> FaultyStore {
        disk.withLock { FaultyStore($0.copy(trouble: trouble)) }
    }

    package func create(in folder: String) throws -> any ObjectWriter {
        let file = try disk.withLock { try $0.create(in: folder) }
        return FaultyWriter(file: file, store: self)
    }

    package func syncNames(of folder: String) throws { try disk.withLock { try $0.syncNames(of: folder) } }

    package func open(_ name: String) throws -> any EnvelopeSource {
        try disk.withLock { disk in
            guard let content = try disk.content(of: name) else { throw Fault(.notFound, "there is no \(name)") }
            return MemoryObject(content)
        }
    }

    package func list(_ folder: String) throws -> [String] { try disk.withLock { try $0.list(folder) } }
    package func size(_ name: String) throws -> UInt64? {
        try disk.withLock { try $0.content(of: name).map { UInt64($0.count) } }
    }
    package func delete(_ name: String) throws { try disk.withLock { try $0.delete(name) } }
    /// Folders exist as long as something is in them.
    package func removeFolder(_ folder: String) throws {}

    package func dropUncommitted(in folder: String) throws { try disk.withLock { try $0.dropUncommitted(in: folder) } }
    package func space() throws -> (free: ByteCount, total: ByteCount) {
        disk.withLock { disk in
            guard let capacity = disk.capacity, disk.tellsCapacity else {
                return (ByteCount(1 << 40), ByteCount(1 << 40))
            }
            return (ByteCount(Int64(max(0, capacity - disk.used))), ByteCount(Int64(capacity)))
        }
    }

    // MARK: For tests

    /// All committed names.
    package var names: [String] { disk.withLock { $0.names.keys.sorted() } }
    /// Bytes that are taken.
    package var used: Int { disk.withLock { $0.used } }
    /// Makes it full at so many bytes; nil takes the limit away.
    ///
    /// - Parameter isTold: whether `space` knows of it, which it doesn't of a quota.
    package func limit(to bytes: Int?, isTold: Bool) {
        disk.withLock { disk in
            disk.capacity = bytes
            disk.tellsCapacity = isTold
        }
    }
    /// Files that never had a name.
    package var uncommitted: Int { disk.withLock { $0.uncommittedCount } }
    package func bytes(of name: String) -> [UInt8]? { disk.withLock { try? $0.content(of: name) } }
    /// Puts other content under a name, as decay or an attacker would; nil takes the name away.
    package func tamper(_ name: String, _ bytes: [UInt8]?) { disk.withLock { $0.tamper(name, bytes) } }
}

private final class FaultyWriter: ObjectWriter {
    private let file: Int
    private let store: FaultyStore

    init(file: Int, store: FaultyStore) {
        self.file = file
        self.store = store
    }

    deinit { abandon() }

    func append(_ bytes: UnsafeRawBufferPointer) throws -> UInt64 {
        try store.disk.withLock { try $0.append(Array(bytes), to: file) }
    }

    func commit(as name: String, syncNames: Bool) throws {
        try store.disk.withLock { disk in
            try disk.sync(file)
            try disk.name(file, name)
            if syncNames { try disk.syncNames(of: StoreName.folder(of: name)) }
        }
    }

    func abandon() { store.disk.withLock { $0.abandon(file) } }
}

/// Bytes as an object.
package final class MemoryObject: EnvelopeSource {
    private let bytes: [UInt8]

    package init(_ bytes: [UInt8]) { self.bytes = bytes }

    package func length() throws -> UInt64 { UInt64(bytes.count) }

    package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: UInt64) throws -> Int {
        guard offset < UInt64(bytes.count) else { return 0 }
        let start = Int(offset)
        let count = min(buffer.count, bytes.count - start)
        bytes.withUnsafeBytes { source in
            UnsafeMutableRawBufferPointer(rebasing: buffer[..<count]).copyMemory(
                from: UnsafeRawBufferPointer(rebasing: source[start..<start + count]))
        }
        return count
    }
}
