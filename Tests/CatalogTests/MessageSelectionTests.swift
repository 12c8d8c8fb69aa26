import Catalog
import Foundation
import GRDB
import Model
import Testing

/// Every combination of filters finds what reading all messages would find, also with a clock that jumps.
@Suite struct MessageSelectionTests {
    @Test func findsWhatReadingEverythingFinds() throws {
        let seed =
            ProcessInfo.processInfo.environment["HOLDFAST_SEED"].flatMap { UInt64($0) }
            ?? UInt64.random(in: 0...UInt64.max)
        var random = Numbers(state: seed)
        let scratch = try Scratch()
        let all = try fill(scratch.catalog, &random)
        for _ in 0..<400 {
            let query = query(&random)
            let matches = all.filter(query.matches).map(\.id)
            let ordered = query.order == .oldestFirst ? matches : matches.reversed()
            let found = try scratch.catalog.messages(query).map(\.id)
            #expect(found == Array(ordered.prefix(query.limit)), "HOLDFAST_SEED=\(seed) \(query)")
        }
    }

    private static let names = (0..<30).map { DatabaseName("crm/db-\($0)") }
    private static let codes: [Code] = [.drift, .databaseFound, .backupSucceeded, .stepRefused]

    private func fill(_ catalog: Catalog, _ random: inout Numbers) throws -> [Message] {
        var clock = 0
        for _ in 0..<60 {
            clock += random.below(20) == 0 ? random.below(20_000) - 10_000 : random.below(60)
            // Codes that no storm holds.
            let drafts = (0..<100).map { number in
                MessageDraft(
                    Severity.allCases[random.below(4)], Self.codes[random.below(4)], "\(number)",
                    database: random.below(4) == 0 ? nil : Self.names[random.below(30)],
                    run: random.below(3) == 0 ? nil : RunID(random.below(50)))
            }
            try catalog.record(
                drafts.filter { $0.severity.rank < 2 || $0.code != .databaseFound && $0.code != .backupSucceeded },
                at: at(clock))
        }
        let ids = try catalog.messages(MessageQuery(limit: .max)).map(\.id).filter { _ in random.below(3) == 0 }
        try catalog.acknowledge(ids, by: alice, at: at(0))
        return try catalog.messages(MessageQuery(limit: .max))
    }

    private func query(_ random: inout Numbers) -> MessageQuery {
        func maybe<Value>(_ value: Value) -> Value? { random.below(2) == 0 ? value : nil }
        let databases = (0..<[0, 0, 1, 3, 20][random.below(5)]).map { _ in Self.names[random.below(30)] }
        let codes = (0..<[0, 0, 1, 2][random.below(4)]).map { _ in Self.codes[random.below(4)] }
        return MessageQuery(
            after: maybe(MessageID(random.below(5000))), through: maybe(MessageID(random.below(6000))),
            since: maybe(at(random.below(10_000) - 2000)), until: maybe(at(random.below(10_000))),
            atLeast: maybe(Severity.allCases[random.below(4)]), databases: databases, codes: codes,
            run: random.below(5) == 0 ? RunID(random.below(50)) : nil, unacknowledgedOnly: random.below(2) == 0,
            order: random.below(2) == 0 ? .oldestFirst : .newestFirst, limit: 1 + random.below(500))
    }

    /// A catalog as the release before left it.
    @Test func messagesOfAnOlderCatalogAreFoundToo() throws {
        let scratch = try Scratch()
        try scratch.catalog.record((0..<3000).map { MessageDraft(.warning, .drift, "\($0)") }, at: at(0))
        try scratch.catalog.close()
        let queue = try DatabaseQueue(path: scratch.path)
        try queue.write {
            try $0.execute(
                sql: """
                    DROP TRIGGER messages_blocks;
                    DROP TABLE message_blocks; DROP TABLE storms; DROP TABLE held_messages; DROP TABLE message_counts;
                    DROP INDEX messages_class; DROP INDEX messages_code; DROP INDEX messages_database;
                    DROP INDEX messages_database_code;
                    ALTER TABLE messages DROP COLUMN class;
                    CREATE INDEX messages_database ON messages (database, id) WHERE database IS NOT NULL;
                    CREATE INDEX messages_severity ON messages (severity, id);
                    CREATE INDEX messages_instant ON messages (instant);
                    UPDATE messages SET instant = instant + id;
                    DELETE FROM grdb_migrations WHERE identifier = 'messages-2';
                    """)
        }
        try queue.close()
        try scratch.reopen()
        let instant = at(0) + .microseconds(2500)
        let query = MessageQuery(since: instant, atLeast: .warning, order: .newestFirst, limit: 1000)
        #expect(try scratch.catalog.messages(query).map(\.id) == (2500...3000).reversed())
        #expect(try scratch.catalog.unacknowledged().warnings == 3000)
    }

    @Test func acknowledgesAllOfAQuery() throws {
        let scratch = try Scratch()
        try scratch.catalog.record(
            (0..<1200).map { MessageDraft(.warning, .drift, "\($0)", database: $0 % 2 == 0 ? orders : nil) }, at: at(0))
        try scratch.catalog.acknowledge([1, 2], by: alice, at: at(1))
        let query = MessageQuery(through: 1000, databases: [orders], limit: 3)
        #expect(try scratch.catalog.acknowledgeAll(query, by: alice, at: at(2)) == 499)
        #expect(try scratch.catalog.unacknowledged() == (warnings: 699, errors: 0))
        #expect(try scratch.catalog.acknowledgeAll(query, by: alice, at: at(3)) == 0)
    }
}

/// SplitMix64.
private struct Numbers {
    var state: UInt64

    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
    }
}
