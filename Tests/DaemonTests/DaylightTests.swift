import Foundation
import Glibc
import Model
import Testing
import Wire

/// A real daemon under libfaketime on the nights when clocks change in Berlin.
@Suite(.realDaemon, .enabled(if: FakeTime.isThere, "needs libfaketime")) struct DaylightTests {
    /// In a zone with daylight saving, with one fixed rule in the hour that is missing or comes twice, and one every hour.
    private func daemon() throws -> PrivateDaemon {
        var options = PrivateDaemon.Options()
        options.head = ["time_zone = \"Europe/Berlin\""]
        return try PrivateDaemon(options)
    }

    private func end(_ daemon: PrivateDaemon) async throws {
        let pid = daemon.pid
        try await daemon.stop()
        FakeTime.clean(after: pid)
    }

    private func said(_ daemon: PrivateDaemon) throws -> [String] {
        try String(contentsOfFile: daemon.messagesLog, encoding: .utf8).split(separator: "\n").map(String.init)
            .filter { $0.contains("scheduled-message") }
    }

    private func count(_ lines: [String], _ word: String) -> Int { lines.count { $0.contains(word) } }

    private func addSchedules(_ daemon: PrivateDaemon) async throws {
        try await daemon.succeed("schedules", "add", "fixed", "--say", "fixed at half past two", "--when", "02:30")
        try await daemon.succeed("schedules", "add", "hourly", "--say", "every hour", "--when", "hourly")
    }

    @Test func inTheGapAFixedTimeRunsAtTheFirstInstantAfterIt() async throws {
        let daemon = try daemon()
        try await daemon.makeRepository()
        // 01:59:52 there; at 02:00:00 clocks go to 03:00:00.
        try await daemon.start(under: FakeTime.words("2026-03-29 00:59:52"))
        try await addSchedules(daemon)
        try await until("both at three") { try said(daemon).count >= 2 }
        let lines = try said(daemon)
        print("gap: \(lines)")
        #expect(count(lines, "fixed at half past two") == 1 && count(lines, "every hour") == 1)
        #expect(lines.allSatisfy { $0.contains("2026-03-29T03:00:0") && $0.contains("+02:00") }, "\(lines)")
        try await end(daemon)
    }

    @Test func inTheOverlapAFixedTimeRunsOnceAndAnHourlyOneBothTimes() async throws {
        let daemon = try daemon()
        try await daemon.makeRepository()
        // 02:29:52 summer time, the first of the two.
        try await daemon.start(under: FakeTime.words("2026-10-25 00:29:52"))
        try await addSchedules(daemon)
        try await until("the fixed one at its first time") { try count(said(daemon), "fixed at half past two") == 1 }
        try await end(daemon)
        // 02:59:52 summer time; clocks go back to 02:00:00.
        try await daemon.start(under: FakeTime.words("2026-10-25 00:59:52"))
        try await until("the hourly one at the second two o'clock") { try count(said(daemon), "every hour") == 1 }
        try await end(daemon)
        // 02:29:52 winter time: half past two comes again, and a moment later the hourly one at three.
        try await daemon.start(under: FakeTime.words("2026-10-25 01:29:52"))
        try await daemon.succeed("schedules", "add", "mark", "--say", "after it", "--when", "*:*:00/5")
        try await until("half past two to be over") {
            try said(daemon).contains { $0.contains("T02:30:0") && $0.contains("after it") }
        }
        try await end(daemon)
        let lines = try said(daemon)
        print("overlap: \(lines)")
        #expect(count(lines, "fixed at half past two") == 1, "\(lines)")
        #expect(lines.contains { $0.contains("T02:30:0") && $0.contains("+02:00") && $0.contains("fixed") }, "\(lines)")
        #expect(lines.contains { $0.contains("T02:00:0") && $0.contains("+01:00") && $0.contains("hour") }, "\(lines)")
    }

    @Test(arguments: ["1970-01-02 00:00:00", "2101-01-01 00:00:00"])
    func aClockThatCantBeRightDeletesNothingAndSaysSo(time: String) async throws {
        let (daemon, ledger) = try await PrivateDaemon.withLedger()
        let first = try await daemon.backUp("ledger.db", full: true)
        try await ledger.append()
        try await daemon.backUp("ledger.db")
        try await daemon.succeed("backups", "delete", "\(first.id)", "--yes")
        try await daemon.stop()
        try await daemon.start(under: FakeTime.words(time))
        let doubt = try await eventually("the doubt") {
            try await daemon.messages().first { $0.code == .clockInDoubt }
        }
        #expect(doubt.nextStep?.contains("--confirm-clock") == true)
        #expect(try await daemon.read(Status.self, "status").problems.contains { $0.code == .clockInDoubt })
        try await daemon.succeed("prune", "--now", "--yes", "--confirm")
        expectRefusal(
            try await daemon.holdfast("prune", "--now", "--yes", "--confirm", "--confirm-clock"), 1, .clockInDoubt)
        #expect(try await daemon.read(Listing<Backup>.self, "backups", "--deleted").items.count == 2)
        try await end(daemon)
        try await daemon.start()
        try await daemon.succeed("prune", "--now", "--yes", "--confirm")
        #expect(try await daemon.read(Listing<Backup>.self, "backups", "--deleted").items.count == 1)
    }
}

/// Starts programs at another time; it flows from there.
enum FakeTime {
    private static let library = [
        "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1",
        "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1",
    ].first { FileManager.default.fileExists(atPath: $0) }

    static var isThere: Bool { library != nil }

    /// What the library leaves behind of a daemon.
    static func clean(after pid: Int32?) {
        guard let pid else { return }
        for name in ["faketime_shm_\(pid)", "sem.faketime_sem_\(pid)"] { unlink("/dev/shm/\(name)") }
    }

    /// - Parameter time: at UTC, `2026-03-29 00:59:52`.
    static func words(_ time: String) -> [String] {
        [
            "/usr/bin/env", "LD_PRELOAD=\(library ?? "")", "FAKETIME=@\(time)", "DONT_FAKE_MONOTONIC=1", "TZ=UTC",
            // The library adds to the environment of the first program it is loaded into, and Swift finds the arguments
            // only beside an environment that is as the kernel left it.
            "/usr/bin/env",
        ]
    }
}
