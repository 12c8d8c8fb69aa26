internal import Model
internal import Wire

extension Diagnosis {
    /// - Parameter growth: what backups store a day at present; nil when there is too little to tell by.
    mutating func examine(_ space: RepositorySpace?, databases: [Database], growth: ByteCount?) {
        guard let space else {
            return add("repository", .problem, "the daemon has no repository open", hint: "see `holdfast messages`")
        }
        let remedy = "make room, keep backups for a shorter time (`holdfast retention set`), or move the repository"
        let floor = max(Int64(1) << 30, space.total.bytes / 20)
        let days = growth.flatMap { $0.bytes > 0 ? space.free.bytes / $0.bytes : nil }
        let largest = databases.max { ($0.size ?? .zero) < ($1.size ?? .zero) }
        if space.free.bytes < floor {
            add("repository", .problem, "only \(space.free) are free at \(space.path)", hint: remedy)
        } else if let days, days < 30, let growth {
            add(
                "repository", days < 7 ? .problem : .warning,
                "\(space.free) are free at \(space.path), for \(days) days at \(growth) a day", hint: remedy)
        } else if let largest, let size = largest.size, size > space.free {
            add(
                "repository", .warning,
                "a full of \(largest.name) that shares nothing may need \(size), and \(space.free) are free",
                hint: remedy)
        } else {
            add("repository", .good, "\(space.free) are free at \(space.path)")
        }
        if let first = space.sameDiskAsSource.first {
            add(
                "repository", .warning, "lies on the same disk as \(first)",
                hint: "put it on another disk or another machine")
        }
    }

    /// What backups store a day, by the newest ones.
    ///
    /// - Parameter backups: newest first; the oldest of them only begins the time.
    static func growth(_ backups: [Backup]) -> ByteCount? {
        guard let newest = backups.first, let oldest = backups.last else { return nil }
        let span = (newest.instant - oldest.instant).inSeconds
        guard span >= 3600 else { return nil }
        // A first full isn't what every day costs.
        let stored = backups.dropLast().filter { $0.id.sequence > 1 }.reduce(Int64(0)) { $0 + $1.storedBytes.bytes }
        return ByteCount(Int64(Double(stored) * 86_400 / span))
    }
}
