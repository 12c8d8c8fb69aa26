import Foundation
import Model
import Testing
import Wire
import WireTestSupport

@Suite(.timeLimit(.minutes(10))) struct ScheduleCommandTests {
    @Test(arguments: [
        ["schedules", "add", "x"], ["schedules", "add", "x", "--backup", "full"],
        ["schedules", "add", "x", "--drill", "--prune", "--when", "daily"],
        ["schedules", "add", "x", "--backup", "half", "--when", "daily"],
        ["schedules", "preview", "x", "--when", "daily"], ["schedules", "preview", "--zone", "UTC"],
        ["schedules", "preview", "--when", "daily", "--count", "0"], ["schedules", "add", "x", "--spread", "soon"],
        ["retention", "set"], ["schedules", "remove", "x"], ["prune"], ["databases", "adopt", "a"],
    ])
    func wrongUsageExitsWithTwo(arguments: [String]) async throws {
        try await withServer { socket, _ in
            let fixture = CommandFixture()
            #expect(await fixture.run(arguments + ["--socket", socket]) == 2, "\(fixture.errors)")
            #expect(fixture.errors.contains("[wrong-usage]"))
        }
    }

    @Test func aScheduleIsAddedAsTyped() async throws {
        try await withServer { socket, service in
            let fixture = CommandFixture()
            let status = await fixture.run(
                "schedules", "add", "month-end", "--backup", "full", "--when", "*-*~1 22:00", "--scope", "crm/",
                "--scope", "*.db", "--yearly", "7", "--socket", socket)
            #expect(status == 0, "\(fixture.errors)")
            #expect(service.noted.contains("add schedule month-end *-*~1 22:00 [\"crm/\", \"*.db\"]"))
            #expect(fixture.output.hasPrefix("month-end: added; next run "))
            #expect(fixture.errors.contains("warning: it covers nothing"))
        }
    }

    @Test func editingKeepsWhatIsNotNamed() async throws {
        try await withServer { socket, service in
            let fixture = CommandFixture()
            let edited = await fixture.run(
                "schedules", "edit", "nightly", "--rename", "late", "--deadline", "2h", "--json", "--socket", socket)
            #expect(edited == 0, "\(fixture.errors)")
            #expect(service.noted.contains("change schedule nightly late Mon..Fri 23:00"))
            let status = try WireCoding.decode(ScheduleStatus.self, from: fixture.output.utf8)
            #expect(status.schedule.scope == ["crm/"] && status.schedule.kind == .full)
            #expect(status.schedule.deadlineSeconds == 7200 && status.schedule.source == .admin)
        }
    }

    @Test func showingTellsTheHistoryAndWhy() async throws {
        try await withServer { socket, _ in
            let fixture = CommandFixture()
            #expect(await fixture.run("schedules", "show", "nightly", "--socket", socket) == 0)
            #expect(fixture.output.contains("what: full backup") && fixture.output.contains("disk full"))
            #expect(fixture.output.contains("(clocks change)"))
            #expect(await fixture.run("schedules", "--socket", socket) == 0)
            #expect(fixture.output.contains("nightly  full backup  crm/"))
        }
    }

    @Test func previewsCarryTheNoteOfAShift() async throws {
        try await withServer { socket, service in
            let fixture = CommandFixture()
            let status = await fixture.run(
                "schedules", "preview", "--when", "Sun 02:30", "--zone", "Europe/Berlin", "--count", "3", "--socket",
                socket)
            #expect(status == 0)
            #expect(service.noted.contains("occurrences Sun 02:30 Europe/Berlin 3"))
            #expect(fixture.output.contains("2026-11-22T10:00:00+01:00") && fixture.output.contains("shifted"))
        }
    }

    @Test func verbsReachTheDaemon() async throws {
        try await withServer { socket, service in
            let fixture = CommandFixture()
            for arguments in [
                ["schedules", "enable", "a"], ["schedules", "disable", "b"], ["schedules", "run", "c"],
                ["schedules", "reset", "e"],
                ["schedules", "remove", "d", "--yes"], ["retention", "set", "--keep-days", "9", "--database", "crm"],
                ["prune", "--now", "--yes", "--confirm-clock"], ["prune", "--dry-run"],
                ["databases", "adopt", "crm/new.db", "--from", "crm/app.db", "--yes"],
                ["clients", "disconnect", "--all", "main/crm", "--grace", "5", "--yes"],
                ["clients", "message", "main/crm", "--text", "soon"],
                ["databases", "close", "main/crm", "--grace", "3", "--yes"], ["databases", "open", "main/crm"],
            ] {
                #expect(await fixture.run(arguments + ["--socket", socket]) == 0, "\(arguments) \(fixture.errors)")
            }
            for call in [
                "enable schedule a", "disable schedule b", "run schedule c", "reset schedule e", "remove schedule d",
                "set retention crm 9 reset=false", "prune now=true confirmed=false", "confirm clock",
                "preview [] now=false", "adopt crm/app.db by crm/new.db",
                "disconnect [] all=main/crm after 5", "tell main/crm soon",
                "close [\"main/crm\"] after 3", "open [\"main/crm\"]",
            ] {
                #expect(service.noted.contains(call), "\(call)")
            }
        }
    }

    @Test func whatIsExportedCanBeApplied() async throws {
        try await withServer { socket, service in
            let fixture = CommandFixture()
            #expect(await fixture.run("export", "--socket", socket) == 0)
            let path = "\(NSTemporaryDirectory())/hf-plan-\(UUID().uuidString).toml"
            try fixture.output.write(toFile: path, atomically: false, encoding: .utf8)
            defer { try? FileManager.default.removeItem(atPath: path) }
            #expect(await fixture.run("apply", path, "--dry-run", "--socket", socket) == 0, "\(fixture.errors)")
            #expect(service.noted.contains("apply [\"nightly\"] dry=true"))
            #expect(fixture.output == "schedule nightly added\n" && fixture.errors.contains("crm-full"))
        }
    }

    @Test func aRetentionPreviewNamesTheRule() async throws {
        try await withServer { socket, _ in
            let fixture = CommandFixture()
            #expect(await fixture.run("retention", "preview", "--socket", socket) == 0)
            #expect(fixture.output.contains("released") && fixture.output.contains("keep_days 30 (default)"))
            #expect(fixture.output.contains("2.00 KiB") && fixture.output.contains("held"))
        }
    }
}
