package import Model

/// Which messages to read; oldest first.
package struct MessageQuery: Sendable, Codable, Equatable {
    /// Only later ones.
    package var after: MessageID?
    package var since: Instant?
    /// This severity and worse ones; `info` and `success` count as equal.
    package var severity: Severity?
    package var database: String?
    package var run: String?
    package var unacknowledged: Bool
    /// The newest so many of those that fit.
    package var limit: Int?

    package init(
        after: MessageID? = nil, since: Instant? = nil, severity: Severity? = nil, database: String? = nil,
        run: String? = nil, unacknowledged: Bool = false, limit: Int? = nil
    ) {
        self.after = after
        self.since = since
        self.severity = severity
        self.database = database
        self.run = run
        self.unacknowledged = unacknowledged
        self.limit = limit
    }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        after = try fields.decodeIfPresent(MessageID.self, forKey: .after)
        since = try fields.decodeIfPresent(Instant.self, forKey: .since)
        severity = try fields.decodeIfPresent(Severity.self, forKey: .severity)
        database = try fields.decodeIfPresent(String.self, forKey: .database)
        run = try fields.decodeIfPresent(String.self, forKey: .run)
        unacknowledged = try fields.decodeIfPresent(Bool.self, forKey: .unacknowledged) ?? false
        limit = try fields.decodeIfPresent(Int.self, forKey: .limit)
    }
}

/// Marks messages as seen.
package struct AcknowledgeRequest: Sendable, Codable, Equatable {
    package var ids: [MessageID]

    package init(ids: [MessageID]) { self.ids = ids }
}
