import Catalog
import Model
import Testing

@Suite struct MessageQueryTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        let other = DatabaseName(server: "crm", path: "other.db")
        try scratch.catalog.record([MessageDraft(.info, .backupStarted, "1", database: orders, run: 1)], at: at(10))
        try scratch.catalog.record(
            [MessageDraft(.success, .backupSucceeded, "2", database: orders, run: 1)], at: at(20))
        try scratch.catalog.record([MessageDraft(.error, .backupFailed, "3", database: other, run: 2)], at: at(30))
        try scratch.catalog.record([MessageDraft(.warning, .serverUnreachable, "4")], at: at(40))
        try scratch.catalog.acknowledge([3], by: alice, at: at(50))
    }

    static let rows: [(MessageQuery, [MessageID])] = [
        (MessageQuery(), [1, 2, 3, 4]),
        (MessageQuery(order: .newestFirst, limit: 2), [4, 3]),
        (MessageQuery(after: 1, through: 3), [2, 3]),
        (MessageQuery(since: at(30)), [3, 4]),
        (MessageQuery(atLeast: .warning), [3, 4]),
        (MessageQuery(atLeast: .success, databases: [orders]), [2]),
        (MessageQuery(databases: [orders, DatabaseName(server: "crm", path: "other.db")]), [1, 2, 3]),
        (MessageQuery(unacknowledgedOnly: true), [1, 2, 4]),
        (MessageQuery(run: 1), [1, 2]),
        (MessageQuery(until: at(20)), [1, 2]),
        (MessageQuery(since: at(20), until: at(30)), [2, 3]),
        (MessageQuery(since: at(60)), []),
        (MessageQuery(codes: [.backupFailed, .serverUnreachable]), [3, 4]),
        (MessageQuery(databases: [orders], codes: [.backupStarted, .backupFailed]), [1]),
        (MessageQuery(atLeast: .warning, unacknowledgedOnly: true, order: .newestFirst), [4]),
    ]

    @Test(arguments: rows) func findsTheseAndNoOther(query: MessageQuery, expected: [MessageID]) throws {
        #expect(try scratch.catalog.messages(query).map(\.id) == expected)
    }

    @Test(arguments: rows) func livesMatchesAgreeWithTheCatalog(query: MessageQuery, expected: [MessageID]) throws {
        let matches = try scratch.catalog.messages().filter(query.matches).map(\.id)
        #expect(query.limit < 4 || Set(matches) == Set(expected))
    }

    @Test func findsThoseOfNamesThatLookTheSame() throws {
        let names = ["crm/caf\u{e9}.db", "crm/cafe\u{301}.db"].map { DatabaseName($0) }
        for name in names {
            try scratch.catalog.record([MessageDraft(.info, .backupStarted, "x", database: name)], at: at(60))
        }
        #expect(try scratch.catalog.messages(MessageQuery(databases: names)).map(\.database) == names)
        #expect(try scratch.catalog.messages(MessageQuery(databases: [names[1]])).map(\.database) == [names[1]])
    }

    @Test func theFirstToAcknowledgeIsRemembered() throws {
        let bob = Actor.user(uid: 1001, name: "bob")
        #expect(try scratch.catalog.acknowledge([3, 4], by: bob, at: at(60)) == [4])
        let acknowledged = try scratch.catalog.messages().map { $0.acknowledgement?.actor }
        #expect(acknowledged == [nil, nil, alice, bob])
        #expect(try scratch.catalog.message(3)?.acknowledgement?.instant == at(50))
    }

    @Test func deliveriesNeverGoBack() throws {
        #expect(try scratch.catalog.delivered(to: "log") == 0)
        try scratch.catalog.markDelivered(["log": 3, "journal": 1])
        try scratch.catalog.markDelivered(["log": 2])
        try scratch.reopen()
        #expect(try scratch.catalog.delivered(to: "log") == 3)
        #expect(try scratch.catalog.delivered(to: "journal") == 1)
    }
}
