package import Model

/// The room that a repository takes and has left.
package struct RepositorySpace: Sendable, Codable, Equatable {
    package var path: String
    package var id: RepositoryID
    package var used: ByteCount
    /// Of these, what no backup needs; absent where it was not counted.
    package var dead: ByteCount?
    package var free: ByteCount
    package var total: ByteCount
    package var backups: Int
    /// Databases whose source lies on the repository's disk, so that one broken disk takes both.
    package var sameDiskAsSource: [DatabaseName]

    package init(
        path: String, id: RepositoryID, used: ByteCount, free: ByteCount, total: ByteCount, backups: Int,
        sameDiskAsSource: [DatabaseName] = []
    ) {
        self.path = path
        self.id = id
        self.used = used
        self.dead = nil
        self.free = free
        self.total = total
        self.backups = backups
        self.sameDiskAsSource = sameDiskAsSource
    }
}
