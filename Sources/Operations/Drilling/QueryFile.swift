package import Model

/// The queries of a file, with what the restored copy of a database must answer.
///
/// A line is one thing: a key, a colon, a value. `database:` begins the part for the databases that fit a name or a
/// shell pattern; `query:` begins a query, whose text goes on in lines that begin with a space; what follows says what
/// must come back: `expect:` one row (columns joined by `|`, as SQLite's own shell prints them; NULL is empty or `∅`; rows
/// in order), `expect-rows:` their number, `expect-at-least:` the least number of them. Empty lines and lines that begin
/// with `#` say nothing.
///
/// ```
/// database: crm/*.db
/// query: SELECT name, value FROM settings ORDER BY name
/// expect: currency|EUR
/// expect: logo|∅
/// query: SELECT * FROM customer
/// expect-at-least: 1000
/// ```
package struct QueryFile: Sendable, Equatable {
    package enum Expectation: Sendable, Equatable {
        case rows([String])
        case count(Int)
        case atLeast(Int)
    }

    package struct Query: Sendable, Equatable {
        package var text: String
        /// `FILE:LINE`.
        package var place: String
        package var expectation: Expectation
    }

    package struct Part: Sendable, Equatable {
        /// A name, a unique end of one, a server or a shell pattern.
        package var database: String
        package var queries: [Query] = []
    }

    package private(set) var parts: [Part] = []

    /// - Parameter name: the file's path, for the places in messages.
    /// - Throws: `bad-settings`, naming file and line.
    package init(_ text: String, name: String) throws {
        var reader = Reader(name: name)
        for (index, line) in text.parts(between: ["\n"], keepingEmpty: true).enumerated() {
            try reader.take(line.ends(with: "\r") ? Substring(line.utf8.dropLast()) : line, number: index + 1)
        }
        try reader.closeQuery()
        parts = reader.parts
        guard parts.contains(where: { !$0.queries.isEmpty }) else {
            throw reader.fault(1, "holds no query", "write `database:`, `query:` and `expect:` lines")
        }
    }

    /// The queries for one database.
    package func queries(for database: DatabaseName, fits: (String) -> Bool) -> [Query] {
        parts.filter { fits($0.database) }.flatMap(\.queries)
    }
}

/// Takes the lines one after the other.
private struct Reader {
    let name: String
    var parts: [QueryFile.Part] = []
    private var text: String?
    private var line = 0
    private var expectation: QueryFile.Expectation?

    init(name: String) { self.name = name }

    mutating func take(_ line: Substring, number: Int) throws {
        guard !line.allSatisfy(\.isWhitespace), !line.begins(with: "#") else { return }
        if line.begins(with: " ") || line.begins(with: "\t") {
            guard let begun = text, expectation == nil else {
                throw fault(number, "goes on with no query", "only the text of `query:` goes on in indented lines")
            }
            text = "\(begun)\n\(line)"
            return
        }
        guard let colon = line.utf8.firstIndex(of: UInt8(ascii: ":")) else {
            throw fault(number, "has no colon", "write `query: SELECT …` or `expect: …`")
        }
        // One space after the colon belongs to the form; further ones to an expected row.
        let value = line[line.utf8.index(after: colon)...]
        try take(String(line[..<colon]), value.rest(after: " ").map { $0[...] } ?? value, number)
    }

    private mutating func take(_ key: String, _ value: Substring, _ number: Int) throws {
        switch key {
        case "database":
            try closeQuery()
            let pattern = Self.trimmed(value)
            guard !pattern.isEmpty else { throw fault(number, "names no database", "write `database: *` for all") }
            parts.append(QueryFile.Part(database: pattern))
        case "query":
            try closeQuery()
            guard !parts.isEmpty else {
                throw fault(number, "comes before any `database:`", "write `database: *` above it for all")
            }
            (text, line) = (String(value), number)
        case "expect": try expect(row: String(value), number)
        case "expect-rows": try expect(.count(try self.number(value, number)), number)
        case "expect-at-least": try expect(.atLeast(try self.number(value, number)), number)
        default:
            throw fault(
                number, "begins with an unknown key: \(key)",
                "the keys are database, query, expect, expect-rows and expect-at-least")
        }
    }

    private mutating func expect(row: String, _ number: Int) throws {
        if case .rows(let rows) = expectation {
            expectation = .rows(rows + [row])
            return
        }
        try expect(.rows([row]), number)
    }

    private mutating func expect(_ new: QueryFile.Expectation, _ number: Int) throws {
        guard text != nil else { throw fault(number, "expects something of no query", "write `query:` above it") }
        guard expectation == nil else {
            throw fault(number, "is a second expectation of one query", "write rows or a number of rows, not both")
        }
        expectation = new
    }

    mutating func closeQuery() throws {
        guard let text else { return }
        guard !Self.trimmed(text[...]).isEmpty else { throw fault(line, "holds an empty query", "write a SELECT") }
        guard let expectation else {
            throw fault(
                line, "says not what its query must return", "add `expect:`, `expect-rows:` or `expect-at-least:`")
        }
        parts[parts.count - 1].queries.append(
            QueryFile.Query(text: text, place: "\(name):\(line)", expectation: expectation))
        (self.text, self.expectation) = (nil, nil)
    }

    private func number(_ value: Substring, _ number: Int) throws -> Int {
        guard let count = Int(Self.trimmed(value)), count >= 0 else {
            throw fault(number, "holds no number of rows", "write for example `expect-rows: 3`")
        }
        return count
    }

    func fault(_ number: Int, _ message: String, _ hint: String) -> Fault {
        Fault(.badSettings, "\(name):\(number) \(message)", hint: hint)
    }

    private static func trimmed(_ text: Substring) -> String {
        let start = text.drop(while: \.isWhitespace)
        return String(
            start[..<(start.lastIndex { !$0.isWhitespace }.map { start.index(after: $0) } ?? start.startIndex)])
    }
}
