import EnginesTestSupport
import Model
import Operations
import Platform
import Synchronization
import Testing
import Wire

/// Commands of schedules as runs. The programs are the system's own, which only root can change.
@Suite struct HostCommandTests {
    @Test func aCommandThatSucceedsIsOnRecordWithItsSchedule() async throws {
        let fixture = try HostFixture(databases: [])
        let (ended, isEnded) = AsyncStream<Void>.makeStream()
        let begun = try fixture.host.runCommand(["/usr/bin/true"], schedule: "updates") { _ in isEnded.finish() }
        for await _ in ended {}
        let run = try await fixture.ended(begun)
        #expect(run.kind == .command && run.state == .succeeded)
        let messages = try await fixture.messages(of: run)
        #expect(messages.map(\.code) == [.commandStarted, .commandSucceeded])
        #expect(messages[1].text == "command /usr/bin/true of schedule updates succeeded")
    }

    @Test func aCommandSeesItsScheduleItsRunAndNothingElse() async throws {
        let fixture = try HostFixture(databases: [])
        // Fails, so that what it printed is on record as the cause.
        let run = try await fixture.ended(
            try fixture.host.runCommand(["/usr/bin/env", "--", "/usr/bin/env", "--bad"], schedule: "nightly work"))
        #expect(run.state == .failed && run.fault?.code == .commandFailed)
        #expect(try await fixture.messages(of: run).last?.cause?.contains("unrecognized option '--bad'") == true)
        let shown = try await fixture.ended(
            try fixture.host.runCommand(
                [
                    "/usr/bin/env", "-u", "NOTHING", "/usr/bin/perl", "-e",
                    "print map {\"$_=$ENV{$_}\\n\"} sort keys %ENV; exit 3",
                ],
                schedule: "nightly work"))
        let last = try #require(try await fixture.messages(of: shown).last)
        #expect(last.text == "command /usr/bin/env of schedule nightly work exited with status 3")
        #expect(
            last.cause == "HOLDFAST_RUN=\(shown.id) / HOLDFAST_SCHEDULE=nightly work / LANG=C.UTF-8 / "
                + "PATH=/usr/sbin:/usr/bin:/sbin:/bin")
    }

    @Test func aCommandThatOthersCanChangeIsRefusedAndNotStarted() async throws {
        let fixture = try HostFixture(databases: [])
        let trace = fixture.root("trace")
        try fixture.root.write(Array("#!/bin/sh\necho x > \(trace)\n".utf8), to: "script")
        try Files.setMode(fixture.root("script"), 0o755)
        let run = try await fixture.ended(try fixture.host.runCommand([fixture.root("script")], schedule: "s"))
        #expect(run.state == .failed && run.fault?.code == .commandRefused)
        #expect(try await fixture.messages(of: run).map(\.code) == [.commandStarted, .commandRefused])
        #expect(!Files.exists(trace))
        #expect(throws: Fault.self) { try fixture.host.runCommand([], schedule: "s") }
    }

    @Test func whatACommandThatSucceedsPrintedIsKept() async throws {
        let fixture = try HostFixture(databases: [])
        let run = try await fixture.ended(
            try fixture.host.runCommand(["/usr/bin/printf", "3 upgraded\\n0 removed\\n"], schedule: "updates"))
        #expect(run.state == .succeeded)
        #expect(try await fixture.messages(of: run).last?.cause == "3 upgraded / 0 removed")
    }

    /// As the daemon's user it could read keys.
    @Test func whileAHelperIsAwayThatTheSettingsNameACommandIsRefusedAndNotStarted() async throws {
        let fixture = try HostFixture(databases: [])
        try fixture.root.write(
            Array("[maintenance]\nhelper = \"\(fixture.root("none"))\"\n".utf8), to: "conf.d/helper.toml")
        try fixture.restart()
        let trace = fixture.root("trace")
        let run = try await fixture.ended(
            try fixture.host.runCommand(["/usr/bin/touch", trace], schedule: "updates"))
        #expect(run.state == .failed && run.fault?.code == .helperFailed, "\(run)")
        let told = try #require(try await fixture.messages(of: run).last)
        #expect(told.code == .commandFailed, "\(told)")
        #expect("\(told)".contains("maintenance.helper"))
        #expect(!Files.exists(trace))
    }

    @Test func aCommandEndsAtItsTimeoutOrWhenCancelled() async throws {
        let fixture = try HostFixture(databases: [])
        let late = try await fixture.ended(
            try fixture.host.runCommand(["/usr/bin/sleep", "1000"], schedule: "s", timeout: .milliseconds(100)))
        #expect(late.state == .failed && late.fault?.code == .commandFailed)
        #expect(try await fixture.messages(of: late).last?.text.contains("was ended after") == true)
        let begun = try fixture.host.runCommand(["/usr/bin/sleep", "1000"], schedule: "s")
        for await step in try await fixture.service.followRun(begun.id, for: .daemon) where step.state == .running {
            _ = try await fixture.service.cancelRun(begun.id, by: .daemon)
        }
        #expect(try await fixture.service.run(begun.id, for: .daemon).state == .cancelled)
    }

    @Test func aScheduledMessageIsSaidAsOneHarmlessLine() async throws {
        let fixture = try HostFixture(databases: [])
        let run = try await fixture.ended(
            try fixture.host.sayScheduled(.warning, "tape change\u{1b}[2J today", schedule: "tapes"))
        #expect(run.kind == .message && run.state == .succeeded)
        let messages = try await fixture.messages(of: run)
        #expect(messages.map(\.code) == [.scheduledMessage] && messages.map(\.severity) == [.warning])
        #expect(messages[0].text == "tape change\u{FFFD}[2J today")
    }
}
