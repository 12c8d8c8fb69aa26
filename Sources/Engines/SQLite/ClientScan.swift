import Glibc
import Model
import Platform

/// One look at all processes for those that have some databases open.
struct ClientScan {
    private struct Key: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private var paths: [Key: [String]] = [:]
    private var clients: [String: [Int32: DatabaseClient.Access]] = [:]
    private var isComplete = true

    mutating func run(_ databases: [FoundDatabase]) -> ClientListing {
        let sources = databases.compactMap { try? DatabaseSource($0) }
        for source in sources { expect(source) }
        for process in Processes.all() { look(into: process) }
        for source in sources { addLockHolder(of: source) }
        let listing = clients.mapValues { found in
            found.sorted { $0.key < $1.key }.compactMap { Processes.client($0.key, $0.value) }
        }
        return ClientListing(clients: listing.filter { !$0.value.isEmpty }, isComplete: isComplete)
    }

    private mutating func expect(_ source: DatabaseSource) {
        for suffix in ["", "-wal", "-shm"] {
            guard let identity = try? source.identity(suffix) else { continue }
            paths[Key(device: identity.device, inode: identity.inode), default: []].append(source.path.text)
        }
    }

    private mutating func look(into process: Int32) {
        guard let descriptors = try? Files.list("/proc/\(process)/fd") else {
            isComplete = isComplete && !Files.exists("/proc/\(process)")
            return
        }
        for descriptor in descriptors {
            var status = stat()
            guard stat("/proc/\(process)/fd/\(descriptor)", &status) == 0,
                let open = paths[Key(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))]
            else { continue }
            let access = Self.access(process, descriptor)
            for path in open { note(process, access, path) }
        }
    }

    private mutating func note(_ process: Int32, _ access: DatabaseClient.Access, _ path: String) {
        let known = clients[path]?[process]
        clients[path, default: [:]][process] = known == .readWrite ? .readWrite : access
    }

    /// Locks show a holder's process id to everybody, also where its descriptors don't.
    private mutating func addLockHolder(of source: DatabaseSource) {
        guard let holder = try? FileLock.conflict(source.main, SQLiteLock.shared, exclusive: true),
            let process = holder.processID, process != getpid(), clients[source.path.text]?[process] == nil
        else { return }
        clients[source.path.text, default: [:]][process] = .unknown
    }

    /// From the open mode in `fdinfo`, an octal number.
    private static func access(_ process: Int32, _ descriptor: String) -> DatabaseClient.Access {
        let text = (try? Files.read("/proc/\(process)/fdinfo/\(descriptor)", limit: 4096)) ?? []
        let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("flags:") }
        guard let flags = line?.split(whereSeparator: \.isWhitespace).last.flatMap({ Int32($0, radix: 8) }) else {
            return .unknown
        }
        return flags & O_ACCMODE == O_RDONLY ? .readOnly : .readWrite
    }
}
