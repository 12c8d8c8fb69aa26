package import Model

/// Which backups to list; newest first.
package struct BackupFilter: Sendable, Codable, Equatable {
    /// Names, unique suffixes, servers or shell patterns; empty means all.
    package var databases: [String]
    /// Also those in soft delete.
    package var deleted: Bool
    package var since: Instant?
    package var until: Instant?
    package var limit: Int?

    package init(
        databases: [String] = [], deleted: Bool = false, since: Instant? = nil, until: Instant? = nil, limit: Int? = nil
    ) {
        self.databases = databases
        self.deleted = deleted
        self.since = since
        self.until = until
        self.limit = limit
    }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        databases = try fields.decodeIfPresent([String].self, forKey: .databases) ?? []
        deleted = try fields.decodeIfPresent(Bool.self, forKey: .deleted) ?? false
        since = try fields.decodeIfPresent(Instant.self, forKey: .since)
        until = try fields.decodeIfPresent(Instant.self, forKey: .until)
        limit = try fields.decodeIfPresent(Int.self, forKey: .limit)
    }
}
