package import Model
package import Wire

/// Values of the wire types, always the same.
package enum Samples {
    package static let instant = Instant(seconds: 1_795_341_600)
    package static let name = DatabaseName("crm/app.db")
    package static let unit = Identifier(bytes: (0..<16).map { UInt8($0) })
    package static let backupID = BackupID(unit: unit, sequence: 42)
    package static let root = Principal(name: "root", uid: 0)

    package static var database: Database {
        var database = Database(
            name: name, server: "crm", path: "/srv/crm/app.db", engine: "sqlite", state: .present,
            size: ByteCount(4096))
        database.backups = 42
        database.lastBackup = instant
        database.lastBackupId = backupID
        database.nextRun = instant + .seconds(300)
        database.nextRunKind = .progressive
        return database
    }

    package static var backup: Backup {
        Backup(
            id: backupID, database: name, instant: instant, kind: .progressive, origin: .onDemand, actor: root,
            comment: "before the upgrade", size: ByteCount(1 << 20), storedBytes: ByteCount(8192), pages: 256,
            pagesStored: 2, verified: Proof(level: .pages, instant: instant))
    }

    package static func run(_ id: String = "run-1", _ state: RunState = .running) -> Run {
        var run = Run(
            id: id, kind: .backup, state: state, database: name, actor: root, origin: .onDemand, backupKind: .full,
            created: instant, started: instant)
        run.progress = Progress(
            phase: "reading", done: ByteCount(50), total: ByteCount(100), bytesPerSecond: 10, remainingSeconds: 5)
        if state == .succeeded { run.backup = backupID }
        return run
    }

    package static func message(_ number: Int64) -> Message {
        Message(
            id: MessageID(number), instant: instant, severity: .success, code: .backupSucceeded, database: name,
            run: "run-1", actor: root, text: "backed up crm/app.db")
    }

    package static var schedule: ScheduleStatus {
        ScheduleStatus(
            schedule: Schedule(name: "nightly", action: .backup, when: "Mon..Fri 23:00", scope: ["crm/"], kind: .full),
            zone: "Europe/Berlin", next: instant, nextNote: "clocks change", databases: 1,
            last: OccurrenceRecord(id: "7", planned: instant, claimed: instant, state: .failed, reason: "disk full"),
            history: [
                OccurrenceRecord(id: "7", planned: instant, claimed: instant, state: .failed, reason: "disk full")
            ])
    }

    package static var maintenance: MaintenanceStatus {
        var daily = MaintenanceRule.daily
        daily.enabled = false
        let step = WindowStepRecord(
            step: "backup", latestEnd: instant + .seconds(60), began: instant, ended: instant + .seconds(9),
            outcome: .done)
        return MaintenanceStatus(
            server: "main", zone: "Europe/Berlin", weekly: .weekly, daily: daily,
            next: [
                PlannedWindow(
                    kind: .weekly, start: instant, latestStart: instant + .seconds(3600), end: instant + .seconds(7200),
                    zone: "Europe/Berlin",
                    local: .init(
                        start: "2026-11-22T02:00:00+01:00", latestStart: "2026-11-22T03:00:00+01:00",
                        end: "2026-11-22T04:00:00+01:00"))
            ],
            history: [
                WindowRecord(
                    id: "3", kind: .weekly, start: instant, end: instant + .seconds(7200), began: instant,
                    ended: instant + .seconds(90), flawless: true, text: "weekly maintenance is over", steps: [step])
            ])
    }

    package static var space: RepositorySpace {
        RepositorySpace(
            path: "/var/lib/holdfast/repository", id: unit, used: ByteCount(1000), free: ByteCount(1 << 30),
            total: ByteCount(2 << 30), backups: 42, sameDiskAsSource: [name])
    }

    package static var status: Status {
        Status(
            sentence: "1 database is backed up", instant: instant, version: "0.1", databases: [database],
            repository: space, runs: [run()])
    }
}
