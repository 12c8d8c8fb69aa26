import Model
import Platform
import Wire

/// The queries that a drill asks the restored copy of one database.
struct DrillQueries: Sendable {
    /// Asks the engine; gets the rows one by one.
    typealias Ask = (
        _ query: String, _ copy: String, _ limit: Duration, _ step: @escaping () throws -> Void,
        _ each: ([String?]) throws -> Void
    ) throws -> Void

    static let none = DrillQueries(queries: [])
    /// One query may take so long.
    static let limit = Duration.seconds(60)
    private static let longestFile = 1 << 20

    let queries: [QueryFile.Query]

    /// Reads the files and takes what is for this database.
    /// - Parameter owner: may own the files beside root.
    /// - Throws: `bad-settings`, `command-refused`, `not-found`.
    static func read(_ paths: [String], for database: DatabaseName, owner: UInt32 = 0) throws -> DrillQueries {
        DrillQueries(
            queries: try paths.flatMap { path in
                let bytes = try Files.read(try TrustedFile.check(path, owner: owner), limit: longestFile)
                return try QueryFile(String(decoding: bytes, as: UTF8.self), name: path).queries(for: database) {
                    (try? NameSelection.several([$0], among: [database])) != nil
                }
            })
    }

    /// - Returns: what is wrong with the first query that isn't answered as expected; no row is quoted.
    /// - Throws: what `step` throws, and `bad-settings` for a query that can't be asked.
    func run(in copy: String, ask: Ask, step: @escaping () throws -> Void) throws -> Fault? {
        for query in queries {
            var comparison = RowComparison(query.expectation)
            do {
                try ask(query.text, copy, Self.limit, step) { comparison.take($0) }
            } catch let fault as Fault where fault.code == .wrongUsage {
                throw Fault(.badSettings, "\(query.place) \(fault.message)", hint: fault.hint)
            } catch let fault as Fault where [.timedOut, .databaseDamaged].contains(fault.code) {
                return Fault(
                    .drillFailed, "the query at \(query.place) was not answered: \(fault.message)", hint: fault.hint)
            }
            guard let complaint = comparison.complaint else { continue }
            return Fault(
                .drillFailed, "the query at \(query.place) \(complaint)",
                hint:
                    "restore the backup beside with --to and ask it yourself; correct the file if it expects the wrong rows"
            )
        }
        return nil
    }
}

/// Compares rows as they come with what is expected; keeps none.
struct RowComparison {
    private let expectation: QueryFile.Expectation
    private var count = 0
    private var different = 0

    init(_ expectation: QueryFile.Expectation) { self.expectation = expectation }

    mutating func take(_ row: [String?]) {
        if case .rows(let rows) = expectation, count < rows.count, !Self.fits(row, rows[count]) { different += 1 }
        count += 1
    }

    /// Nil when everything is as expected.
    var complaint: String? {
        switch expectation {
        case .count(let wanted) where count != wanted:
            "returned \(Self.text(count)), and \(wanted) are expected"
        case .atLeast(let wanted) where count < wanted:
            "returned \(Self.text(count)), and at least \(wanted) are expected"
        case .rows(let rows) where count != rows.count:
            "returned \(Self.text(count)), and \(rows.count) are expected"
        case .rows(let rows) where different > 0: "returned \(different) of \(Self.text(rows.count)) with other content"
        default: nil
        }
    }

    /// NULL is `∅` where the expected row uses that sign, else empty, as SQLite's shell prints it.
    private static func fits(_ row: [String?], _ expected: String) -> Bool {
        let null = expected.unicodeScalars.contains("∅") ? "∅" : ""
        return row.map { $0 ?? null }.joined(separator: "|").isSame(as: expected)
    }

    private static func text(_ count: Int) -> String { count == 1 ? "1 row" : "\(count) rows" }
}
