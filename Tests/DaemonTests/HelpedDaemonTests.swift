import Foundation
import Glibc
import Model
import Platform
import Testing
import Wire

/// A daemon that is a user like others but for its one capability, as its unit has it, with the root helper and without.
@Suite(
    .realDaemon,
    .enabled(if: geteuid() == 0 && Programs.ofSystem("setpriv") != nil, "needs root and setpriv"))
struct HelpedDaemonTests {
    private static let user = RootHelper.user
    private static let owner = RootHelper.owner

    /// At work as the user `daemon`, who owns all but the ledger `ledger.db` of www-data.
    private func start(_ helper: RootHelper?) async throws -> (PrivateDaemon, Ledger) {
        var options = PrivateDaemon.Options()
        options.helper = helper?.socket ?? ""
        options.servers = helper.map { ["crm": [$0.data]] }
        let daemon = try PrivateDaemon(options)
        let databases = helper?.data ?? daemon.databases
        let ledger = try await Ledger("\(databases)/ledger.db", in: daemon.folder).create(.delete)
        try await daemon.startUnprivileged {
            try Files.setOwner(databases, uid: Self.user, gid: Self.user)
            try Files.setOwner(ledger.path, uid: Self.owner, gid: Self.owner)
            try Files.setMode(ledger.path, 0o640)
        }
        return (daemon, ledger)
    }

    private func owner(_ path: String) throws -> [UInt32] {
        guard let status = try Files.status(path, followLinks: false) else { throw Unexpected("no \(path)") }
        return [status.uid, status.gid, status.mode]
    }

    @Test func restoredFilesBelongToWhomTheyDid() async throws {
        let helper = try RootHelper()
        let (daemon, ledger) = try await start(helper)
        try await daemon.backUp("ledger.db")
        let before = try content(ledger.path)
        let beside = "\(helper.restored)/copy.db"
        try Files.setOwner(helper.restored, uid: Self.user)
        let output = try await daemon.holdfast("restore", "ledger.db", "--to", beside)
        #expect(output.status == 0 && !output.text.contains("belongs to"), "\(output)")
        #expect(try owner(beside) == [33, 33, 0o640])
        #expect(try content(beside) == before)
        try await ledger.append()
        let changed = try content(ledger.path)
        #expect(changed != before)
        try await daemon.succeed("restore", "ledger.db", "--in-place", "--yes")
        #expect(try owner(ledger.path) == [33, 33, 0o640])
        #expect(try content(ledger.path) == before)
    }

    @Test func withoutAHelperARestoreSaysWhomTheFileBelongsToAndReplacesNothingUnseen() async throws {
        let (daemon, _) = try await start(nil)
        try "[maintenance]\nhelper = \"\(daemon.path)/none\"\n"
            .write(toFile: "\(daemon.path)/conf.d/helper.toml", atomically: true, encoding: .utf8)
        daemon.signal(SIGHUP)
        try await until("the reload") { try await daemon.messages().contains { $0.code == .settingsReloaded } }
        try await daemon.backUp("ledger.db")
        let copy = "\(daemon.restored)/copy.db"
        let output = try await daemon.holdfast("restore", "ledger.db", "--to", copy)
        #expect(output.status == 0, "\(output)")
        #expect((output.text + output.errors).contains("belongs to daemon, not to www-data:www-data"), "\(output)")
        #expect(try owner(copy)[0] == Self.user)
        // It lists the descriptors of others' processes, and sees through none.
        let refused = try await daemon.holdfast("restore", "ledger.db", "--in-place", "--yes")
        expectRefusal(refused, 11, .databaseInUse)
        #expect(refused.errors.contains("cannot see all processes"), "\(refused)")
    }

    @Test func clientsOfOthersAreSeenAndKeepARestoreInPlaceFromThem() async throws {
        let helper = try RootHelper()
        let (daemon, ledger) = try await start(helper)
        try await daemon.backUp("ledger.db")
        let holder = try Child(
            "/usr/bin/perl",
            ["-e", "open my $f, '<', $ARGV[0]; print qq{open\\n}; close STDOUT; sleep 1000", ledger.path],
            output: daemon.folder.fresh("holder"))
        try await until("the holder") { holder.output.contains("open") }
        let output = try await daemon.holdfast("clients", "list", "ledger.db")
        #expect(output.status == 0 && output.text.contains("\(holder.pid)"), "\(output)")
        let refused = try await daemon.holdfast("restore", "ledger.db", "--in-place", "--yes")
        expectRefusal(refused, 11, .databaseInUse)
        #expect(refused.errors.contains("perl (pid \(holder.pid)"), "\(refused)")
        holder.killGroup()
        try await until("the end of the holder") { !holder.isAtWork }
        try await daemon.succeed("restore", "ledger.db", "--in-place", "--yes")
        let asked = try helper.record()
        #expect(asked["HOLDFAST_VERB"] == "holders" && asked["HOLDFAST_PEER_UID"] == "\(Self.user)", "\(asked)")
    }

