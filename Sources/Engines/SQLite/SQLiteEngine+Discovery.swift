import Glibc
import Model
import Platform

extension SQLiteEngine {
    package func discover(known: [String], memory: String?) -> Discovery {
        let known = known.map { NativePath($0) }
        var search = DatabaseSearch(server: server, known: Set(known))
        var faults: [Fault] = []
        let folders = SearchFolder.all(of: server, faults: &faults)
        for folder in folders { faults += search.run(folder) }
        let old = MountMemory(text: memory)
        let roots = folders.map(\.root)
        let found = Set(search.databases.map { NativePath($0.path) })
        let vanished = old.vanished(folders: roots, found: found, known: known)
        faults += vanished.map { unmounted(NativePath($0.path).text, "it held a file system with databases before") }
        faults += roots.flatMap { mounts.missing(around: $0) }.map { unmounted($0.text, "it is listed in /etc/fstab") }
        let gone = Set(vanished.map { NativePath($0.path) })
        let unreached = old.places.filter { place in
            !roots.contains { NativePath(place.path).isInside($0) } || gone.contains(NativePath(place.path))
        }
        let seen = search.places.filter { !gone.contains(NativePath($0.path)) }
        let kept =
            faults.isEmpty
            ? seen : seen + unreached.filter { place in !seen.contains { $0.path.isSame(as: place.path) } }
        let finding = Discovery.Finding(
            databases: search.databases.sorted { $0.name < $1.name },
            memory: MountMemory(kept.sorted { $0.path.precedes($1.path) }).text)
        return faults.first.map { .unreachable(Self.summary($0, of: faults), finding) } ?? .complete(finding)
    }

    private func unmounted(_ path: String, _ reason: String) -> Fault {
        Fault(
            .serverUnreachable, "nothing is mounted at \(path) of server \(server.name): \(reason)",
            hint: "mount it, or take the folder out of the settings")
    }

    private static func summary(_ first: Fault, of faults: [Fault]) -> Fault {
        guard faults.count > 1 else { return first }
        var summary = first
        summary.message += " (and \(faults.count - 1) more)"
        return summary
    }
}

/// A configured folder, its links resolved once.
struct SearchFolder {
    let root: NativePath
    /// What the names of its databases begin with, if the server has several folders.
    let prefix: [[UInt8]]

    static func all(of server: ServerDefinition, faults: inout [Fault]) -> [SearchFolder] {
        var resolved: [(configured: NativePath, root: NativePath)] = []
        for folder in server.folders {
            let configured = NativePath(folder)
            let real = configured.withCString { path -> NativePath? in
                guard let real = realpath(path, nil) else { return nil }
                defer { free(real) }
                return NativePath(
                    bytes: UnsafeBufferPointer(start: real, count: strlen(real)).map(UInt8.init(bitPattern:)))
            }
            guard let real else {
                faults.append(missing(folder, server, String(cString: strerror(errno)).lowercased()))
                continue
            }
            resolved.append((configured, real))
        }
        let several = server.folders.count > 1
        return resolved.map { folder in
            SearchFolder(
                root: folder.root,
                prefix: several ? distinct(folder.configured, among: server.folders.map(NativePath.init)) : [])
        }
    }

    static func missing(_ folder: String, _ server: ServerDefinition, _ reason: String) -> Fault {
        Fault(
            .serverUnreachable, "folder \(folder) of server \(server.name) can't be searched: \(reason)",
            hint: "mount or create it, let the user that holdfastd runs as read it, or take it out of the settings")
    }

    /// The shortest end of the path that no other folder ends with.
    private static func distinct(_ folder: NativePath, among folders: [NativePath]) -> [[UInt8]] {
        let mine = folder.components
        for length in 1...max(1, mine.count) {
            let end = Array(mine.suffix(length))
            if folders.filter({ Array($0.components.suffix(length)) == end }).count <= 1 { return end }
        }
        return mine
    }
}
