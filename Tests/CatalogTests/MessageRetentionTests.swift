import Catalog
import Foundation
import GRDB
import Model
import Testing

@Suite struct MessageRetentionTests {
    let scratch: Scratch
    private let day = 86_400

    init() throws {
        scratch = try Scratch()
        for number in 0..<200 {
            try scratch.catalog.record(
                [MessageDraft(number % 10 == 0 ? .error : .info, .drift, "\(number)")], at: at(number * day))
        }
        try scratch.catalog.acknowledge([1, 11, 121], by: alice, at: at(0))
    }

    private func ids() throws -> [MessageID] { try scratch.catalog.messages(MessageQuery(limit: .max)).map(\.id) }

    @Test func keepsDaysAndUnacknowledgedErrorsTwiceAsLong() throws {
        try scratch.catalog.markDelivered(["log": 200, "journal": 200])
        let deleted = try scratch.catalog.pruneMessages(now: at(200 * day), keep: .seconds(90 * day), count: 1000)
        let old = [31, 41, 51, 61, 71, 81, 91, 101].map { MessageID($0) }
        #expect(try ids() == [21] + old + Array(111...201))
        #expect(deleted == 101)
        let said = try #require(try scratch.catalog.message(201))
        #expect(said.code == .messagesPruned && said.severity == .info)
        #expect(said.text.hasPrefix("101 messages were deleted"))
        #expect(try scratch.catalog.prunedThrough() == 110)
        #expect(try scratch.catalog.pruneMessages(now: at(200 * day), keep: .seconds(90 * day), count: 1000) == 0)
        #expect(try scratch.catalog.newestMessage() == 201)
    }

    @Test func keepsTheNewestByNumber() throws {
        try scratch.catalog.markDelivered(["log": 200])
        try scratch.catalog.pruneMessages(now: at(0), keep: .seconds(day), count: 50)
        #expect(try ids() == [101, 111, 131, 141] + Array(151...201))
    }

    @Test func keepsWhatAConsumerHasNotGot() throws {
        #expect(try scratch.catalog.pruneMessages(now: at(9999 * day), keep: .seconds(day), count: 1) == 0)
        try scratch.catalog.markDelivered(["log": 200, "journal": 20])
        #expect(try scratch.catalog.pruneMessages(now: at(9999 * day), keep: .seconds(day), count: 1) == 20)
        #expect(try ids() == Array(21...201))
    }

    @Test func neverDeletesTheNewestAndNeverUsesAnIDTwice() throws {
        try scratch.catalog.markDelivered(["log": 200])
        try scratch.catalog.pruneMessages(now: at(9999 * day), keep: .seconds(day), count: 1)
        #expect(try ids() == [200, 201])
        #expect(try scratch.catalog.record([MessageDraft(.info, .daemonStarted, "x")], at: at(0)).map(\.id) == [202])
    }

    /// As after a kill between the batches and the message.
    @Test func aCountCutOffByAKillIsSaidTheNextTime() throws {
        try scratch.catalog.markDelivered(["log": 200])
        try scratch.catalog.close()
        let queue = try DatabaseQueue(path: scratch.path)
        try queue.write {
            try $0.execute(
                sql: """
                    DELETE FROM messages WHERE id <= 7; INSERT INTO message_counts VALUES ('pruned_untold', 7);
                    """)
        }
        try queue.close()
        try scratch.reopen()
        #expect(try scratch.catalog.pruneMessages(now: at(0), keep: .seconds(day), count: 1000) == 7)
        #expect(try scratch.catalog.messages(MessageQuery(codes: [.messagesPruned])).count == 1)
    }
}
