import Catalog
import Model
import Platform
import Scheduling
import Storage
import Wire

// What schedules do besides backing up. Each begins its runs and returns; the tally hears of their ends.
extension Host {
    /// The newest backup of each database that is covered, and at level `stored` every backup of it.
    func beginVerify(_ tally: AttemptTally) throws {
        let (schedule, level) = (tally.start.schedule, tally.start.schedule.level ?? .pages)
        let records = try covered(by: schedule).filter { $0.lastBackup != nil }
        guard !records.isEmpty else { return }
        let request =
            level == .stored
            ? VerifyRequest(databases: records.map(\.name.text), level: level)
            : VerifyRequest(backups: try newestBackups(of: records), level: level)
        try tally.add {
            try requestVerify(
                request, by: tally.start.occurrence.actor, schedule: schedule.name,
                occurrence: tally.start.occurrence.id,
                ended: ending(tally))
        }
    }

    func beginPrune(_ tally: AttemptTally) throws {
        let schedule = tally.start.schedule
        var request = PruneRequest()
        if !schedule.scope.isEmpty {
            request.databases = try catalog.databases(includingGone: true).map(\.name).filter {
                NameSelection.covers(schedule.scope, $0)
            }.map(\.text)
            guard !request.databases.isEmpty else { return }
        }
        try tally.add {
            try requestPrune(
                request, by: tally.start.occurrence.actor, schedule: schedule.name,
                occurrence: tally.start.occurrence.id,
                ended: ending(tally))
        }
    }

    /// The newest backup of each database that is covered.
    func beginDrill(_ tally: AttemptTally) throws {
        let schedule = tally.start.schedule
        let names = try covered(by: schedule).filter { $0.lastBackup != nil }.map(\.name.text)
        guard !names.isEmpty else { return }
        _ = try requestDrill(
            DrillRequest(databases: names), by: tally.start.occurrence.actor, origin: .scheduled,
            schedule: schedule.name,
            occurrence: tally.start.occurrence.id, began: { for run in $0 { tally.add(run) } }, ended: ending(tally))
    }

    func beginMessage(_ tally: AttemptTally) throws {
        let schedule = tally.start.schedule
        try tally.add {
            try sayScheduled(
                schedule.severity ?? .info, schedule.text ?? "", schedule: schedule.name,
                occurrence: tally.start.occurrence.id, by: tally.start.occurrence.actor, ended: ending(tally))
        }
    }

    func beginCommand(_ tally: AttemptTally) throws {
        let schedule = tally.start.schedule
        try tally.add {
            try runCommand(
                schedule.command, schedule: schedule.name, occurrence: tally.start.occurrence.id,
                timeout: .seconds(schedule.timeoutSeconds ?? 3600), by: tally.start.occurrence.actor,
                ended: ending(tally))
        }
    }

    /// Those that are there still: the newest may have been deleted by hand.
    private func newestBackups(of records: [DatabaseRecord]) throws -> [BackupID] {
        let library = try library()
        return records.compactMap { record in
            (try? library.choose(record.name.text, nil, at: nil))?.1.id
        }
    }

    /// To be called with each run of the attempt that has ended.
    func ending(_ tally: AttemptTally) -> @Sendable (RunID) -> Void {
        { [self] run in
            // The board forgets what ended long ago.
            let ended = board.run(String(run)) ?? ((try? catalog.run(run)) ?? nil).map { Wire::Run($0) }
            tally.end(ended, isStopping: queue.hasStopped)
        }
    }
}
