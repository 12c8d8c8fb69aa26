import CPQ
import Model

/// The answer to one query, as text.
package struct PostgresRows: Sendable {
    /// In order; nil for NULL.
    package let rows: [[String?]]
    package let columns: [String]
    private let places: [String: Int]

    /// - Parameter result: not kept.
    init(_ result: OpaquePointer?) {
        let width = PQnfields(result)
        columns = (0..<width).map { column in PQfname(result, column).map { String(cString: $0) } ?? "" }
        places = Dictionary(columns.enumerated().map { ($1, $0) }) { first, _ in first }
        rows = (0..<PQntuples(result)).map { row in (0..<width).map { Self.text(result, row, $0) } }
    }

    /// Of a command that answers with no rows.
    package init() {
        rows = []
        columns = []
        places = [:]
    }

    private static func text(_ result: OpaquePointer?, _ row: Int32, _ column: Int32) -> String? {
        guard PQgetisnull(result, row, column) == 0, let bytes = PQgetvalue(result, row, column) else { return nil }
        return String(cString: bytes)
    }
}

extension PostgresRows: RandomAccessCollection {
    package var startIndex: Int { 0 }
    package var endIndex: Int { rows.count }
    package subscript(index: Int) -> Row { Row(values: rows[index], places: places) }

    package struct Row: Sendable {
        package let values: [String?]
        fileprivate let places: [String: Int]

        /// - Throws: `internal-error` for a column that the query doesn't have.
        package func optional(_ column: String) throws -> String? {
            guard let place = places[column] else { throw unexpected(column, "no such column") }
            return values[place]
        }

        /// - Throws: `internal-error` for NULL.
        package func text(_ column: String) throws -> String {
            guard let value = try optional(column) else { throw unexpected(column, "no value") }
            return value
        }

        package func number<Number: FixedWidthInteger>(_ column: String, as type: Number.Type = Number.self) throws
            -> Number
        {
            guard let number = Number(try text(column)) else { throw unexpected(column, "no number") }
            return number
        }

        package func flag(_ column: String) throws -> Bool {
            switch try text(column) {
            case "t": return true
            case "f": return false
            default: throw unexpected(column, "neither true nor false")
            }
        }

        private func unexpected(_ column: String, _ what: String) -> Fault {
            Fault(.internalError, "unexpected answer of a PostgreSQL server in column \(column): \(what)")
        }
    }

    /// The only row.
    ///
    /// - Throws: `internal-error` when there is none or more than one.
    package func one() throws -> Row {
        guard count == 1 else {
            throw Fault(.internalError, "unexpected answer of a PostgreSQL server: \(count) rows instead of one")
        }
        return self[0]
    }
}
