import GRDB
package import Model

extension Catalog {
    /// Deletes messages that are older than `keep`, or more than the newest `count`; unacknowledged errors stay twice as
    /// long and twice as many. Says how many with `messages-pruned` if there were any.
    ///
    /// What a consumer has not got yet stays, and so does the newest message. Deletes 500 at a time in transactions of
    /// their own, so that nobody waits; a count that a kill cut off is said the next time. Call it once a day, and never
    /// while the clock is in doubt.
    ///
    /// - Returns: how many were deleted.
    @discardableResult
    package func pruneMessages(now: Instant, keep: Duration, count: Int) throws -> Int {
        let limits = try read { try MessageLimits(now: now, keep: keep, count: count, in: $0) }
        var after: MessageID = 0
        while true {
            let ids = try read { try limits.victims(after: after, in: $0) }
            guard let last = ids.last else { break }
            try transition { try $0.deleteMessages(ids) }
            after = last
        }
        return try transition { transition in
            let deleted = Int(try transition.count("pruned_untold"))
            guard deleted > 0 else { return 0 }
            try transition.setCount("pruned_untold", 0)
            let what = deleted == 1 ? "1 message was" : "\(deleted) messages were"
            let draft = MessageDraft(
                .info, .messagesPruned, "\(what) deleted: \(limits.rule)",
                hint: "`messages.keep_days` and `messages.keep_count` in the settings say how long they stay")
            try transition.record(draft, at: now)
            return deleted
        }
    }

    /// The newest message that retention has deleted; 0 when it never deleted any. Some up to it may still be there.
    package func prunedThrough() throws -> MessageID {
        try read { database in
            try MessageID.fetchOne(database, sql: "SELECT value FROM message_counts WHERE name = 'pruned_through'")
        } ?? 0
    }
}

/// Which messages retention releases, found out once for all batches.
private struct MessageLimits {
    private static let batch = 500
    /// The last that may be deleted at all.
    private let last: MessageID
    private let cutoff: Instant
    private let cutoffOfErrors: Instant
    private let surplus: MessageID
    private let surplusOfErrors: MessageID
    let rule: String

    init(now: Instant, keep: Duration, count: Int, in database: Database) throws {
        cutoff = now - keep
        cutoffOfErrors = now - keep * 2
        surplus = try Self.surplus(count, in: database)
        surplusOfErrors = try Self.surplus(count * 2, in: database)
        let delivered = try MessageID.fetchOne(database, sql: "SELECT min(last_message) FROM deliveries") ?? 0
        let newest = try MessageID.fetchOne(database, sql: "SELECT max(id) FROM messages") ?? 0
        let block = try MessageID.fetchOne(
            database, sql: "SELECT max(block) FROM message_blocks WHERE earliest < ?", arguments: [cutoff.microseconds])
        let released = max(surplus, block.map { $0 << 10 | 1023 } ?? 0)
        last = min(delivered, newest - 1, released)
        rule = "older than \(keep.components.seconds / 86_400) days, or more than \(count)"
    }

    /// The last id beyond the newest `count`.
    private static func surplus(_ count: Int, in database: Database) throws -> MessageID {
        try MessageID.fetchOne(
            database, sql: "SELECT id FROM messages ORDER BY id DESC LIMIT 1 OFFSET ?", arguments: [count]) ?? 0
    }

    /// The next batch of ids, ascending. Class 6: unacknowledged errors.
    func victims(after: MessageID, in database: Database) throws -> [MessageID] {
        try MessageID.fetchAll(
            database,
            sql: """
                SELECT id FROM messages WHERE id > ? AND id <= ?
                AND iif(class = 6, instant < ? OR id <= ?, instant < ? OR id <= ?) ORDER BY id LIMIT ?
                """,
            arguments: [
                after, last, cutoffOfErrors.microseconds, surplusOfErrors, cutoff.microseconds, surplus, Self.batch,
            ])
    }
}

extension Transition {
    fileprivate func deleteMessages(_ ids: [MessageID]) throws {
        var deleted = 0
        for id in ids {
            deleted += try execute("DELETE FROM messages WHERE id = ?", [id])
            try execute("DELETE FROM held_messages WHERE message = ?", [id])
        }
        try setCount("pruned_untold", try count("pruned_untold") + Int64(deleted))
        if let last = ids.last { try setCount("pruned_through", max(try count("pruned_through"), last)) }
        try execute("DELETE FROM message_blocks WHERE block < (SELECT min(id) FROM messages) >> 10", [])
    }

    fileprivate func count(_ name: String) throws -> Int64 {
        try row("SELECT value FROM message_counts WHERE name = ?", [name])?["value"] ?? 0
    }

    fileprivate func setCount(_ name: String, _ value: Int64) throws {
        try execute("INSERT OR REPLACE INTO message_counts VALUES (?, ?)", [name, value])
    }
}
