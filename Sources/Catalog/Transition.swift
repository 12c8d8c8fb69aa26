import GRDB
import Model

/// A transaction in the making, with the messages it causes.
final class Transition {
    let database: Database
    private(set) var messages: [Message] = []

    init(_ database: Database) { self.database = database }

    /// Adds a message as it is; its id is the next one.
    func insert(_ draft: MessageDraft, at instant: Instant) throws {
        try execute(
            """
            INSERT INTO messages (instant, severity, code, database, run, actor_uid, actor_name, text, cause, hint)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                instant.microseconds, draft.severity.rank, draft.code.rawValue, draft.database?.text, draft.run,
                draft.actor.uid, draft.actor.name, draft.text.withoutNul, draft.cause?.withoutNul,
                draft.hint?.withoutNul,
            ])
        messages.append(
            Message(id: database.lastInsertedRowID, instant: instant, content: draft, acknowledgement: nil))
    }

    /// Runs one statement, prepared once a connection.
    /// - Returns: the number of rows it changed.
    @discardableResult
    func execute(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws -> Int {
        try database.cachedStatement(sql: sql).execute(arguments: StatementArguments(arguments))
        return database.changesCount
    }

    func row(_ sql: String, _ arguments: [(any DatabaseValueConvertible)?]) throws -> Row? {
        try Row.fetchOne(database.cachedStatement(sql: sql), arguments: StatementArguments(arguments))
    }
}

extension String {
    /// SQLite's text ends at the first NUL when it is read.
    var withoutNul: String {
        utf8.contains(0) ? String(unicodeScalars.map { $0 == "\0" ? "\u{FFFD}" : Character($0) }) : self
    }
}
