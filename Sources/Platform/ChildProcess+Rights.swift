import Glibc

extension ChildProcess {
    private static let lowering = "/usr/bin/setpriv"

    /// The same program, which gets none of the capabilities that a service's programs inherit from it
    /// (`AmbientCapabilities=`), and can't gain any.
    ///
    /// A process of root hands on root's rights: there is no user to fall back to, so that this changes nothing then.
    /// Source: capabilities(7), "Ambient"; setpriv(1).
    package func withoutRights() -> ChildProcess {
        guard geteuid() != 0, Self.handsOnCapabilities else { return self }
        var child = self
        child.program = Self.lowering
        child.arguments =
            ["--inh-caps=-all", "--ambient-caps=-all", "--no-new-privs", "--", program] + arguments
        return child
    }

    private static var handsOnCapabilities: Bool {
        let status = String(decoding: (try? Files.read("/proc/self/status", limit: 1 << 16)) ?? [], as: UTF8.self)
        let sets = status.split(separator: "\n").filter { $0.hasPrefix("CapAmb:") || $0.hasPrefix("CapInh:") }
        // What can't be read counts as some.
        return sets.isEmpty
            || sets.contains { line in line.dropFirst("CapAmb:".count).contains { "123456789abcdef".contains($0) } }
    }
}
