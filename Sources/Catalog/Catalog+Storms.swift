import GRDB
package import Model

/// A failure whose own message was held because the same had been said so often.
package struct HeldMessage: Sendable, Equatable {
    package let instant: Instant
    package let content: MessageDraft
}

extension Catalog {
    /// Counts what was held in windows that have closed by now, one `failures-repeated` message each.
    ///
    /// Messages of warnings and errors with the same code, text and cause, apart from the database's name and numbers,
    /// pass three times in ten minutes; later ones are held, in the transition that they belong to.
    /// - Returns: when the next window that holds closes; nil when none does. Call again then.
    package func closeStorms(at now: Instant) throws -> Instant? {
        let due = try read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM storms WHERE due_at <= ? OR opened_at > ?",
                arguments: [now.microseconds, (now + FailureStorm.disorder).microseconds]
            ).map { ($0["key"] as String, FailureStorm(row: $0)) }
        }
        if !due.isEmpty {
            try transition { transition in
                for (key, _) in due {
                    // As it is now: another transition may have closed it since.
                    guard let row = try transition.row("SELECT * FROM storms WHERE key = ?", [key]) else { continue }
                    let storm = FailureStorm(row: row)
                    if storm.isOver(at: now) { try transition.close(storm, key, at: now) }
                }
            }
        }
        return try read { database in
            try Int64.fetchOne(database, sql: "SELECT min(due_at) FROM storms INDEXED BY storms_due WHERE passed >= 3")
        }.map { Instant(microseconds: $0) }
    }

    /// The failures that a `failures-repeated` message counts, oldest first.
    package func heldMessages(of message: MessageID, limit: Int = 1000) throws -> [HeldMessage] {
        let sql = "SELECT * FROM held_messages WHERE message = ? ORDER BY id LIMIT ?"
        return try read { database in
            try Row.fetchAll(database, sql: sql, arguments: [message, limit]).map { row in
                HeldMessage(instant: Instant(microseconds: row["instant"]), content: MessageDraft(row: row))
            }
        }
    }
}
