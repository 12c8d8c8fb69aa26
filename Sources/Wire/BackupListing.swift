package import Model

/// Recovery points on their way out, newest first: pulled part by part, so that a long list is never held as a whole.
package struct BackupListing: Sendable {
    /// The next ones, nil after the last; called by one reader at a time.
    package let next: @Sendable () async throws -> [Backup]?

    package init(next: @escaping @Sendable () async throws -> [Backup]?) { self.next = next }

    /// The whole list.
    package func all() async throws -> [Backup] {
        var all: [Backup] = []
        while let part = try await next() { all += part }
        return all
    }
}

extension Service {
    /// The whole list, for short ones.
    package func backups(_ filter: BackupFilter, for actor: Actor) async throws -> [Backup] {
        try await backupListing(filter, for: actor).all()
    }
}
