import GRDB
import Model

/// A message query as SQL that reads little, however many messages there are.
///
/// Every index has its messages by class, so a query falls into cells: one database (or any), one code (or any), one
/// class. The first rows of a cell are one range of an index; the page is the first of those of all cells. Where these
/// would be too many, as for hundreds of databases, their messages are sorted when they are few, and looked for in the
/// order of ids when they are many. Times are turned into ids by blocks of 1,024 messages, because a clock that was set
/// leaves instants that don't grow with the ids.
struct MessageSelection {
    struct Statement {
        let sql: String
        let arguments: StatementArguments
    }

    private static let cellLimit = 64
    /// Matches of many databases that are still sorted.
    private static let fewMatches = 20_000

    private let query: MessageQuery
    /// Nil when nothing can match.
    private let ids: ClosedRange<MessageID>?
    private let classes: [Int]
    private let databases: [String]
    private let codes: [String]

    init(_ query: MessageQuery, in database: Database) throws {
        self.query = query
        ids = try Self.ids(query, in: database)
        let least = query.atLeast?.rank ?? 0
        classes = (least * 2...7).filter { !query.unacknowledgedOnly || $0.isMultiple(of: 2) }
        databases = Set(query.databases).sorted().map(\.text)
        codes = Set(query.codes.map(\.rawValue)).sorted()
    }

    /// Nil when nothing can match.
    func statement(in database: Database) throws -> Statement? {
        guard let ids else { return nil }
        let isFree = databases.isEmpty && codes.isEmpty && classes.count == 8
        if query.run != nil || isFree { return rows(where: runCondition, in: ids) }
        let cells = max(1, databases.count) * max(1, codes.count) * classes.count
        if cells <= Self.cellLimit { return cellwise(ids) }
        return try areFew(ids, in: database) ? sorted(ids) : rows(where: listCondition, in: ids)
    }

    private static func ids(_ query: MessageQuery, in database: Database) throws -> ClosedRange<MessageID>? {
        var (first, last) = ((query.after ?? 0) + 1, query.through ?? .max)
        if query.since != nil || query.until != nil {
            let blocks = try Row.fetchOne(
                database,
                sql:
                    "SELECT min(block) AS first, max(block) AS last FROM message_blocks WHERE latest >= ? AND earliest <= ?",
                arguments: [query.since?.microseconds ?? .min, query.until?.microseconds ?? .max])
            guard let low = blocks?.number("first"), let high = blocks?.number("last") else { return nil }
            (first, last) = (max(first, low << 10), min(last, high << 10 | 1023))
        }
        return first <= last ? first...last : nil
    }

    private var direction: String { query.order == .newestFirst ? "DESC" : "ASC" }

    /// In words of our own and numbers only.
    private var classList: String { "class IN (\(classes.map(String.init).joined(separator: ", ")))" }

    private func instants(_ prefix: String = "") -> Condition {
        var condition = Condition()
        if let since = query.since { condition.add("\(prefix)instant >= ?", since.microseconds) }
        if let until = query.until { condition.add("\(prefix)instant <= ?", until.microseconds) }
        return condition
    }

    private var runCondition: Condition {
        var condition = listCondition
        if let run = query.run { condition.add("run = ?", run) }
        return condition
    }

    private var listCondition: Condition {
        var condition = instants("+")
        condition.add("+database", in: databases)
        condition.add("+code", in: codes)
        if classes.count < 8 { condition.add("+\(classList)") }
        return condition
    }

    /// In the order of ids until there are enough.
    private func rows(where condition: Condition, in ids: ClosedRange<MessageID>) -> Statement {
        var condition = condition
        condition.add("id >= ?", ids.lowerBound)
        condition.add("id <= ?", ids.upperBound)
        return Statement(
            sql: "SELECT * FROM messages WHERE \(condition.sql) ORDER BY id \(direction) LIMIT ?",
            arguments: StatementArguments(condition.arguments + [query.limit]))
    }

    private func cellwise(_ ids: ClosedRange<MessageID>) -> Statement {
        var arms: [String] = []
        var arguments: [(any DatabaseValueConvertible)?] = []
        for database in databases.isEmpty ? [nil] : databases.map(Optional.some) {
            for code in codes.isEmpty ? [nil] : codes.map(Optional.some) {
                for number in classes {
                    var condition = instants()
                    if let database { condition.add("database = ?", database) }
                    if let code { condition.add("code = ?", code) }
                    condition.add("class = ?", number)
                    condition.add("id >= ?", ids.lowerBound)
                    condition.add("id <= ?", ids.upperBound)
                    arms.append(
                        """
                        SELECT id FROM (SELECT id FROM messages INDEXED BY \(index) WHERE \(condition.sql)
                        ORDER BY id \(direction) LIMIT ?)
                        """)
                    arguments += condition.arguments + [query.limit]
                }
            }
        }
        return page(of: arms.joined(separator: "\nUNION ALL\n"), arguments)
    }

    private func sorted(_ ids: ClosedRange<MessageID>) -> Statement {
        let (sql, arguments) = matches(ids)
        return page(of: sql, arguments)
    }

    private func page(of ids: String, _ arguments: [(any DatabaseValueConvertible)?]) -> Statement {
        Statement(
            sql: """
                SELECT * FROM messages WHERE id IN (\(ids)
                ORDER BY id \(direction) LIMIT ?) ORDER BY id \(direction)
                """,
            arguments: StatementArguments(arguments + [query.limit]))
    }

    private func areFew(_ ids: ClosedRange<MessageID>, in database: Database) throws -> Bool {
        let (sql, arguments) = matches(ids)
        let count = try Int.fetchOne(
            database, sql: "SELECT count(*) FROM (\(sql) LIMIT ?)",
            arguments: StatementArguments(arguments + [Self.fewMatches]))
        return (count ?? 0) < Self.fewMatches
    }

    /// All ids that match, in no order.
    private func matches(_ ids: ClosedRange<MessageID>) -> (String, [(any DatabaseValueConvertible)?]) {
        var condition = instants()
        condition.add("database", in: databases)
        condition.add("code", in: codes)
        condition.add(classList)
        condition.add("id >= ?", ids.lowerBound)
        condition.add("id <= ?", ids.upperBound)
        return ("SELECT id FROM messages INDEXED BY \(index) WHERE \(condition.sql)", condition.arguments)
    }

    private var index: String {
        switch (databases.isEmpty, codes.isEmpty) {
        case (true, true): "messages_class"
        case (true, false): "messages_code"
        case (false, true): "messages_database"
        case (false, false): "messages_database_code"
        }
    }
}

/// Conditions that must all hold, with their values.
private struct Condition {
    private var parts: [String] = []
    private(set) var arguments: [(any DatabaseValueConvertible)?] = []

    var sql: String { parts.joined(separator: " AND ") }

    mutating func add(_ part: String, _ value: (any DatabaseValueConvertible)? = nil) {
        parts.append(part)
        if let value { arguments.append(value) }
    }

    /// An empty list means any value.
    mutating func add(_ column: String, in values: [String]) {
        guard !values.isEmpty else { return }
        parts.append("\(column) IN (\(values.map { _ in "?" }.joined(separator: ", ")))")
        arguments += values
    }
}
