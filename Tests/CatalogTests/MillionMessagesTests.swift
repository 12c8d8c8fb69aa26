import Catalog
import Foundation
import GRDB
import Model
import Testing

/// Pages of a message center with a million messages of 1,000 databases.
@Suite(.serialized, .timeLimit(.minutes(5))) struct MillionMessagesTests {
    static let count = 1_000_000

    @Test func everyFilterReadsAnIndexAndAFewRows() throws {
        let scratch = try Scratch()
        try scratch.fillMessages(Self.count)
        var slowest = Duration.zero
        for (name, query) in Self.queries {
            let plan = try scratch.catalog.plan(of: query)
            let scans = plan.filter { $0.hasPrefix("SCAN messages") }
            #expect(scans == [], "\(name): \(plan.joined(separator: "; "))")
            let clock = ContinuousClock()
            var found = 0
            // The first read of a part of the file is the disk's time: the second shows what the query costs.
            let cold = try clock.measure { found = try scratch.catalog.messages(query).count }
            let warm = try clock.measure { _ = try scratch.catalog.messages(query) }
            print("messages: \(milliseconds(warm)) ms (first \(milliseconds(cold)) ms), \(found) found: \(name)")
            slowest = max(slowest, warm)
        }
        print("messages: slowest of \(Self.queries.count) queries \(milliseconds(slowest)) ms")
        // Far more than it takes, far less than reading everything.
        #expect(slowest < .seconds(2))
        let clock = ContinuousClock()
        var counts = (warnings: 0, errors: 0)
        let time = try clock.measure { counts = try scratch.catalog.unacknowledged() }
        print("messages: \(milliseconds(time)) ms to count \(counts) unacknowledged")
        #expect(counts.warnings > 0 && counts.errors > 0)
    }

    @Test func retentionDeletesInShortTransactions() throws {
        let scratch = try Scratch()
        try scratch.fillMessages(50_000)
        try scratch.catalog.markDelivered(["log": 50_000])
        let clock = ContinuousClock()
        var deleted = 0
        let time = try clock.measure {
            deleted = try scratch.catalog.pruneMessages(now: at(50_000), keep: .seconds(1e9), count: 10_000)
        }
        print(
            "messages: pruned \(deleted) in \(milliseconds(time)) ms, \(milliseconds(time / (deleted / 500))) ms a batch"
        )
        // Unacknowledged errors stay among the newest 20,000.
        let errors = try scratch.catalog.messages(
            MessageQuery(through: 40_000, atLeast: .error, unacknowledgedOnly: true, limit: 50_000))
        #expect(errors.first.map { $0.id > 30_000 } ?? false)
        #expect(deleted == 40_000 - errors.count)
    }

    private func milliseconds(_ duration: Duration) -> String {
        String(
            format: "%.1f", Double(duration.components.attoseconds) / 1e15 + Double(duration.components.seconds) * 1e3)
    }

    /// Every combination of filters, newest first and oldest first, from the middle.
    static let queries: [(String, MessageQuery)] = {
        var queries = [(String, MessageQuery)]()
        let from = MessageQuery(after: 200_000, order: .oldestFirst, limit: 500)
        let back = MessageQuery(through: 800_000, order: .newestFirst, limit: 500)
        for (text, query) in [("from 200,000", from), ("back from 800,000", back)] { queries.append((text, query)) }
        queries =
            varied(queries, "database") { $0.databases = [named(7)] }
            + varied(queries, "3 databases") { $0.databases = [named(7), named(8), named(999)] }
            + varied(queries, "40 databases") { query in query.databases = (0..<40).map { named($0) } }
            + varied(queries, "unknown database") { $0.databases = [DatabaseName("no/such.db")] }
            + varied(queries, "200 rare databases") { query in
                query.databases = (0..<200).map { DatabaseName("rare/db-\($0)") }
            } + queries
        queries +=
            varied(queries, "since the middle") { $0.since = at(500_000) }
            + varied(queries, "until the middle") { $0.until = at(500_000) }
            + varied(queries, "one minute") { ($0.since, $0.until) = (at(700_000), at(700_060)) }
        queries +=
            varied(queries, "code") { $0.codes = [.drift] }
            + varied(queries, "2 codes") { $0.codes = [.drift, .backupSucceeded] }
        queries +=
            varied(queries, "warning") { $0.atLeast = .warning } + varied(queries, "error") { $0.atLeast = .error }
        queries += varied(queries, "open") { $0.unacknowledgedOnly = true }
        queries.append(("run", MessageQuery(run: 4711)))
        queries.append(("run, error", MessageQuery(atLeast: .error, run: 4711)))
        return queries
    }()

    private static func varied(
        _ queries: [(String, MessageQuery)], _ text: String, _ change: (inout MessageQuery) -> Void
    ) -> [(String, MessageQuery)] {
        queries.map { name, query in
            var query = query
            change(&query)
            return ("\(text), \(name)", query)
        }
    }

    private static func named(_ number: Int) -> DatabaseName { DatabaseName("crm/db-\(number)") }
}

extension Scratch {
    /// Messages one a second, written past the catalog while it is closed: every 500th an error, every 100th a warning,
    /// half of these acknowledged, every 50,000th of a rare database.
    func fillMessages(_ count: Int) throws {
        try catalog.close()
        let sql = """
            WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < \(count))
            INSERT INTO messages (instant, severity, code, database, run, text, cause, acknowledged_at)
            SELECT \(at(0).microseconds) + n * 1000000, iif(n % 500 = 0, 3, iif(n % 100 = 0, 2, n % 2)),
                iif(n % 500 = 0, 'drift', iif(n % 2 = 0, 'backup-started', 'backup-succeeded')),
                iif(n % 50000 = 0, 'rare/db-' || (n / 50000), 'crm/db-' || (n % 1000)), n / 10,
                'full backup of a database: 1,234 pages stored in 5 MiB', NULL, iif(n / 100 % 2 = 0, NULL, n)
            FROM numbers
            """
        var configuration = Configuration()
        // Connections that were closed just now may still be on their way out.
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = OFF") }
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
        try reopen()
    }
}
