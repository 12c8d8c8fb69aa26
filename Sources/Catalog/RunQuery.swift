import GRDB
package import Model

/// Which runs; all conditions must hold. Newest first.
package struct RunQuery: Sendable {
    /// Empty means any.
    package var states: Set<RunState>
    package var kinds: Set<RunKind>
    package var unit: UnitID?
    package var database: DatabaseName?
    package var occurrence: OccurrenceID?
    package var limit: Int

    package init(
        states: Set<RunState> = [], kinds: Set<RunKind> = [], unit: UnitID? = nil, database: DatabaseName? = nil,
        occurrence: OccurrenceID? = nil, limit: Int = 100
    ) {
        self.states = states
        self.kinds = kinds
        self.unit = unit
        self.database = database
        self.occurrence = occurrence
        self.limit = limit
    }
}

extension Catalog {
    package func run(_ id: RunID) throws -> Run? {
        try read { try Row.fetchOne($0, sql: "SELECT * FROM runs WHERE id = ?", arguments: [id]) }
            .map(Run.init(row:))
    }

    /// Newest first.
    package func runs(_ query: RunQuery = RunQuery()) throws -> [Run] {
        var conditions: [String] = []
        var arguments: [any DatabaseValueConvertible] = []
        func require(_ column: String, in values: [String]) {
            // Written out, not bound, so that the index over open runs applies; the values are our own words.
            if !values.isEmpty {
                conditions.append("\(column) IN (\(values.sorted().map { "'\($0)'" }.joined(separator: ", ")))")
            }
        }
        require("state", in: query.states.map(\.rawValue))
        require("kind", in: query.kinds.map(\.rawValue))
        if let unit = query.unit {
            conditions.append("unit = ?")
            arguments.append(unit.description)
        }
        if let database = query.database {
            conditions.append("database = ?")
            arguments.append(database.text)
        }
        if let occurrence = query.occurrence {
            conditions.append("occurrence = ?")
            arguments.append(occurrence)
        }
        let condition = conditions.isEmpty ? "" : "WHERE \(conditions.joined(separator: " AND ")) "
        let sql = "SELECT * FROM runs \(condition)ORDER BY id DESC LIMIT ?"
        return try read {
            try Row.fetchAll($0, sql: sql, arguments: StatementArguments(arguments + [query.limit]))
                .map(Run.init(row:))
        }
    }
}
