package import Archiving
package import Model
import Platform

/// What an open repository may be used for.
package enum RepositoryAccessMode: Sendable {
    /// Writes nothing at all, takes no lock; also while another process writes.
    case reading
    /// One process at a time; leftovers of writers that died are removed.
    case writing
}

extension Repository {
    /// Makes an empty repository with one key, and opens it for writing.
    ///
    /// - Parameter cost: of a passphrase.
    /// - Throws: `repository-exists` when the folder holds anything.
    package static func create(
        at path: String, secret: KeySecret, label: String, now: Instant, cost: ScryptCost = .standard
    ) throws -> Repository {
        let store = LocalFolderStore(path)
        try Files.makeDirectories(path, mode: 0o700)
        try requireEmpty(store, found: Files.list(path))
        let lock = try RepositoryLock(path)
        for name in try store.list(keysFolder) { try store.delete("\(keysFolder)/\(name)") }
        return try create(in: store, secret: secret, label: label, now: now, cost: cost, lock: lock)
    }

    /// As `create(at:)`, in a store that holds nothing.
    package static func create(
        in store: any ObjectStore, secret: KeySecret, label: String, now: Instant, cost: ScryptCost = .standard
    ) throws -> Repository {
        try requireEmpty(store, found: store.list(""))
        return try create(in: store, secret: secret, label: label, now: now, cost: cost, lock: nil)
    }

    /// Opens a repository in a folder.
    ///
    /// - Throws: `repository-missing`, `repository-too-new`, `repository-damaged`, `no-key-matches`, `key-damaged`; for
    ///   writing also `repository-in-use` and `repository-read-only`.
    package static func open(at path: String, secret: KeySecret, for mode: RepositoryAccessMode) throws -> Repository {
        let store = LocalFolderStore(path)
        let (descriptor, master) = try unlock(store, secret)
        guard mode == .writing else {
            return try Repository(
                descriptor: descriptor, master: master, store: store, isWritable: false, lock: nil,
                readerLocks: ReaderLocks(path))
        }
        let lock = try RepositoryLock(path)
        let repository = try Repository(
            descriptor: descriptor, master: master, store: store, isWritable: true, lock: lock,
            readerLocks: ReaderLocks(path))
        try repository.clean()
        return repository
    }

    /// As `open(at:)`, without a lock: for stores that one process only can reach.
    package static func open(
        in store: any ObjectStore, secret: KeySecret, for mode: RepositoryAccessMode
    ) throws -> Repository {
        let (descriptor, master) = try unlock(store, secret)
        let repository = try Repository(
            descriptor: descriptor, master: master, store: store, isWritable: mode == .writing, lock: nil,
            readerLocks: nil)
        if mode == .writing { try repository.clean() }
        return repository
    }

    private static func create(
        in store: any ObjectStore, secret: KeySecret, label: String, now: Instant, cost: ScryptCost,
        lock: RepositoryLock?
    ) throws -> Repository {
        let master = try MasterKey.random()
        let descriptor = try RepositoryDescriptor(id: .random(), created: now, key: master)
        let repository = try Repository(
            descriptor: descriptor, master: master, store: store, isWritable: true, lock: lock,
            readerLocks: lock == nil ? nil : ReaderLocks(store.location))
        try repository.addKey(secret, label: label, now: now, cost: cost)
        // Last: without it there is no repository, and `create` may be called again.
        try store.put(descriptorName, descriptor.encoded())
        return repository
    }

    /// What an interrupted `create` leaves is no obstacle.
    private static func requireEmpty(_ store: any ObjectStore, found: [String]) throws {
        let leftovers: Set<String> = [keysFolder, RepositoryLock.name, mountPointFolder]
        let others = found.filter { !leftovers.contains($0) && !$0.hasPrefix(LocalFolderStore.temporaryPrefix) }
        guard !others.isEmpty else { return }
        throw Fault(
            .repositoryExists,
            found.contains(descriptorName)
                ? "\(store.location) is a repository already" : "folder \(store.location) is not empty",
            hint: "name a folder that is empty or does not exist")
    }

    private static func unlock(_ store: any ObjectStore, _ secret: KeySecret) throws
        -> (RepositoryDescriptor, MasterKey)
    {
        let name = "\(store.location)/\(descriptorName)"
        let descriptor = try RepositoryDescriptor(descriptorBytes(store), name: name)
        let slots = try readableSlots(in: store)
        let master = try KeySlot.open(slots, with: secret, of: descriptor.id).master
        try descriptor.check(master, name: name)
        return (descriptor, master)
    }

    /// - Throws: `repository-missing`.
    package static func requirePresent(at path: String) throws { _ = try descriptorBytes(LocalFolderStore(path)) }

    static func descriptorBytes(_ store: any ObjectStore) throws -> [UInt8] {
        do {
            return try store.read(descriptorName, limit: 1 << 16)
        } catch let fault as Fault where fault.code == .notFound {
            guard try store.list(unitsFolder).isEmpty else {
                throw Fault(
                    .repositoryDamaged, "\(store.location)/\(descriptorName) is missing",
                    hint: "bring it back from a copy of the repository")
            }
            throw Fault(
                .repositoryMissing, "there is no repository at \(store.location)",
                hint: "mount its disk or bring it back; where there was none yet, `sudo holdfast setup` makes one")
        }
    }
}
