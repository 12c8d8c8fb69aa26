package import Model

/// Which messages to read; oldest first.
package struct MessageQuery: Sendable, Codable, Equatable {
    /// Only later ones; with a limit the next so many.
    package var after: MessageID?
    /// Only earlier ones; with a limit the newest so many of them.
    package var before: MessageID?
    package var since: Instant?
    package var until: Instant?
    /// This severity and worse ones; `info` and `success` count as equal.
    package var severity: Severity?
    /// Names, unique suffixes, servers or shell patterns; empty means all.
    package var databases: [String]
    /// Empty means all.
    package var codes: [Code]
    package var run: String?
    package var unacknowledged: Bool
    /// The newest so many of those that fit, or with `after` the oldest.
    package var limit: Int?

    package init(
        after: MessageID? = nil, before: MessageID? = nil, since: Instant? = nil, until: Instant? = nil,
        severity: Severity? = nil, databases: [String] = [], codes: [Code] = [], run: String? = nil,
        unacknowledged: Bool = false, limit: Int? = nil
    ) {
        self.after = after
        self.before = before
        self.since = since
        self.until = until
        self.severity = severity
        self.databases = databases
        self.codes = codes
        self.run = run
        self.unacknowledged = unacknowledged
        self.limit = limit
    }

    /// Fields left out take their defaults.
    package init(from decoder: any Decoder) throws {
        let fields = try decoder.container(keyedBy: CodingKeys.self)
        after = try fields.decodeIfPresent(MessageID.self, forKey: .after)
        before = try fields.decodeIfPresent(MessageID.self, forKey: .before)
        since = try fields.decodeIfPresent(Instant.self, forKey: .since)
        until = try fields.decodeIfPresent(Instant.self, forKey: .until)
        severity = try fields.decodeIfPresent(Severity.self, forKey: .severity)
        databases = try fields.decodeIfPresent([String].self, forKey: .databases) ?? []
        codes = try fields.decodeIfPresent([Code].self, forKey: .codes) ?? []
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

/// How many messages were acknowledged only now.
package struct AcknowledgeReply: Sendable, Codable, Equatable {
    package var acknowledged: Int

    package init(acknowledged: Int) { self.acknowledged = acknowledged }
}
