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
        let selection = MessageSelection(query)
        return try read { database in
            try Row.fetchAll(database, sql: selection.sql, arguments: StatementArguments(selection.arguments))
                .map(Message.init(row:))
        }
    }

    package func message(_ id: MessageID) throws -> Message? {
        try read { try Row.fetchOne($0, sql: "SELECT * FROM messages WHERE id = ?", arguments: [id]) }
            .map(Message.init(row:))
    }

    /// The id of the newest message; 0 when there is none.
    package func newestMessage() throws -> MessageID {
        try read { try MessageID.fetchOne($0, sql: "SELECT max(id) FROM messages") } ?? 0
    }

    /// Notes who has seen to messages; those that somebody had acknowledged before keep that.
    ///
    /// - Returns: the ids that are acknowledged only now.
    /// - Throws: `not-found` when one of them doesn't exist; then none is acknowledged.
    @discardableResult
    package func acknowledge(_ ids: [MessageID], by actor: Actor, at instant: Instant) throws -> [MessageID] {
        try transition { transition in
            try ids.filter { id in
                let changed = try transition.execute(
                    """
                    UPDATE messages SET acknowledged_at = ?, acknowledged_uid = ?, acknowledged_name = ?
                    WHERE id = ? AND acknowledged_at IS NULL
                    """, [instant.microseconds, actor.uid, actor.name, id])
                if changed == 0, try transition.row("SELECT 1 FROM messages WHERE id = ?", [id]) == nil {
                    throw Fault(.notFound, "there is no message \(id)", hint: "`holdfast messages` lists them")
                }
                return changed > 0
            }
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

/// A message query as SQL.
private struct MessageSelection {
    private(set) var arguments: [(any DatabaseValueConvertible)?] = []
    private var conditions: [String] = []
    private let order: String

    var sql: String {
        let condition = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND ")) "
        return "SELECT * FROM messages \(condition)ORDER BY id \(order) LIMIT ?"
    }

    init(_ query: MessageQuery) {
        order = query.order == .newestFirst ? "DESC" : "ASC"
        require("id > ?", query.after)
        require("id <= ?", query.through)
        // The unary plus keeps these out of the choice of an index: rows come in the order of ids and stop at the limit.
        require("+instant >= ?", query.since?.microseconds)
        require("+severity >= ?", query.atLeast?.rank)
        require("run = ?", query.run)
        if !query.databases.isEmpty {
            let marks = query.databases.map { _ in "?" }.joined(separator: ", ")
            conditions.append("database IN (\(marks))")
            arguments += query.databases.map(\.text)
        }
        if query.unacknowledgedOnly { conditions.append("acknowledged_at IS NULL") }
        arguments.append(query.limit)
    }

    private mutating func require(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
        guard let value else { return }
        conditions.append(condition)
        arguments.append(value)
    }
}

extension Message {
    init(row: Row) throws {
        let draft = MessageDraft(
            Severity(rank: row["severity"]), row.value("code") ?? .internalError, row.text("text") ?? "",
            database: row.database("database"), run: row.number("run"),
            actor: row.actor(uid: "actor_uid", name: "actor_name"), cause: row.text("cause"), hint: row.text("hint"))
        let acknowledgement = row.instant("acknowledged_at").map {
            Acknowledgement(actor: row.actor(uid: "acknowledged_uid", name: "acknowledged_name"), instant: $0)
        }
        self.init(
            id: row["id"], instant: try row.required(row.instant("instant"), "messages.instant"), content: draft,
            acknowledgement: acknowledgement)
    }
}
