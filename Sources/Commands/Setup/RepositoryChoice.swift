package import Model
internal import Platform

/// A place where the repository might be.
package struct RepositoryChoice: Equatable {
    package var path: String
    package var free: ByteCount
    /// Whether a database is on the same disk: one broken disk then takes both.
    package var sharesDisk: Bool

    /// A disk of this machine, by the folder where its file system begins.
    package struct Disk: Equatable {
        package var path: String
        package var device: UInt64
        package var free: ByteCount

        package init(path: String, device: UInt64, free: ByteCount) {
            self.path = path
            self.device = device
            self.free = free
        }
    }

    /// The standard place first, then places on disks that hold no database and have room, the emptiest first.
    ///
    /// - Parameters:
    ///   - standard: where the repository is by the settings, with the disk that this place is on.
    ///   - needed: the size of all databases; twice that is room.
    package static func all(
        standard: (path: String, disk: Disk), disks: [Disk], sources: Set<UInt64>, needed: ByteCount
    ) -> [RepositoryChoice] {
        let room = max(ByteCount(2 * needed.bytes), ByteCount(1 << 30))
        let others = disks.filter { disk in
            disk.device != standard.disk.device && !sources.contains(disk.device) && disk.free >= room
        }.sorted { ($1.free, $0.path) < ($0.free, $1.path) }
        let first = RepositoryChoice(
            path: standard.path, free: standard.disk.free, sharesDisk: sources.contains(standard.disk.device))
        return [first]
            + others.map {
                RepositoryChoice(
                    path: $0.path == "/" ? "/holdfast" : "\($0.path)/holdfast", free: $0.free, sharesDisk: false)
            }
    }

    /// The disks that a repository may be on: with owners and modes, and not of the system's start.
    static func disks() -> [Disk] {
        let mounts = ((try? Mounts.now()) ?? []).filter { mount in
            mount.isLocalDisk && !mount.isReadOnly && !["vfat", "exfat", "ntfs3"].contains(mount.kind)
                && !FolderProposal.contains("/boot", mount.path)
        }
        return mounts.compactMap { disk(at: $0.path) }
    }

    /// The disk that `path`, or what there is of it, is on.
    static func disk(of path: String) -> Disk? { disk(at: present(path)) }

    private static func present(_ path: String) -> String {
        var folder = path
        while !Files.exists(folder), folder != "/" { folder = Files.parent(of: folder) }
        return folder
    }

    /// Whether `path` is, or would be, on a file system that goes with the machine's next start.
    static func isInMemory(_ path: String) -> Bool {
        let mounts = (try? Mounts.now()) ?? []
        guard let place = Files.realPath(present(path)),
            // Of two at one place the later one hides the other.
            let mount = mounts.enumerated().filter({ FolderProposal.contains($0.element.path, place) })
                .max(by: { ($0.element.path.utf8.count, $0.offset) < ($1.element.path.utf8.count, $1.offset) })
        else { return false }
        return ["tmpfs", "ramfs"].contains(mount.element.kind)
    }

    private static func disk(at path: String) -> Disk? {
        guard let status = try? Files.status(path), status.kind == .directory, let space = try? Files.space(path)
        else { return nil }
        return Disk(path: path, device: status.device, free: space.free)
    }
}
