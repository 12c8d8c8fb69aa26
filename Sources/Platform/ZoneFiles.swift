import Glibc
package import Model

/// The system's time zone data: TZif files named after their zones, `/usr/share/zoneinfo/Europe/Berlin`.
package enum ZoneFiles {
    private static let folder = "/usr/share/zoneinfo"
    /// Zones again, under other rules for leap seconds.
    private static let variants: Set<String> = ["posix", "right"]

    /// The content of a zone's file.
    ///
    /// - Parameter name: an IANA name; a path out of the folder is no name.
    /// - Throws: `bad-schedule` for an unknown zone, with the name that was probably meant; `input-output`.
    package static func read(_ name: String) throws(Fault) -> [UInt8] {
        guard exists(name) else { throw unknown(name) }
        do { return try Files.read("\(folder)/\(name)") } catch { throw Fault.wrapping(error) }
    }

    /// Whether the system has rules for a zone.
    package static func exists(_ name: String) -> Bool {
        let parts = name.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.allSatisfy({ !$0.isEmpty && $0 != "." && $0 != ".." && !$0.contains("\0") }), parts.count < 8,
            name.utf8.count < 256, let status = try? Files.status("\(folder)/\(name)"), status.kind == .file
        else { return false }
        return isZone("\(folder)/\(name)")
    }

    /// The names of all zones, sorted.
    package static var names: [String] {
        var names: [String] = []
        var folders = [""]
        while let prefix = folders.popLast() {
            for entry in (try? Files.list("\(folder)/\(prefix)")) ?? [] where !variants.contains(prefix + entry) {
                let path = "\(folder)/\(prefix)\(entry)"
                switch (try? Files.status(path))?.kind {
                case .directory where (try? Files.status(path, followLinks: false))?.kind == .directory:
                    folders.append("\(prefix)\(entry)/")
                case .file where isZone(path) && !aliases.contains(prefix + entry): names.append(prefix + entry)
                default: break
                }
            }
        }
        return names.sorted()
    }

    /// Names in the folder that stand for whatever zone the system has.
    private static let aliases: Set<String> = ["localtime", "posixrules"]

    /// The system's zone: its name and the content of its file. A machine may have a file without a name: then the name
    /// is `localtime`.
    ///
    /// - Throws: `bad-schedule` when the system names a zone that it has no rules for; `input-output`.
    package static func local() throws(Fault) -> (name: String, tzif: [UInt8]) {
        let name = LocalZone.name
        if exists(name) { return (name, try read(name)) }
        guard getenv("TZ") == nil, Files.exists("/etc/localtime") else { throw unknown(name) }
        do { return ("localtime", try Files.read("/etc/localtime")) } catch { throw Fault.wrapping(error) }
    }

    private static func isZone(_ path: String) -> Bool {
        guard let file = try? File.open(path, .readOnly), let magic = try? file.read(count: 4, at: 0) else {
            return false
        }
        return magic == Array("TZif".utf8)
    }

    private static func unknown(_ name: String) -> Fault {
        let names = names
        // `berlin` means Europe/Berlin, which is many edits away.
        let city = names.first { $0.split(separator: "/").last?.lowercased() == name.lowercased() }
        let meant = city ?? NearestName.nearest(to: name, among: names)
        return Fault(
            .badSchedule, "unknown time zone \"\(name)\"",
            hint: names.isEmpty
                ? "install the package tzdata"
                : meant.map { "did you mean \($0)?" } ?? "write an IANA name such as Europe/Berlin, or UTC")
    }
}
