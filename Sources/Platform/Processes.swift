import Glibc

/// What `/proc` tells of a process; the parts that every user may read.
package enum Processes {
    /// `python3 (pid 4711, crm.service)`.
    package static func describe(_ processID: Int32) -> String {
        let name = command(processID)
        let unit = unit(processID).map { ", \($0)" } ?? ""
        return "\(name.isEmpty ? "a process" : name) (pid \(processID)\(unit))"
    }

    package static func command(_ processID: Int32) -> String {
        var name = read(processID, "comm")
        if name.hasSuffix("\n") { name.removeLast() }
        return name
    }

    /// The systemd unit: the innermost service or scope of the control group's path.
    package static func unit(_ processID: Int32) -> String? {
        let lines = read(processID, "cgroup").split(separator: "\n")
        guard
            let path = lines.first(where: { $0.hasPrefix("0::") })
                ?? lines.first(where: { $0.contains("name=systemd") })
        else { return nil }
        return path.split(separator: "/").last { $0.hasSuffix(".service") || $0.hasSuffix(".scope") }.map(String.init)
    }

    /// The effective user; nil when the process is gone.
    package static func uid(_ processID: Int32) -> UInt32? {
        let line = read(processID, "status").split(separator: "\n").first { $0.hasPrefix("Uid:") }
        return line?.split(whereSeparator: \.isWhitespace).dropFirst(2).first.flatMap { UInt32($0) }
    }

    /// Whether a process is one that another has just made of itself, and that runs no program of its own yet: it has the same
    /// files open, and closes them when it does. Source: proc(5), exe and status; execve(2).
    package static func isCopy(_ processID: Int32, of parent: Int32) -> Bool {
        let line = read(processID, "status").split(separator: "\n").first { $0.hasPrefix("PPid:") }
        guard line?.split(whereSeparator: \.isWhitespace).last.flatMap({ Int32($0) }) == parent else { return false }
        guard let program = try? Files.status("/proc/\(processID)/exe") else { return false }
        let other = try? Files.status("/proc/\(parent)/exe")
        return program.device == other?.device && program.inode == other?.inode
    }

    /// All there are now, this one left out.
    package static func all() -> [Int32] {
        ((try? Files.list("/proc")) ?? []).compactMap { Int32($0) }.filter { $0 != getpid() }.sorted()
    }

    private static func read(_ processID: Int32, _ name: String) -> String {
        String(decoding: (try? Files.read("/proc/\(processID)/\(name)", limit: 1 << 16)) ?? [], as: UTF8.self)
    }
}
