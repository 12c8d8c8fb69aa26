import Foundation
import Glibc
import Model
import Platform
import Testing
import Wire

/// Maintenance windows of SQLite databases, whose clients are processes.
@Suite(.realDaemon, .enabled(if: geteuid() == 0, "programs that a window runs belong to root"))
struct MaintenanceTests {
    /// Stands in for systemctl: notes what it is told, and has the "unit" end when it is stopped. Below the home folder,
    /// because the way to `/tmp` is open to everybody.
    private final class Systemctl {
        let folder: String
        var program: String { "\(folder)/systemctl" }

        init(ending pid: String) throws {
            let home = getenv("HOME").map { String(cString: $0) } ?? "/root"
            folder = "\(Files.realPath(home) ?? home)/.holdfast-units-\(Identifier.random())"
            try Files.makeDirectory(folder, mode: 0o755)
            let script = """
                #!/bin/sh
                echo "$*" >> \(folder)/calls
                [ "$1" != stop ] || kill "$(cat \(pid))"
                """
            try Files.writeDurably(Array(script.utf8), to: program, mode: 0o755)
        }

        deinit { try? Files.removeTree(folder) }

        var calls: [String] {
            get throws {
                try String(contentsOfFile: "\(folder)/calls", encoding: .utf8).split(separator: "\n").map(String.init)
            }
        }
    }

    @Test func unitsAreStoppedHeldDatabasesLeftOutAndFreeOnesPutInOrder() async throws {
        let pid = "/tmp/holdfast-unit-\(Identifier.random())"
        defer { unlink(pid) }
        let units = try Systemctl(ending: pid)
        var options = PrivateDaemon.Options()
        options.servers = [:]
        let daemon = try PrivateDaemon(options)
        try append(
            """
            [maintenance]
            systemctl = "\(units.program)"
            [servers.own]
            folders = ["\(daemon.databases)"]
            units = ["crm.service"]

            """, to: daemon.settings)
        try await daemon.makeRepository()
        let names = ["free.db", "held.db", "unit.db"]
        for name in names { _ = try await daemon.ledger(name).create(name == "free.db" ? .wal : .delete) }
        let ofUnit = try holder(of: "unit.db", daemon)
        try "\(ofUnit.pid)".write(toFile: pid, atomically: true, encoding: .utf8)
        let other = try holder(of: "held.db", daemon)
        try await daemon.start()
        try await daemon.succeed(
            "maintenance", "set", "own", "weekly", "--length", "15m", "--countdown", "0s", "--tasks",
            "engine-check=1m,optimise=1m")
        let before = portrait(daemon)
        try await daemon.succeed("maintenance", "run", "own", "--yes")
        #expect(
            try units.calls == [
                "is-active --quiet -- crm.service", "stop -- crm.service", "start -- crm.service",
            ])
        #expect(!ofUnit.isAtWork && other.isAtWork)
        let status = try await daemon.read(MaintenanceStatus.self, "maintenance", "show", "own")
        #expect(status.history.first?.flawless == true, "\(status.history)")
        let skipped = try await daemon.messages().filter { $0.code == .maintenanceSkipped }
        #expect(skipped.map { $0.database?.text } == ["own/held.db"])
        #expect(skipped.first?.text.contains("pid \(other.pid)") == true, "\(skipped)")
        for name in names {
            let isInOrder = try content("\(daemon.databases)/\(name)").range(of: Data("sqlite_stat1".utf8)) != nil
            #expect(isInOrder == (name != "held.db"), "\(name)")
            #expect(try await daemon.ledger(name).check() >= 0)
        }
        #expect(portrait(daemon) == before, "a window left files behind, or changed whose they are")
        let origins = try await daemon.backups().map(\.origin)
        #expect(origins == [.maintenance, .maintenance, .maintenance])
    }

    @Test func windowsAreOffByDefaultAndGoIntoAPlanAndBack() async throws {
        let (daemon, _) = try await PrivateDaemon.withLedger()
        let fresh = try await daemon.read(MaintenanceStatus.self, "maintenance", "show", "own")
        #expect(!fresh.weekly.enabled && !fresh.daily.enabled && fresh.next.isEmpty)
        #expect(try await daemon.holdfast("status").text.contains("maintenance: off"))
        try await daemon.succeed("maintenance", "set", "own", "weekly", "--when", "Sat 22:00", "--tasks", "prune=5m!")
        try await daemon.succeed("maintenance", "enable", "own", "weekly")
        let planned = try await daemon.read(Listing<PlannedWindow>.self, "maintenance", "preview", "own").items
        #expect(planned.count == 10 && planned.allSatisfy { $0.kind == .weekly })
        #expect(try await daemon.read(Status.self, "status").windows.map(\.name) == ["own weekly"])
        let plan = try await daemon.succeed("export")
        #expect(plan.contains("[maintenance.\"own\".weekly]\nwhen = \"Sat 22:00\""))
        let file = daemon.folder.fresh("plan.toml")
        try plan.replacing("Sat 22:00", with: "Fri 21:00").write(toFile: file, atomically: true, encoding: .utf8)
        #expect(try await daemon.succeed("apply", file) == "weekly maintenance of own: changed\n")
        let changed = try await daemon.read(MaintenanceStatus.self, "maintenance", "show", "own")
        #expect(changed.weekly.when == "Fri 21:00" && changed.weekly.enabled)
        let soon = String((WallClock.now() + .seconds(1800)).rfc3339().dropFirst(11).prefix(5))
        try await daemon.succeed(
            "maintenance", "set", "own", "weekly", "--when", "*-*-* \(soon)", "--zone", "UTC", "--announce", "1h,10m")
        try await daemon.succeed("maintenance", "disable", "own")
        let told = try await daemon.messages().map(\.code)
        #expect(told.contains(.maintenanceAnnounced) && told.last == .maintenanceWithdrawn)
        expectRefusal(
            try await daemon.holdfast("maintenance", "set", "own", "daily", "--length", "1m"), 2, .wrongUsage)
        expectRefusal(
            try await daemon.holdfast("maintenance", "set", "own", "daily", "--when", "never"), 2, .badSchedule)
        expectRefusal(try await daemon.holdfast("maintenance", "show", "nobody"), 16, .notFound)
    }

    /// A process that has a database open, and does nothing with it.
    private func holder(of name: String, _ daemon: PrivateDaemon) throws -> Child {
        try Child(
            "/bin/sh", ["-c", "exec 3< \"$0\"; exec sleep 1000", "\(daemon.databases)/\(name)"],
            output: daemon.folder.fresh("holder"))
    }

    private func append(_ text: String, to path: String) throws {
        let before = try String(contentsOfFile: path, encoding: .utf8)
        try (before + text).write(toFile: path, atomically: true, encoding: .utf8)
    }

    /// Names, modes and owners.
    private func portrait(_ daemon: PrivateDaemon) -> [String: String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: daemon.databases)) ?? []
        return Dictionary(
            names.map { name in
                var found = stat()
                _ = lstat("\(daemon.databases)/\(name)", &found)
                return (name, "\(found.st_mode) \(found.st_uid):\(found.st_gid)")
            }
        ) { first, _ in first }
    }
}
