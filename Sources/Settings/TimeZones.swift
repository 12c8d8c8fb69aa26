internal import Platform

/// The zones that this system knows.
enum TimeZones {
    static func exists(_ name: String) -> Bool {
        guard !name.isEmpty, !name.hasPrefix("/"), !name.split(separator: "/").contains("..") else { return false }
        let status = try? Files.status("/usr/share/zoneinfo/\(name)")
        return name == "UTC" || status?.kind == .file
    }
}
