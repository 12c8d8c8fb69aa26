import GRDB
import Model
import Platform

extension Transition {
    /// Adds a message, or holds it when it is one of a storm; its id is the next one.
    func record(_ draft: MessageDraft, at instant: Instant) throws {
        guard let key = FailureStorm.key(of: draft) else { return try insert(draft, at: instant) }
        var storm = try storm(key)
        if let last = storm, last.isOver(at: instant) { storm = try close(last, key, at: instant) }
        var current = storm ?? FailureStorm(opened: instant)
        let verdict = current.take()
        try save(current, key)
        switch verdict {
        case .pass: try insert(draft, at: instant)
        case .hold: try hold(draft, key, at: instant)
        }
    }

    /// Counts what was held, if anything was, and opens the window that follows, if one does.
    @discardableResult
    func close(_ storm: FailureStorm, _ key: String, at now: Instant) throws -> FailureStorm? {
        if storm.held > 0 { try count(storm, key, at: now) }
        let next = storm.next(at: now)
        if let next {
            try save(next, key)
        } else {
            try execute("DELETE FROM storms WHERE key = ?", [key])
        }
        return next
    }

    private func storm(_ key: String) throws -> FailureStorm? {
        try row("SELECT * FROM storms WHERE key = ?", [key]).map(FailureStorm.init(row:))
    }

    private func save(_ storm: FailureStorm, _ key: String) throws {
        try execute(
            "INSERT OR REPLACE INTO storms (key, opened_at, length, passed, held) VALUES (?, ?, ?, ?, ?)",
            [key, storm.opened.microseconds, storm.length.microseconds, storm.passed, storm.held])
    }

    private func hold(_ draft: MessageDraft, _ key: String, at instant: Instant) throws {
        try execute(
            """
            INSERT INTO held_messages (storm, instant, severity, code, database, run, actor_uid, actor_name, text,
                cause, hint)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                key, instant.microseconds, draft.severity.rank, draft.code.rawValue, draft.database?.text, draft.run,
                draft.actor.uid, draft.actor.name, draft.text.withoutNul, draft.cause?.withoutNul,
                draft.hint?.withoutNul,
            ])
    }

    private func count(_ storm: FailureStorm, _ key: String, at now: Instant) throws {
        let waiting = "FROM held_messages INDEXED BY held_messages_waiting WHERE storm = ? AND message IS NULL"
        guard
            let facts = try row(
                "SELECT count(DISTINCT database) AS databases, min(instant) AS first, max(instant) AS last \(waiting)",
                [key]),
            let last = try row("SELECT * \(waiting) ORDER BY id DESC LIMIT 1", [key])
        else { return }
        let names = try String.fetchAll(
            database,
            sql: "SELECT DISTINCT database \(waiting) AND database IS NOT NULL ORDER BY id LIMIT 3", arguments: [key])
        let content = MessageDraft(row: last)
        let summary = StormSummary(
            count: storm.held, databases: facts["databases"], names: names,
            first: facts.instant("first") ?? now, last: facts.instant("last") ?? now, example: content)
        try insert(summary.draft, at: now)
        try execute(
            "UPDATE held_messages SET message = ? WHERE storm = ? AND message IS NULL",
            [database.lastInsertedRowID, key])
    }
}

/// What was held, as one message.
struct StormSummary {
    let count: Int
    let databases: Int
    /// Some of them.
    let names: [String]
    let first: Instant
    let last: Instant
    let example: MessageDraft

    var draft: MessageDraft {
        let times = count == 1 ? "once more" : "\(count) more times"
        var text = "\(example.code.rawValue) \(times) between \(LocalZone.text(first)) and \(LocalZone.text(last))"
        if let name = names.first {
            text += databases == 1 ? ", of \(name)" : ", of \(databases) databases: \(names.joined(separator: ", "))"
            if databases > names.count { text += " and \(databases - names.count) others" }
        }
        let cause = example.cause.map { "\(example.text): \($0)" } ?? example.text
        return MessageDraft(
            example.severity, .failuresRepeated, text,
            database: databases == 1 ? names.first.map { DatabaseName($0) } : nil, cause: "the last one: \(cause)",
            hint: example.hint ?? example.code.explanation.nextStep)
    }
}

extension FailureStorm {
    init(row: Row) {
        self.init(
            opened: Instant(microseconds: row["opened_at"]), length: .microseconds(row["length"] as Int64),
            passed: row["passed"], held: row["held"])
    }
}
