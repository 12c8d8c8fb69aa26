import GRDB
package import Model

extension Catalog {
    /// Records messages that belong to no other transition; durable on return.
    @discardableResult
    package func record(_ drafts: [MessageDraft], at instant: Instant) throws -> [Message] {
        try transition { transition in
            for draft in drafts { try transition.record(draft, at: instant) }
            return transition.messages
        }
    }

    package func messages(_ query: MessageQuery = MessageQuery()) throws -> [Message] {
        try read { database in
            guard let statement = try MessageSelection(query, in: database).statement(in: database) else { return [] }
            return try Row.fetchAll(database, sql: statement.sql, arguments: statement.arguments)
                .map(Message.init(row:))
        }
    }

    /// How SQLite would answer a query, a line a step.
    package func plan(of query: MessageQuery) throws -> [String] {
        try read { database in
            guard let statement = try MessageSelection(query, in: database).statement(in: database) else { return [] }
            return try Row.fetchAll(
                database, sql: "EXPLAIN QUERY PLAN \(statement.sql)", arguments: statement.arguments
            ).map { $0["detail"] }
        }
    }

    /// How many warnings and errors nobody has acknowledged.
    package func unacknowledged() throws -> (warnings: Int, errors: Int) {
        try read { database in
            func count(_ severity: Severity) throws -> Int {
                try Int.fetchOne(
                    database, sql: "SELECT count(*) FROM messages INDEXED BY messages_class WHERE class = ?",
                    arguments: [severity.rank * 2]) ?? 0
            }
            return (try count(.warning), try count(.error))
        }
    }

    package func message(_ id: MessageID) throws -> Message? {
        try read { try Row.fetchOne($0, sql: "SELECT * FROM messages WHERE id = ?", arguments: [id]) }
            .map(Message.init(row:))
    }

    /// The id of the newest message, also when retention has deleted it; 0 when there never was one.
    package func newestMessage() throws -> MessageID {
        try read { try MessageID.fetchOne($0, sql: "SELECT seq FROM sqlite_sequence WHERE name = 'messages'") } ?? 0
    }

    /// Notes who has seen to messages; those that somebody had acknowledged before keep that.
    ///
    /// - Returns: the ids that are acknowledged only now.
    /// - Throws: `not-found` when one of them doesn't exist; then none is acknowledged.
    @discardableResult
    package func acknowledge(_ ids: [MessageID], by actor: Actor, at instant: Instant) throws -> [MessageID] {
        try transition { transition in
            try ids.filter { id in
                let changed = try transition.acknowledge(id, by: actor, at: instant)
                if changed == 0, try transition.row("SELECT 1 FROM messages WHERE id = ?", [id]) == nil {
                    throw Fault(.notFound, "there is no message \(id)", hint: "`holdfast messages` lists them")
                }
                return changed > 0
            }
        }
    }

    /// Notes who has seen to all messages that a query finds, in batches of their own transactions, up to the newest one
    /// of now; order and limit of the query don't count.
    ///
    /// - Returns: how many are acknowledged only now.
    package func acknowledgeAll(_ query: MessageQuery, by actor: Actor, at instant: Instant) throws -> Int {
        var batch = query
        batch.unacknowledgedOnly = true
        (batch.order, batch.limit) = (.oldestFirst, 500)
        batch.through = min(query.through ?? .max, try newestMessage())
        var count = 0
        while true {
            let ids = try messages(batch).map(\.id)
            guard let last = ids.last else { return count }
            count += try transition { transition in
                try ids.reduce(0) { try $0 + transition.acknowledge($1, by: actor, at: instant) }
            }
            batch.after = last
        }
    }

    /// The last message that a consumer has taken care of; 0 before the first.
    package func delivered(to consumer: String) throws -> MessageID {
        try read {
            try MessageID.fetchOne(
                $0, sql: "SELECT last_message FROM deliveries WHERE consumer = ?", arguments: [consumer])
        } ?? 0
    }

    /// Remembers how far consumers have come; durable on return, never goes back.
    package func markDelivered(_ last: [String: MessageID]) throws {
        try transition { transition in
            for (consumer, id) in last {
                try transition.execute(
                    """
                    INSERT INTO deliveries (consumer, last_message) VALUES (?, ?)
                    ON CONFLICT (consumer) DO UPDATE SET last_message = max(last_message, excluded.last_message)
                    """, [consumer, id])
            }
        }
    }
}

extension Transition {
    fileprivate func acknowledge(_ id: MessageID, by actor: Actor, at instant: Instant) throws -> Int {
        try execute(
            """
            UPDATE messages SET acknowledged_at = ?, acknowledged_uid = ?, acknowledged_name = ?
            WHERE id = ? AND acknowledged_at IS NULL
            """, [instant.microseconds, actor.uid, actor.name, id])
    }
}

extension Message {
    init(row: Row) throws {
        let acknowledgement = row.instant("acknowledged_at").map {
            Acknowledgement(actor: row.actor(uid: "acknowledged_uid", name: "acknowledged_name"), instant: $0)
        }
        self.init(
            id: row["id"], instant: try row.required(row.instant("instant"), "messages.instant"),
            content: MessageDraft(row: row),
            acknowledgement: acknowledgement)
    }
}

extension MessageDraft {
    /// A row of `messages` or `held_messages`.
    init(row: Row) {
        self.init(
            Severity(rank: row["severity"]), row.value("code") ?? .internalError, row.text("text") ?? "",
            database: row.database("database"), run: row.number("run"),
            actor: row.actor(uid: "actor_uid", name: "actor_name"), cause: row.text("cause"), hint: row.text("hint"))
    }
}
