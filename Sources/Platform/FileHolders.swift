import Glibc

/// A process that has a file open.
package struct FileHolder: Sendable, Hashable, Codable {
    package enum Access: String, Sendable, Codable {
        case readOnly = "read-only"
        case readWrite = "read-write"
        /// The process may not be looked into.
        case unknown
    }

    package var processID: Int32
    /// The program's name; empty when it could not be read.
    package var command: String
    package var uid: UInt32
    /// The systemd unit it belongs to, such as `crm.service`.
    package var unit: String?
    package var access: Access

    private enum CodingKeys: String, CodingKey {
        case processID = "pid"
        case command, uid, unit, access
    }

    /// Nil when the process is gone.
    package init?(_ processID: Int32, _ access: Access) {
        guard let uid = Processes.uid(processID) else { return nil }
        self.processID = processID
        self.command = Processes.command(processID)
        self.uid = uid
        self.unit = Processes.unit(processID)
        self.access = access
    }
}

/// One look at all processes for those that have some files open.
package struct FileHolders {
    private struct Key: Hashable {
        let device: UInt64
        let inode: UInt64
    }

    private let strangers: Set<Int32>
    private var names: [Key: [NativePath]] = [:]
    private var found: [NativePath: [Int32: FileHolder.Access]] = [:]
    /// False when some processes could not be looked into.
    package private(set) var isComplete = true

    /// - Parameter strangers: processes that don't count, beside this one.
    package init(leavingOut strangers: Set<Int32> = []) { self.strangers = strangers }

    /// Looks for this file, too, and tells its holders under `name`.
    package mutating func expect(device: UInt64, inode: UInt64, as name: String) {
        names[Key(device: device, inode: inode), default: []].append(NativePath(name))
    }

    package mutating func look() {
        for process in Processes.all() where !strangers.contains(process) { look(into: process) }
    }

    /// Takes in a holder that was seen some other way.
    package mutating func note(_ process: Int32, _ access: FileHolder.Access, _ name: String) {
        note(process, access, NativePath(name))
    }

    private mutating func note(_ process: Int32, _ access: FileHolder.Access, _ name: NativePath) {
        let known = found[name]?[process]
        guard known == nil || access != .unknown else { return }
        found[name, default: [:]][process] = known == .readWrite ? .readWrite : access
    }

    /// By name, in order of process; a file without holders is missing.
    package var byPath: [NativePath: [FileHolder]] {
        found.mapValues { found in
            found.sorted { $0.key < $1.key }.compactMap { FileHolder($0.key, $0.value) }
        }.filter { !$0.value.isEmpty }
    }

    private func isCopyOfStranger(_ process: Int32) -> Bool {
        Processes.isCopy(process, of: getpid()) || strangers.contains { Processes.isCopy(process, of: $0) }
    }

    private mutating func look(into process: Int32) {
        guard let descriptors = try? Files.list("/proc/\(process)/fd") else {
            isComplete = isComplete && !Files.exists("/proc/\(process)")
            return
        }
        for descriptor in descriptors {
            var status = stat()
            guard stat("/proc/\(process)/fd/\(descriptor)", &status) == 0 else {
                // CAP_DAC_READ_SEARCH lists them, yet shows none: that takes CAP_SYS_PTRACE. What not even root may look
                // into belongs to whoever runs this container, and to no database of ours. Source: proc(5), ptrace(2).
                guard errno == EACCES || errno == EPERM else { continue }
                isComplete = isComplete && geteuid() == 0
                return
            }
            guard let open = names[Key(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))] else { continue }
            guard !isCopyOfStranger(process) else { return }
            let access = Self.access(process, descriptor)
            for name in open { note(process, access, name) }
        }
    }

    /// From the open mode in `fdinfo`, an octal number.
    private static func access(_ process: Int32, _ descriptor: String) -> FileHolder.Access {
        let text = (try? Files.read("/proc/\(process)/fdinfo/\(descriptor)", limit: 4096)) ?? []
        let line = String(decoding: text, as: UTF8.self).split(separator: "\n").first { $0.hasPrefix("flags:") }
        guard let flags = line?.split(whereSeparator: \.isWhitespace).last.flatMap({ Int32($0, radix: 8) }) else {
            return .unknown
        }
        return flags & O_ACCMODE == O_RDONLY ? .readOnly : .readWrite
    }
}