    @Test func windowsAskForTheirUnitsAndTasks() async throws {
        let helper = try RootHelper([#"update_command = ["/usr/bin/true"]"#])
        let (daemon, ledger) = try await start(helper)
        let more = """
            [servers.crm]
            units = ["crm.service"]
            update_command = ["/usr/bin/false"]

            """
        try more.write(toFile: "\(daemon.path)/conf.d/more.toml", atomically: true, encoding: .utf8)
        daemon.signal(SIGHUP)
        try await until("the reload") { try await daemon.messages().contains { $0.code == .settingsReloaded } }
        try await daemon.succeed(
            "maintenance", "set", "crm", "weekly", "--length", "15m", "--countdown", "0s", "--tasks",
            "system-updates=1m")
        // The helper goes by its own settings, in which the program is one that succeeds.
        try await daemon.succeed("maintenance", "run", "crm", "--yes")
        #expect(
            helper.units.calls == [
                "is-active --quiet -- crm.service", "stop -- crm.service",
                "show --property=ActiveState --value -- holdfast-task-crm-update.service", "start -- crm.service",
            ])
        #expect(helper.runs.count == 1 && helper.runs[0].contains("--unit=holdfast-task-crm-update"), "\(helper.runs)")
        #expect(helper.runs[0].hasSuffix("-- /usr/bin/true"))
        #expect(try await ledger.check() >= 0)
    }

    @Test func whatTheDaemonMayOnlyReadIsWarnedOfAndToldAsSkipped() async throws {
        let helper = try RootHelper()
        let (daemon, _) = try await start(helper)
        try await daemon.backUp("ledger.db")
        let tasks = "engine-check=1m,optimise=1m"
        try await daemon.succeed(
            "maintenance", "set", "crm", "weekly", "--length", "15m", "--countdown", "0s", "--tasks", tasks)
        let enabled = try await daemon.holdfast("maintenance", "enable", "crm")
        let warned = (enabled.text + enabled.errors).replacing("\n", with: " ")
        #expect(warned.contains("engine-check and optimise will skip what holdfastd may not write"), "\(enabled)")
        let window = try await daemon.holdfast("maintenance", "run", "crm", "--yes")
        #expect(window.status == 3, "\(window)")
        let history = try await daemon.read(MaintenanceStatus.self, "maintenance", "show", "crm").history
        let steps = try #require(history.first).steps.filter { ["engine-check", "optimise"].contains($0.step) }
        #expect(steps.map(\.outcome) == [.failed, .skipped], "\(steps)")
        #expect(steps.last?.reason?.hasPrefix("no database is left to optimise, since ") == true, "\(steps)")
        #expect(steps.last?.reason?.contains("may not write crm/ledger.db") == true, "\(steps)")
        let told = try #require(try await daemon.messages().last { $0.code == .maintenanceFinished })
        #expect(told.severity == .warning && told.text.contains("optimise was skipped: no database"), "\(told)")
        #expect(!told.text.contains("optimise failed"), "\(told)")
        let shown = try await daemon.holdfast("maintenance", "show", "crm")
        #expect(shown.text.contains("skipped: no database is left to optimise"), "\(shown)")
    }

    @Test func commandsRunInUnitsOfTheirOwn() async throws {
        let helper = try RootHelper()
        let (daemon, _) = try await start(helper)
        let message = try await run(["/usr/bin/env", "-u", "X", "/bin/false"], daemon)
        #expect(message.text.hasSuffix("exited with status 1"), "\(message)")
        #expect(helper.runs.count == 1 && helper.runs[0].contains("DynamicUser=yes"), "\(helper.runs)")
    }

    @Test func withoutAHelperCommandsRunWithoutTheCapability() async throws {
        let (daemon, _) = try await start(nil)
        let look = "open F, '/proc/self/status'; print grep { /^(Cap(Inh|Prm|Eff|Amb)|NoNewPrivs|Uid):/ } <F>; exit 3"
        let message = try await run(["/usr/bin/perl", "-e", look], daemon)
        let cause = try #require(message.cause).replacing("\t", with: " ")
        for set in ["CapInh", "CapPrm", "CapEff", "CapAmb"] {
            #expect(cause.contains("\(set): 0000000000000000"), "\(cause)")
        }
        #expect(cause.contains("NoNewPrivs: 1") && cause.contains("Uid: 1 1 1 1"), "\(cause)")
        // The daemon itself has it, and reads what is closed to its user.
        #expect(try await daemon.backUp("ledger.db").kind == .full)
    }

    /// Has a schedule run a command that fails, and gives what is told of it.
    private func run(_ words: [String], _ daemon: PrivateDaemon) async throws -> Message {
        let command = words.map { "--command=\($0)" }
        _ = try PrivateDaemon.good(
            try await daemon.holdfast(["schedules", "add", "look", "--when", "yearly", "--attempts", "1"] + command))
        _ = try await daemon.holdfast("schedules", "run", "look")
        return try await eventually("the end of the command") {
            try await daemon.messages().last { $0.code == .commandFailed }
        }
    }
}
