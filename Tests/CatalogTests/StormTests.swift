import Catalog
import Foundation
import Model
import Policies
import Testing

@Suite struct StormTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func failure(_ number: Int, _ cause: String = "cannot open repository") -> MessageDraft {
        let name = DatabaseName("crm/folder/db-\(number).db")
        return MessageDraft(
            .error, .backupFailed, "backup of \(name) failed: cannot read /srv/folder/db-\(number).db", database: name,
            run: RunID(number), cause: cause)
    }

    private func texts() throws -> [String] { try scratch.catalog.messages().map { "\($0.code.rawValue) \($0.text)" } }

    /// The name as a part of a path is left out of what makes two failures the same.
    @Test func namesThatBeginWithACombiningMarkMakeNoFailuresOfTheirOwn() throws {
        for word in ["alpha", "beta", "gamma", "delta", "epsilon"] {
            let name = DatabaseName(server: "crm", path: "\u{301}\(word).db")
            let draft = MessageDraft(
                .error, .backupFailed, "backup of \(name) failed: cannot read /srv/\(name.path)", database: name,
                cause: "cannot read /srv/\(name.path)")
            try scratch.catalog.record([draft], at: at(10))
        }
        #expect(try scratch.catalog.messages().count == 3)
    }

    /// Each failure in a transition of its own, with a daemon that dies and comes back in the middle.
    @Test func aThousandFailingDatabasesAreFourMessages() throws {
        for number in 1...1000 {
            let draft = failure(number)
            let run = try scratch.catalog.beginRun(
                RunRequest(.backup, database: draft.database, unit: UnitID.random(), origin: .scheduled),
                at: reading(number / 100))
            let fault = Fault(.repositoryMissing, "cannot open repository")
            try scratch.catalog.finishRun(run.id, .failed(fault), at: reading(number / 100), messages: [draft])
            if number == 500 { try scratch.reopen() }
        }
        #expect(try scratch.catalog.messages().count == 3)
        #expect(try scratch.catalog.closeStorms(at: at(599)) == at(600))
        #expect(try scratch.catalog.messages().count == 3)
        #expect(try scratch.catalog.closeStorms(at: at(600)) == at(600 + 1200))
        let messages = try scratch.catalog.messages()
        #expect(messages.map(\.code) == [.backupFailed, .backupFailed, .backupFailed, .failuresRepeated])
        let summary = try #require(messages.last)
        #expect(summary.severity == .error)
        #expect(
            summary.text.hasPrefix("backup-failed 997 more times between 2027-01-15 ")
                && summary.text.hasSuffix(
                    "of 997 databases: crm/folder/db-4.db, crm/folder/db-5.db, "
                        + "crm/folder/db-6.db and 994 others"),
            "\(summary.text)")
        #expect(summary.cause?.contains("cannot open repository") ?? false)
        let held = try scratch.catalog.heldMessages(of: summary.id)
        #expect(held.map(\.content.run) == (4...1000).map { RunID($0) })
        #expect(try scratch.catalog.runs(RunQuery(states: [.failed], limit: 2000)).count == 1000)
    }

    @Test func aStormThatGoesOnIsToldLessAndLessOften() throws {
        var instants: [Int] = []
        for minute in 0..<600 {
            let before = try scratch.catalog.newestMessage()
            _ = try scratch.catalog.closeStorms(at: at(minute * 60))
            try scratch.catalog.record([failure(1), failure(2)], at: at(minute * 60))
            if try scratch.catalog.newestMessage() > before { instants.append(minute) }
        }
        #expect(instants == [0, 1, 10, 30, 70, 130, 190, 250, 310, 370, 430, 490, 550])
        let counted = try scratch.catalog.messages(MessageQuery(codes: [.failuresRepeated])).flatMap {
            try scratch.catalog.heldMessages(of: $0.id)
        }
        // All but the three that passed and those of the window still open.
        #expect(counted.count == 550 * 2 - 3)
        #expect(try scratch.catalog.closeStorms(at: at(999_999)) != nil)
        #expect(try scratch.catalog.closeStorms(at: at(9_999_999)) == nil, "nothing came: the storm is over")
        try scratch.catalog.record([failure(1)], at: at(10_000_000))
        #expect(try scratch.catalog.messages(MessageQuery(order: .newestFirst, limit: 1)).first?.code == .backupFailed)
    }

    @Test(arguments: [["a", "ba", "back", "failed", "x"], ["sub/a b", "sub/é", "sub/1", "sub/22", "sub/3.db"]])
    func whateverDatabasesAreCalledTheirFailureIsTheSame(paths: [String]) throws {
        for path in paths {
            let name = DatabaseName(server: "crm", path: path)
            let draft = MessageDraft(
                .error, .backupFailed, "backup of \(name) failed: cannot open /srv/\(path) after 17 s", database: name)
            try scratch.catalog.record([draft], at: at(0))
        }
        #expect(try scratch.catalog.messages().count == 3)
    }

    /// As threads do that read the clock before they get their turn.
    @Test func failuresThatComeOutOfOrderAreOneStorm() throws {
        for number in 0..<100 {
            try scratch.catalog.record([failure(number)], at: at(100) + .milliseconds(number * 37 % 100))
        }
        #expect(try scratch.catalog.closeStorms(at: at(100)) != nil)
        #expect(try scratch.catalog.messages().count == 3)
        _ = try scratch.catalog.closeStorms(at: at(701))
        let counted = try #require(try scratch.catalog.messages().last)
        #expect(counted.text.hasPrefix("backup-failed 97 more times"))
    }

    @Test func aWindowClosesWithTheNextFailureToo() throws {
        try scratch.catalog.record((1...5).map { failure($0) }, at: at(0))
        try scratch.catalog.record([failure(6)], at: at(700))
        #expect(try scratch.catalog.messages().map(\.code).last == .failuresRepeated)
        #expect(try scratch.catalog.messages().count == 4)
    }

    @Test func aClockThatIsSetBackHoldsNothingForLong() throws {
        try scratch.catalog.record((1...5).map { failure($0) }, at: at(0))
        _ = try scratch.catalog.closeStorms(at: at(-1_000_000))
        #expect(try scratch.catalog.messages().map(\.code).last == .failuresRepeated)
    }

    @Test func differentFailuresAndOtherSeveritiesPass() throws {
        try scratch.catalog.record((1...3).flatMap { [failure($0), failure($0, "disk full")] }, at: at(0))
        try scratch.catalog.record((0..<9).map { MessageDraft(.info, .backupStarted, "backup \($0)") }, at: at(0))
        try scratch.catalog.record((0..<9).map { MessageDraft(.error, .drift, "\($0) pages") }, at: at(0))
        try scratch.catalog.record((0..<3).map { MessageDraft(.warning, .backupFailed, "\($0)") }, at: at(0))
        #expect(try scratch.catalog.messages().count == 6 + 9 + 9 + 3)
    }
}
