package import Model
package import Platform

/// A look at a machine that has no settings yet, for the SQLite databases that applications keep there.
///
/// What belongs to the system, to caches, to backups or to one person's programs (hidden folders) is left out: it can be
/// named in the settings all the same.
package struct DatabaseProspect {
    package struct Found: Sendable, Equatable {
        package var path: String
        package var size: ByteCount
        package var device: UInt64
        /// Whether a restore has written it there, beside the database.
        package var isCopy: Bool
    }

    package struct Limits: Sendable {
        /// Of folders in folders.
        package var depth = 12
        /// Files and folders looked at.
        package var entries = 300_000
        package var time = Duration.seconds(20)

        package init() {}
    }

    /// Folders of these names are caches, copies or other people's backups.
    static let passedOver: Set<String> = [
        "cache", "caches", "Cache", "backup", "backups", "Backups", "lost+found", "node_modules", "snap", "tmp", "temp",
    ]
    /// What systems and other servers keep for themselves.
    static let ofSystem: Set<String> = Set(
        [
            "AccountsService", "NetworkManager", "PackageKit", "apt", "aptitude", "colord", "command-not-found",
            "containerd", "containers", "dnf", "docker", "dpkg", "flatpak", "fwupd", "holdfast", "libvirt", "lxc",
            "lxcfs", "machines", "mlocate", "mysql", "pgsql", "plocate", "podman", "portables", "postgresql", "rpm",
            "snapd", "swcatalog", "systemd", "ucf", "upower",
        ].map { "/var/lib/\($0)" })

    private let excluded: Set<NativePath>
    private let own: [NativePath]
    private let limits: Limits
    private let foreign: Set<NativePath>

    /// - Parameters:
    ///   - excluded: folders in which nothing is looked for, also where the search begins in one.
    ///   - mounts: what is mounted; file systems that aren't of this machine's disks are not entered.
    package init(excluding excluded: [String], mounts: [Mount], limits: Limits = Limits()) {
        own = (excluded + excluded.compactMap(Files.realPath)).map { NativePath($0) }
        self.excluded = Set(Self.ofSystem.map { NativePath($0) } + own)
        self.limits = limits
        foreign = Set(mounts.filter { !$0.isSearchable }.map { NativePath($0.path) })
    }

    /// - Returns: by path; and why not all was looked at, nil when it was.
    package func run(below roots: [String]) -> (found: [Found], shortfall: String?) {
        let budget = Budget(limits)
        var found: [NativePath: Found] = [:]
        for root in roots.compactMap(Files.realPath) {
            let isOut = own.contains { NativePath(root).isInside($0) } || foreign.contains(NativePath(root))
            guard !isOut else { continue }
            var walk = FolderWalk(
                NativePath(root), enters: { budget.spend() && enters($0, of: root, budget) },
                wants: { budget.spend() && !Self.isSidecar($0) })
            // A folder that isn't there, or can't be opened, holds nothing that could be proposed.
            try? walk.run { entry in
                guard let file = entry.file, let status = try? file.status(), status.kind == .file,
                    let bytes = try? file.read(count: DatabaseHeader.length, at: 0), DatabaseHeader(bytes) != nil
                else { return }
                let path = entry.path.reduce(NativePath(root)) { $0.appending(component: $1) }
                found[path] = Found(
                    path: path.text, size: ByteCount(status.size), device: status.device,
                    isCopy: RestoredCopy.isMarked(file, at: path))
            }
        }
        return (found.values.sorted { $0.path.precedes($1.path) }, budget.shortfall)
    }

    private func enters(_ path: [[UInt8]], of root: String, _ budget: Budget) -> Bool {
        guard path.count <= limits.depth else {
            let folder = path.reduce(NativePath(root)) { $0.appending(component: $1) }.text
            budget.shortfall = "looked no deeper than \(limits.depth) folders, such as into \(folder)"
            return false
        }
        let name = String(decoding: path.last ?? [], as: UTF8.self)
        guard !name.begins(with: "."), !Self.passedOver.contains(name), !RestoreNames.isAside(name) else {
            return false
        }
        let absolute = path.reduce(NativePath(root)) { $0.appending(component: $1) }
        return !excluded.contains(absolute) && !foreign.contains(absolute)
    }

    private static func isSidecar(_ path: [[UInt8]]) -> Bool {
        let name = String(decoding: path.last ?? [], as: UTF8.self)
        return ["-wal", "-shm", "-journal"].contains { name.ends(with: $0) }
            || RestoreNames.isTemporary(NativePath(bytes: path.last ?? []).text)
    }

    /// What a search may still look at.
    private final class Budget {
        var shortfall: String?
        private var entries: Int
        private let end: Duration
        private let limits: Limits

        init(_ limits: Limits) {
            self.limits = limits
            entries = limits.entries
            end = BootClock.now() + limits.time
        }

        func spend() -> Bool {
            entries -= 1
            if entries < 0 { shortfall = "ended after \(limits.entries) files and folders" }
            if BootClock.now() > end { shortfall = "ended after \(limits.time.components.seconds) seconds" }
            return entries >= 0 && BootClock.now() <= end
        }
    }
}
