import Glibc
import Model
import Platform

/// One look at all processes for those that have some databases open.
struct ClientScan {
    private var holders = FileHolders()

    mutating func run(_ databases: [FoundDatabase]) -> ClientListing {
        let sources = databases.compactMap { try? DatabaseSource($0) }
        for source in sources { expect(source) }
        holders.look()
        for source in sources { addLockHolder(of: source) }
        return ClientListing(holders.byPath, isComplete: holders.isComplete)
    }

    private mutating func expect(_ source: DatabaseSource) {
        for suffix in [""] + SQLiteEngine.openSidecars {
            guard let identity = try? source.identity(suffix) else { continue }
            holders.expect(device: identity.device, inode: identity.inode, as: source.path.text)
        }
    }

    /// Locks show a holder's process id to everybody, also where its descriptors don't.
    private mutating func addLockHolder(of source: DatabaseSource) {
        guard let holder = try? FileLock.conflict(source.main, SQLiteLock.shared, exclusive: true),
            let process = holder.processID, process != getpid()
        else { return }
        holders.note(process, .unknown, source.path.text)
    }
}

extension ClientListing {
    /// Processes as clients.
    init(_ holders: [NativePath: [FileHolder]], isComplete: Bool) {
        self.init(clients: holders.mapValues { $0.map(DatabaseClient.init) }, isComplete: isComplete)
    }
}

extension DatabaseClient {
    fileprivate init(_ holder: FileHolder) {
        self.init(
            processID: holder.processID, command: holder.command, uid: holder.uid, user: Users.name(uid: holder.uid),
            unit: holder.unit, access: holder.access)
    }
}
