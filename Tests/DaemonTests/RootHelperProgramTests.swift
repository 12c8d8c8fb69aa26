import Foundation
import Glibc
import Model
import Petitions
import Platform
import Testing
import Wire

/// Programs that the root helper runs, each in a unit of its own.
@Suite(.enabled(if: geteuid() == 0, "the helper is root's"))
struct RootHelperProgramTests {
    private func command(_ words: String..., run: Int64 = 7) -> Petition {
        .command(words: words, schedule: "nightly", run: run, seconds: 600)
    }

    private func task(_ task: Petition.Task, of server: String = "crm") -> Petition {
        .task(server: server, task: task, window: "weekly", seconds: 600)
    }

    private static let update = "holdfast-task-crm-update.service"

    /// Somebody who asks for something, and waits.
    private func asking(_ helper: RootHelper, _ petition: Petition) throws -> Child {
        try Child(
            "/usr/bin/perl",
            [
                "-e",
                "use IO::Socket::UNIX; my $s = IO::Socket::UNIX->new(Peer => $ARGV[0]); $s->autoflush(1); "
                    + "print $s qq{$ARGV[1]\\n}; sleep 1000",
                helper.socket, try WireCoding.text(petition),
            ], output: helper.place.fresh("asking"))
    }

    @Test func aTaskRunsAsTheSettingsSayInAUnitOfItsOwn() throws {
        let helper = try RootHelper([#"update_command = ["/usr/bin/printf", "%s\n", "a b", "$HOME"]"#])
        let result = try helper.port.run(task(.update)) { false }
        #expect(result.ending == .exited(0) && result.stop == nil && result.output == "a b / $$HOME", "\(result)")
        let run = try #require(helper.runs.first)
        for word in [
            "--wait --pipe --collect", "--unit=holdfast-task-crm-update", "--property=RuntimeMaxSec=610s",
            "--setenv=HOLDFAST_SERVER=crm", "--setenv=HOLDFAST_WINDOW=weekly", "-- /usr/bin/printf %s",
        ] {
            #expect(run.contains(word), "\(word) in \(run)")
        }
        #expect(!run.contains("DynamicUser"))
        #expect(helper.units.calls == ["show --property=ActiveState --value -- \(Self.update)"])
        #expect(try helper.record()["HOLDFAST_OUTCOME"] == "begun")
        let record = try helper.record()
        #expect(record["HOLDFAST_OBJECT"] == "update_command of server crm")
        #expect(record["HOLDFAST_OUTCOME"] == "done: it exited with status 0", "\(record)")
    }

    @Test func howAProgramEndsIsToldAndNoFault() throws {
        let helper = try RootHelper([#"certificate_command = ["/usr/bin/env", "-u", "X", "/bin/false"]"#])
        #expect(try helper.port.run(task(.certificate)) { false }.ending == .exited(1))
    }

    @Test func refusesTasksThatTheSettingsDoNotName() throws {
        let helper = try RootHelper([#"update_command = ["/usr/bin/true"]"#])
        for petition in [task(.certificate), task(.update, of: "main"), task(.update, of: "")] {
            #expect(failure { try helper.port.run(petition) { false } }?.code == .rightRefused)
        }
        #expect(helper.runs == [])
    }

    @Test func aCommandGetsNoRights() throws {
        let helper = try RootHelper()
        let result = try helper.port.run(command("/usr/bin/printf", "%s", "done")) { false }
        #expect(result.output == "done")
        let record = try helper.record()
        #expect(record["HOLDFAST_REQUEST"]?.contains(#""words":["/usr/bin/printf","%s","done"]"#) == true, "\(record)")
        let run = try #require(helper.runs.first)
        for word in [
            "--unit=holdfast-command-7", "DynamicUser=yes", "NoNewPrivileges=yes", "CapabilityBoundingSet= ",
            "ProtectSystem=strict", "PrivateTmp=yes", "RestrictSUIDSGID=yes", "--setenv=HOLDFAST_RUN=7",
            "--setenv=HOLDFAST_SCHEDULE=nightly", "-- /usr/bin/printf %s done",
        ] {
            #expect(run.contains(word), "\(word) in \(run)")
        }
    }

    @Test func commandsRunAsTheUserThatTheSettingsNameUnlessItHasRights() throws {
        let helper = try RootHelper(["[commands]", #"user = "www-data""#])
        _ = try helper.port.run(command("/usr/bin/true")) { false }
        #expect(helper.runs.count == 1)
        #expect(helper.runs[0].contains("--property=User=www-data") && !helper.runs[0].contains("DynamicUser"))
        for (name, code) in [("daemon", Code.rightRefused), ("no-such-user", .rightRefused), ("root", .badSettings)] {
            try helper.writeSettings(["[commands]", "user = \"\(name)\""])
            #expect(failure { try helper.port.run(command("/usr/bin/true")) { false } }?.code == code, "\(name)")
        }
        #expect(helper.runs.count == 1)
    }

    @Test func refusesProgramsThatOthersCanChange() throws {
        let script = "\(NSTemporaryDirectory())/holdfast-script-\(Identifier.random())"
        try Files.writeDurably(Array("#!/bin/sh\n".utf8), to: script, mode: 0o755)
        defer { try? Files.remove(script) }
        let helper = try RootHelper(["update_command = [\"\(script)\"]"])
        for petition in [task(.update), command(script), command("true"), command()] {
            #expect(failure { try helper.port.run(petition) { false } }?.code == .commandRefused, "\(petition)")
        }
        #expect(helper.runs == [])
        #expect(try helper.record()["HOLDFAST_OUTCOME"] == "begun")
        #expect(try helper.record()["HOLDFAST_CODE"] == "right-refused")
    }

    @Test func aProgramThatIsCancelledEndsWithItsUnit() throws {
        let helper = try RootHelper()
        let result = try helper.port.run(command("/usr/bin/sleep", "1000", run: 8)) { !helper.runs.isEmpty }
        #expect(result.stop == .request)
        #expect(helper.units.calls == ["stop -- holdfast-command-8.service"])
    }

    @Test func aProgramWhoseUnitIsGoneAtItsDeadlineIsToldAsEndedThere() throws {
        let helper = try RootHelper()
        try helper.units.refuse("stop", "holdfast-command-5.service")
        let late = Petition.command(words: ["/usr/bin/sleep", "1000"], schedule: "nightly", run: 5, seconds: 1)
        #expect(try helper.port.run(late) { false }.stop == .deadline)
        #expect(try helper.record()["HOLDFAST_OUTCOME"] == "begun")
        #expect(try helper.record()["HOLDFAST_OUTCOME"]?.hasSuffix(", ended at its deadline") == true)
        try helper.units.setAtWork("holdfast-command-5.service")
        #expect(failure { try helper.port.run(late) { false } }?.message.contains("cannot stop") == true)
    }

    @Test func anUpdateOfBeforeThatIsStillAtWorkKeepsAnotherOneAway() throws {
        let helper = try RootHelper([#"update_command = ["/usr/bin/true"]"#])
        try helper.units.setAtWork(Self.update)
        let fault = failure { try helper.port.run(task(.update)) { false } }
        #expect(fault?.code == .busy && fault?.message.contains(Self.update) == true, "\(fault as Any)")
        #expect(helper.runs == [])
    }

    /// A restarted daemon must not end an update in the middle of a package; an admin may.
    @Test func anUpdateGoesOnWithoutTheDaemonAndEndsWhenAsked() async throws {
        let script = try RootHelper.updateThatWaits()
        defer { try? Files.removeTree(script.folder) }
        let helper = try RootHelper(["update_command = [\"\(script.program)\"]"])
        let gone = try asking(helper, task(.update))
        try await until("the program") { !helper.runs.isEmpty }
        #expect(helper.runs[0].contains("TimeoutStopSec=300s") && !helper.runs[0].contains("BindsTo"))
        gone.killGroup()
        try await until("the end of the daemon") { !gone.isAtWork }
        try Files.writeDurably([], to: script.permission, mode: 0o600)
        #expect(try helper.record()["HOLDFAST_OUTCOME"] == "begun")
        #expect(try helper.record()["HOLDFAST_OUTCOME"] == "done: it exited with status 0")
        #expect(!helper.units.calls.contains("stop -- \(Self.update)"))
        try Files.remove(script.permission)
        let asked = try helper.port.run(task(.update)) { helper.runs.count > 1 }
        #expect(asked.stop == .request && helper.units.calls.last == "stop -- \(Self.update)")
    }

    @Test func aProgramEndsWithItsUnitWhenWhoAskedForItIsGone() async throws {
        let helper = try RootHelper()
        let gone = try asking(helper, command("/usr/bin/sleep", "1000", run: 9))
        try await until("the program") { !helper.runs.isEmpty }
        #expect(helper.units.calls == [])
        gone.killGroup()
        try await until("the end of the unit") { helper.units.calls == ["stop -- holdfast-command-9.service"] }
    }
}
