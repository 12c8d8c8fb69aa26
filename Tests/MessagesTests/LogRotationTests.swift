import Catalog
import Foundation
import Messages
import Model
import Testing

/// Whatever rotation does, and whenever the daemon is killed: each message is in one file, once, in order and whole.
@Suite(.timeLimit(.minutes(3))) struct LogRotationTests {
    let scratch: Scratch

    init() throws { scratch = try Scratch() }

    /// All lines of the log and of what rotation made of it, oldest file first.
    private func everything() throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: "\(scratch.folder)/log")
            .filter { $0.hasPrefix("messages.log") }
        let oldestFirst = names.sorted { (Int($0.dropFirst(13)) ?? 0) > (Int($1.dropFirst(13)) ?? 0) }
        return try oldestFirst.flatMap { try scratch.lines("\(scratch.folder)/log/\($0)") }
    }

    @Test func everyKillLeavesEachLineOnce() async throws {
        let counted = try Scratch()
        try counted.record("before")
        let steps = try await die(in: counted, at: nil)
        #expect(steps >= 8)
        for step in 1...steps {
            let scratch = try Scratch()
            try scratch.record("before")
            _ = try await die(in: scratch, at: step)
            // As logrotate would in between, at every third step.
            if step % 3 == 0, FileManager.default.fileExists(atPath: scratch.log) {
                try FileManager.default.moveItem(atPath: scratch.log, toPath: "\(scratch.log).1")
            }
            try scratch.record("after")
            try scratch.center.start()
            scratch.center.flush()
            let rotated = (try? scratch.lines("\(scratch.log).1")) ?? []
            let recorded = try scratch.catalog.messages().map(\.text)
            #expect(try rotated + scratch.lines() == recorded, "killed at step \(step) of \(steps)")
            let attributes = try FileManager.default.attributesOfItem(atPath: scratch.log)
            #expect(attributes[.posixPermissions] as? Int == 0o640)
        }
    }

    /// Records and delivers in a process of its own that is killed at a step; without one counts the steps.
    private func die(in scratch: Scratch, at step: Int?) async throws -> Int {
        let folder = scratch.folder
        let number = step ?? 0
        try scratch.catalog.close()
        defer { try? scratch.reopenCatalog() }
        let expected: ExitTest.Condition = step == nil ? .success : .signal(SIGKILL)
        await #expect(processExitsWith: expected) { [folder = folder as String, number = number as Int] in
            _ =
                number > 0
                ? setenv("HOLDFAST_KILL_AT", "\(number)", 1) : setenv("HOLDFAST_KILL_LOG", "\(folder)/steps", 1)
            let catalog = try Catalog.open("\(folder)/catalog.db")
            let center = MessageCenter(
                catalog: catalog, logPath: "\(folder)/log/messages.log", journalPath: nil, zone: { _ in 7200 })
            try center.start()
            center.flush()
            let drafts = (1...3).map { MessageDraft(.info, .daemonStarted, "message \($0)") }
            try catalog.record(drafts, at: Instant(seconds: 1_800_000_000))
            center.flush()
            exit(0)
        }
        let log = (try? String(contentsOfFile: "\(folder)/steps", encoding: .utf8)) ?? ""
        return log.split(separator: "\n").count
    }

    @Test func everyTornEndIsWrittenAnew() throws {
        try scratch.center.start()
        try scratch.record("one")
        scratch.center.stop()
        let before = try Data(contentsOf: URL(filePath: scratch.log))
        try scratch.record("two", "three")
        try scratch.restart()
        scratch.center.stop()
        let whole = try Data(contentsOf: URL(filePath: scratch.log))
        for length in before.count...whole.count {
            // The catalog of a daemon that was killed in the middle of the second append.
            let torn = try Scratch()
            try torn.record("one")
            try torn.center.start()
            torn.center.stop()
            try torn.record("two", "three")
            try whole.prefix(length).write(to: URL(filePath: torn.log))
            try torn.restart()
            torn.center.flush()
            #expect(try Data(contentsOf: URL(filePath: torn.log)) == whole, "cut at \(length) of \(whole.count)")
        }
    }

    @Test func noticesARenameWithoutAnySignal() throws {
        try scratch.center.start()
        try scratch.record("one")
        scratch.center.flush()
        try FileManager.default.moveItem(atPath: scratch.log, toPath: "\(scratch.log).1")
        try scratch.record("two")
        scratch.center.flush()
        #expect(try everything() == ["one", "two"])
        #expect(try scratch.lines() == ["two"])
    }

    /// A copy made before the last line came, and the file cut after it.
    @Test func writesAgainWhatACopyMissed() throws {
        try scratch.center.start()
        try scratch.record("one", "two")
        scratch.center.flush()
        try FileManager.default.copyItem(atPath: scratch.log, toPath: "\(scratch.log).1")
        try scratch.record("three", "four")
        scratch.center.flush()
        try FileHandle(forWritingTo: URL(filePath: scratch.log)).truncate(atOffset: 0)
        try scratch.record("five")
        scratch.center.flush()
        #expect(try everything() == ["one", "two", "three", "four", "five"])
    }

    @Test func aLogEmptiedByHandIsNotFilledWithOldLines() throws {
        try scratch.center.start()
        try scratch.record("one")
        scratch.center.flush()
        try FileManager.default.moveItem(atPath: scratch.log, toPath: "\(scratch.log).1")
        // Rotated an hour ago.
        try FileManager.default.setAttributes(
            [.modificationDate: Date.now - 3600], ofItemAtPath: "\(scratch.log).1")
        try scratch.record("two", "three")
        scratch.center.flush()
        try FileHandle(forWritingTo: URL(filePath: scratch.log)).truncate(atOffset: 0)
        try scratch.record("four")
        scratch.center.flush()
        #expect(try scratch.lines() == ["four"])
    }

    @Test func theLogOfALostCatalogHidesNothing() throws {
        let lost = try Scratch()
        try lost.center.start()
        try lost.record("a", "b", "c", "d")
        lost.center.stop()
        try FileManager.default.copyItem(atPath: lost.log, toPath: scratch.log)
        try scratch.record("one", "two", "three")
        try scratch.center.start()
        scratch.center.flush()
        #expect(try scratch.lines() == ["a", "b", "c", "d", "one", "two", "three"])
    }

    /// CI installs logrotate; elsewhere it may be missing.
    private static let hasLogrotate =
        FileManager.default.isExecutableFile(atPath: "/usr/sbin/logrotate")
        || ProcessInfo.processInfo.environment["CI"] != nil

    @Test(.enabled(if: hasLogrotate), arguments: ["create 0640", "nocreate", "copytruncate"])
    func realLogrotateLosesAndDoublesNothing(how: String) async throws {
        try scratch.center.start()
        let settings = "\(scratch.folder)/logrotate.conf"
        try "\(scratch.log) {\n rotate 50\n size 1\n nocompress\n missingok\n \(how)\n}\n"
            .write(toFile: settings, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: settings)
        for round in 0..<20 {
            try scratch.record("\(round)-a", "\(round)-b")
            if round % 2 == 0 { scratch.center.flush() }
            try rotate(settings)
            if round % 5 == 0 { scratch.center.reopenLog() }
        }
        try scratch.record("end")
        scratch.center.flush()
        let found = try everything()
        let expected = (0..<20).flatMap { ["\($0)-a", "\($0)-b"] } + ["end"]
        // A line that a copy missed may come behind one that was written right after the cut.
        #expect(how == "copytruncate" ? Set(found) == Set(expected) : found == expected)
        #expect(found.count == expected.count, "\(found)")
        let mode = try FileManager.default.attributesOfItem(atPath: scratch.log)[.posixPermissions] as? Int
        #expect(mode == 0o640)
    }

    @Test(.enabled(if: hasLogrotate)) func theShippedRulesRotateWithoutASignal() throws {
        let shipped = URL(filePath: #filePath).deletingLastPathComponent().appending(
            path: "../../etc/holdfast.logrotate")
        let rules = try String(contentsOf: shipped, encoding: .utf8)
            .replacing("/var/log/holdfast/messages.log", with: scratch.log).replacing(
                "    su holdfast holdfast\n", with: "")
        let settings = "\(scratch.folder)/logrotate.conf"
        try rules.write(toFile: settings, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o644], ofItemAtPath: settings)
        try scratch.center.start()
        for round in 0..<3 {
            try scratch.record("\(round)")
            scratch.center.flush()
            try rotate(settings)
        }
        try scratch.record("3")
        scratch.center.flush()
        #expect(try scratch.lines() == ["3"])
        #expect(try scratch.lines("\(scratch.log).1") == ["2"])
        #expect(FileManager.default.fileExists(atPath: "\(scratch.log).3.gz"))
    }

    private func rotate(_ settings: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/sbin/logrotate")
        process.arguments = ["--force", "--state", "\(scratch.folder)/state", settings]
        try process.run()
        process.waitUntilExit()
        #expect(process.terminationStatus == 0)
    }
}
