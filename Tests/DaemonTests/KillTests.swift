import EnginesTestSupport
import Foundation
import Glibc
import Model
import Testing
import Wire

/// The real daemon, killed at every step of what it does, comes back by itself and has lost nothing acknowledged.
@Suite(.realDaemon) struct KillTests {
    /// How many steps of a scenario are tried when a run must be short; another run tries others.
    private static let shortRun = 12

    @Test(arguments: KillScenario.all)
    func killedAtAnyStepItComesBackAndLosesNothing(_ scenario: KillScenario) async throws {
        let (daemon, contents) = try await scenario.prepare()
        let steps = try await countSteps(of: scenario, daemon)
        var random = PrintedRandom("\(scenario.testDescription): \(steps.count) steps")
        let stride = Long.isAsked ? 1 : max(1, (steps.count + Self.shortRun - 1) / Self.shortRun)
        let offset = Int.random(in: 0..<stride, using: &random)
        print("\(scenario.testDescription): killing at every \(stride)th of steps \(steps) from \(offset) on")
        var killed = 0
        for step in Swift.stride(from: steps.lowerBound + offset, to: steps.upperBound, by: stride) {
            try await daemon.goBack()
            var acknowledged = contents
            let child = try daemon.launch(environment: ["HOLDFAST_KILL_AT": "\(step)"])
            await act(scenario, daemon, &acknowledged)
            if child.isAtWork { try? await daemon.stop() }
            if child.status == -SIGKILL { killed += 1 }
            try await expectRecovery(daemon, acknowledged, "\(scenario.testDescription), killed at step \(step)")
        }
        #expect(killed > 0)
    }

    /// The tracer counts calls per thread, so that this reaches only some of them; it proves that the kill points of
    /// the file layer leave out nothing that matters.
    @Test(.enabled(if: Long.isAsked, "takes minutes: set HOLDFAST_LONG=1"))
    func killedByTheTracerAtSystemCallsItComesBackAsWell() async throws {
        let tracer = try #require(Programs.ofSystem("strace"), "strace is not installed")
        for scenario in KillScenario.all where ["progressive", "restore in place"].contains(scenario.testDescription) {
            let (daemon, contents) = try await scenario.prepare()
            for call in ["write,pwrite64", "fsync,fdatasync", "rename,renameat,renameat2", "unlink,unlinkat"] {
                for occurrence in [1, 2, 3, 5, 8, 13] {
                    try await daemon.goBack()
                    var acknowledged = contents
                    try daemon.launch(under: [
                        tracer, "-f", "-qq", "-o", "/dev/null", "-e", "trace=\(call)", "-e",
                        "inject=\(call):signal=SIGKILL:when=\(occurrence)",
                    ])
                    await act(scenario, daemon, &acknowledged)
                    try await daemon.crash()
                    try await expectRecovery(
                        daemon, acknowledged, "\(scenario.testDescription), killed at \(call) \(occurrence)")
                }
            }
        }
    }

    /// Does the scenario until it is done or the daemon is dead; commands fail then, and that is fine.
    private func act(_ scenario: KillScenario, _ daemon: PrivateDaemon, _ acknowledged: inout [Data]) async {
        do {
            try await until("an answer") {
                guard daemon.isAtWork else { throw Unexpected("it is dead") }
                return PrivateDaemon.accepts(daemon.socket)
            }
            try await scenario.act(daemon, &acknowledged)
        } catch {
            // The daemon died under it.
        }
    }

    /// The numbers of the kill points that the scenario passes.
    private func countSteps(of scenario: KillScenario, _ daemon: PrivateDaemon) async throws -> Range<Int> {
        let log = daemon.folder.fresh("passes")
        func passes() -> Int { (try? content(log).count { $0 == UInt8(ascii: "\n") }) ?? 0 }
        try await daemon.start(environment: ["HOLDFAST_KILL_LOG": log])
        let first = scenario.coversStart ? 1 : passes() + 1
        var acknowledged: [Data] = []
        try await scenario.act(daemon, &acknowledged)
        try await daemon.stop()
        try #require(passes() > first)
        #expect(String(decoding: try content(log), as: UTF8.self).contains(scenario.reaches))
        return first..<passes() + 1
    }

    private func expectRecovery(_ daemon: PrivateDaemon, _ acknowledged: [Data], _ story: String) async throws {
        do {
            try await recover(daemon, acknowledged, story)
        } catch {
            Issue.record("\(story): \(error)\n\(daemon.errors.suffix(2000))")
        }
        try await daemon.crash()
    }

    /// Starts it plainly, with no manual step, and looks at everything.
    private func recover(_ daemon: PrivateDaemon, _ acknowledged: [Data], _ story: String) async throws {
        let ledger = daemon.ledger("ledger.db")
        try await daemon.start()
        try await ledger.check()
        if story.hasPrefix("restore in place") {
            #expect(acknowledged.contains(try content(ledger.path)), "\(story): neither the old nor the new content")
        }
        let found = try FileManager.default.contentsOfDirectory(atPath: daemon.databases)
        #expect(found.allSatisfy { $0 == "ledger.db" || $0.contains(".replaced-") }, "\(story): \(found)")
        let beside = try FileManager.default.contentsOfDirectory(atPath: daemon.restored)
        #expect(beside.allSatisfy { $0 == "killed.db" }, "\(story): \(beside)")

        for point in try await daemon.backups("--deleted") where point.deleted != nil {
            try await daemon.succeed("backups", "undelete", "\(point.id)")
        }
        let points = try await daemon.backups()
        #expect(points.count >= acknowledged.count, "\(story)")
        var restored: Set<Data> = []
        // The oldest, and all that were made or could have been lost lately.
        for point in points.prefix(1) + points.dropFirst().suffix(3) {
            let copy = try await daemon.restoreBeside("ledger.db", point.id)
            restored.insert(try content(copy))
            try await Ledger(copy, in: daemon.folder).check()
        }
        for (number, expected) in acknowledged.enumerated() where number == 0 || number >= acknowledged.count - 2 {
            #expect(restored.contains(expected), "\(story): acknowledged backup \(number + 1) is lost")
        }
        if acknowledged.count > 3 { try await daemon.succeed("verify", "--level", "pages") }

        try await ledger.append()
        let further = try await daemon.backUp("ledger.db")
        let copy = try await daemon.restoreBeside("ledger.db", further.id)
        #expect(try content(copy) == content(ledger.path), "\(story)")
        try await daemon.stop()
        try await daemon.succeed(alone: ["repository", "check"])
    }
}
