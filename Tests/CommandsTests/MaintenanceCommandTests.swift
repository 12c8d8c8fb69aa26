import Model
import Testing
import Wire
import WireTestSupport

@Suite(.timeLimit(.minutes(1))) struct MaintenanceCommandTests {
    @Test func setChangesWhatIsSaidAndNothingElse() async throws {
        try await withServer { socket, service in
            let fixture = CommandFixture()
            let words = [
                "maintenance", "set", "main", "weekly", "--when", "Sat 22:00", "--zone", "UTC", "--length", "3h",
                "--announce", "1d,30m", "--tasks", "optimise=45m!,prune", "--latest-start", "1h", "--socket", socket,
            ]
            #expect(await fixture.run(words) == 0)
            #expect(service.noted.contains("set weekly of main Sat 22:00 10800 [\"optimise=2700!\", \"prune=1800\"]"))
            #expect(fixture.output.contains("weekly: on, Sat 22:00 UTC for 3h; begins up to 1h late"))
            #expect(fixture.output.contains("announced 1d, 30m ahead; countdown 2m"))
            #expect(fixture.output.contains("tasks: optimise=45m!,prune=30m"))
        }
    }

    @Test(arguments: [
        ["--tasks", "defragment"], ["--tasks", "prune=soon"], ["--announce", "early"], ["--length", "long"],
        ["--tasks", ""], ["--announce", ""], ["--tasks", "prune,,optimise"],
    ])
    func setRefusesWhatItCannotRead(options: [String]) async throws {
        try await withServer { socket, service in
            let fixture = CommandFixture()
            let words = ["maintenance", "set", "main", "daily"] + options + ["--socket", socket]
            #expect(await fixture.run(words) == 2)
            #expect(fixture.errors.contains("[wrong-usage]"))
            #expect(!service.noted.contains { $0.hasPrefix("set ") })
        }
    }

    @Test func windowsAreSwitchedRunAbortedAndForeseen() async throws {
        try await withServer { socket, service in
            let fixture = CommandFixture()
            #expect(await fixture.run("maintenance", "enable", "main", "--socket", socket) == 0)
            #expect(fixture.output.hasPrefix("main: enabled; next window "))
            #expect(await fixture.run("maintenance", "disable", "main", "daily", "--socket", socket) == 0)
            #expect(await fixture.run("maintenance", "abort", "main", "--socket", socket) == 0)
            #expect(await fixture.run("maintenance", "preview", "main", "--count", "3", "--socket", socket) == 0)
            #expect(fixture.output.contains("LATEST START"))
            #expect(fixture.output.contains("2026-11-22T02:00:00+01:00  2026-11-22T03:00:00+01:00"))
            #expect(fixture.output.contains("Europe/Berlin  -") && !fixture.errors.contains("more follow"))
            #expect(await fixture.run("maintenance", "run", "main", "--no-wait", "--socket", socket) == 2)
            #expect(await fixture.run("maintenance", "run", "main", "--yes", "--no-wait", "--socket", socket) == 0)
            for call in [
                "enable [\"weekly\", \"daily\"] of main", "disable [\"daily\"] of main", "abort main",
                "preview maintenance of main 3", "run weekly of main",
            ] {
                #expect(service.noted.contains(call), "\(call) in \(service.noted)")
            }
        }
    }

    @Test func previewBeginsWhereItIsToldAndSaysThatMoreFollow() async throws {
        try await withServer { socket, service in
            let fixture = CommandFixture()
            let words = ["maintenance", "preview", "main", "--from", "2027-03-20T00:00:00Z", "--socket", socket]
            #expect(await fixture.run(words + ["--count", "1"]) == 0)
            #expect(service.noted.contains("preview maintenance of main 1 from 2027-03-20T00:00:00.000Z"))
            #expect(fixture.errors.contains("more follow: --count shows up to 100, --from 2026-11-22T02:00:00+01:00"))
            #expect(await fixture.run(words + ["--count", "101"]) == 2)
        }
    }

    @Test func nothingIsSaidInSoManyWords() async throws {
        try await withServer { socket, service in
            let fixture = CommandFixture()
            let words = ["maintenance", "set", "main", "daily", "--announce", "none", "--tasks", "none"]
            #expect(await fixture.run(words + ["--socket", socket]) == 0)
            #expect(service.noted.contains { $0.hasPrefix("set daily of main") && $0.hasSuffix(" []") })
        }
    }

    @Test func showTellsPlannedAgainstActual() async throws {
        try await withServer { socket, _ in
            let fixture = CommandFixture()
            #expect(await fixture.run("maintenance", "show", "main", "--socket", socket) == 0)
            #expect(fixture.output.contains("daily: off, *-*-* 03:00 for 1h"))
            #expect(fixture.output.contains("weekly maintenance is over\n  planned "))
            #expect(fixture.output.contains("STEP"))
        }
    }
}
