import Catalog
import Foundation
import Messages
import Model
import Testing

@Suite struct MessageLogTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func writesOneLineAMessage() throws {
        try scratch.center.start()
        let draft = MessageDraft(
            .error, .backupFailed, "cannot back up it", database: DatabaseName(server: "crm", path: "orders.db"),
            run: 17, actor: .user(uid: 1000, name: "alice"), cause: "locked", hint: "close it")
        try scratch.catalog.record([draft], at: Instant(seconds: 1_800_000_000))
        scratch.center.flush()
        let fields = [
            "2027-01-15T09:00:00.000+01:00", "error", "backup-failed", "crm/orders.db", "run 17", "alice (uid 1000)",
            "cannot back up it: locked (hint: close it)", "#1",
        ]
        #expect(try String(contentsOfFile: scratch.log, encoding: .utf8) == fields.joined(separator: "\t") + "\n")
    }

    @Test func nothingInAMessageCanForgeALine() throws {
        try scratch.center.start()
        try scratch.record("a\nb\tc\u{1B}[31m\u{202E}\u{85}d\u{7F}\0e é \u{2028}f")
        scratch.center.flush()
        #expect(
            try scratch.lines() == [#"a\nb\tc\u{1B}[31m\u{202E}\u{0085}d\u{7F}"# + "\u{FFFD}" + #"e é \u{2028}f"#])
    }

    @Test func replaysWhatWasRecordedWhileNobodyWrote() throws {
        try scratch.record("one", "two")
        try scratch.center.start()
        try scratch.record("three")
        scratch.center.flush()
        #expect(try scratch.lines() == ["one", "two", "three"])
        scratch.center.stop()
        try scratch.record("four")
        try scratch.restart()
        scratch.center.flush()
        #expect(try scratch.lines() == ["one", "two", "three", "four"])
    }

    @Test func aLineTornByACrashIsWrittenAnew() throws {
        try scratch.center.start()
        try scratch.record("one")
        scratch.center.stop()
        let content = try String(contentsOfFile: scratch.log, encoding: .utf8)
        try scratch.record("two")
        try scratch.write(content + "2027-01-15T09:00:00.000+01:00\tinfo\tdaemon-sta")
        try scratch.restart()
        scratch.center.flush()
        #expect(try scratch.lines() == ["one", "two"])
    }

    @Test func followsItsNameWhenRotated() throws {
        try scratch.center.start()
        try scratch.record("one")
        scratch.center.flush()
        try FileManager.default.moveItem(atPath: scratch.log, toPath: "\(scratch.log).1")
        scratch.center.reopenLog()
        try scratch.record("two")
        scratch.center.flush()
        #expect(try scratch.lines("\(scratch.log).1") == ["one"])
        #expect(try scratch.lines() == ["two"])
    }

    @Test func goesOnAtTheStartOfAFileThatWasCut() throws {
        try scratch.center.start()
        try scratch.record("one")
        scratch.center.flush()
        try FileHandle(forWritingTo: URL(fileURLWithPath: scratch.log)).truncate(atOffset: 0)
        try scratch.record("two")
        scratch.center.flush()
        #expect(try scratch.lines() == ["two"])
    }

    @Test func catchesUpWhenTheLogCanBeWrittenAgain() throws {
        // A folder in place of the log: as unwritable as a full disk, also for root.
        try FileManager.default.createDirectory(atPath: scratch.log, withIntermediateDirectories: false)
        try scratch.center.start()
        try scratch.record("one")
        scratch.center.flush()
        try scratch.record("two")
        scratch.center.flush()
        let warnings = try scratch.catalog.messages(MessageQuery(atLeast: .warning))
        #expect(warnings.map(\.text) == ["cannot write the message log"])
        try FileManager.default.removeItem(atPath: scratch.log)
        try scratch.record("three")
        scratch.center.flush()
        let texts = try scratch.lines().map { $0.split(separator: ":").first.map(String.init) }
        #expect(texts == ["one", "cannot write the message log", "two", "three"])
    }

    @Test func neverWritesIntoSomethingThatIsNoPlainFile() throws {
        try FileManager.default.createSymbolicLink(atPath: scratch.log, withDestinationPath: "/dev/full")
        try scratch.center.start()
        try scratch.record("one")
        scratch.center.flush()
        #expect(try scratch.catalog.delivered(to: "log") == 0)
        #expect(try scratch.catalog.messages(MessageQuery(atLeast: .warning)).count == 1)
    }

    @Test func thousandsOfMessagesArriveOnceEach() throws {
        try scratch.center.start()
        for batch in 0..<5 {
            let texts = (0..<700).map { "\(batch)-\($0)" }
            try scratch.catalog.record(
                texts.map { MessageDraft(.info, .daemonStarted, $0) }, at: Instant(seconds: 1_800_000_000))
        }
        scratch.center.flush()
        #expect(try scratch.lines() == (0..<5).flatMap { batch in (0..<700).map { "\(batch)-\($0)" } })
    }
}
