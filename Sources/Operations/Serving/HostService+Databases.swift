import Catalog
import Engines
package import Model
import Platform
import Policies
import Scheduling
import Settings
import Storage
import Synchronization
package import Wire

extension HostService {
    package func databases(deleted: Bool, for actor: Actor) async throws -> [Database] {
        try await ask { host in
            let records = try host.catalog.databases(includingGone: true)
            return try host.described(records.filter { ($0.state == .gone) == deleted })
        }
    }

    package func database(_ name: String, for actor: Actor) async throws -> Database {
        try await ask { host in try host.described([try host.record(named: name)])[0] }
    }

    package func status(for actor: Actor) async throws -> Status {
        let version = version
        return try await ask { host in try host.status(version: version) }
    }
}

extension Host {
    /// The database that somebody means; one that exists is preferred to one that is gone.
    /// - Throws: `not-found`, `ambiguous-name`.
    func record(named typed: String) throws -> DatabaseRecord {
        let all = try catalog.databases(includingGone: true)
        let present = all.filter { $0.state != .gone }
        let names = present.contains { $0.name.matches(typed) } ? present : all
        let name: DatabaseName
        do { name = try NameSelection.one(typed, among: names.map(\.name)) } catch {
            throw explained(error, typed: [typed])
        }
        guard let record = names.first(where: { $0.name == name }) else {
            throw Fault(.notFound, "no database is called \(name)")
        }
        return record
    }

    fileprivate func status(version: String) throws -> Status {
        let databases = try described(try catalog.databases())
        var problems = try catalog.servers().filter { !$0.isReachable && configuration.server($0.name) != nil }.map {
            ProblemObject(silence($0))
        }
        var (space, repositoryFault): (RepositorySpace?, ProblemObject?)
        do {
            space = try self.space()
            problems += readOnlyProblem
        } catch {
            let fault = ProblemObject(Fault.wrapping(error))
            problems.append(fault)
            repositoryFault = fault
        }
        problems += settingsProblem
        if let fault = tending.state.withLock({ $0.ledgerFault }) { problems.append(ProblemObject(fault)) }
        problems += closedProblems + leftoverProblems + maintenanceProblems + twinProblems + following.problems
        if let loss = try catalogLoss() { problems.append(ProblemObject(loss)) }
        if let doubt = clockDoubt() { problems.append(ProblemObject(doubt)) }
        let next = nextRun()
        let unacknowledged = try catalog.unacknowledged().errors
        let sentence = StatusSentence(
            databases: databases, problems: problems, next: next, unacknowledged: unacknowledged,
            backupsAreCounted: space != nil, repositoryFault: repositoryFault?.message,
            time: { instant in
                let local = instant.rfc3339(offsetSeconds: LocalZone.offsetSeconds(at: instant))
                return String(local.prefix(16)).replacing("T", with: " ")
            })
        return Status(
            sentence: sentence.text, instant: WallClock.now(), version: version, databases: databases,
            repository: space, runs: activeRuns(), windows: statusWindows(), problems: problems, next: next,
            unacknowledged: unacknowledged)
    }

    /// A repository that can be read and not written: what is in it can be restored, and nothing comes to it.
    private var readOnlyProblem: [ProblemObject] {
        guard var fault = repositories.fault(), fault.code == .repositoryReadOnly else { return [] }
        fault.message = "the repository is read-only, no backup can be made: \(fault.message)"
        return [ProblemObject(fault)]
    }

    /// New settings that were not put in force, until good ones are.
    private var settingsProblem: [ProblemObject] {
        guard var fault = refusedSettings.withLock({ $0 }) else { return [] }
        fault.message = "the settings on disk are bad, and those from before stay in force: \(fault.message)"
        fault.hint = fault.hint ?? "correct them, then run `systemctl reload holdfastd`"
        return [ProblemObject(fault)]
    }

    /// The next backup, or what comes next where none is scheduled.
    private func nextRun() -> NextRun? {
        let statuses = timing.status().filter { $0.open == nil }
        let backups = statuses.filter { $0.schedule.action == .backup && $0.next != nil }
        return (backups.isEmpty ? statuses : backups).compactMap { status in
            status.next.map { NextRun(schedule: status.schedule.name, instant: $0) }
        }.min { $0.instant < $1.instant }
    }

    /// Runs at work and runs that wait, these with their place in the queue.
    private func activeRuns() -> [Wire::Run] {
        let places = Dictionary(
            zip(queue.waiting, 1...).map { ($0, $1) }, uniquingKeysWith: { first, _ in first })
        return board.active.map { run in
            var run = run
            run.place = places[run.id]
            return run
        }.sorted { ($0.place ?? 0) < ($1.place ?? 0) }
    }

    /// Records with what else is known now: counts, cooldowns, what works on them, when they are due.
    fileprivate func described(_ records: [DatabaseRecord]) throws -> [Database] {
        let (now, active, cooldown) = (clock, board.active, Cooldown(length: settings.backup.onDemandCooldown))
        let repository = try? repositories.openForReading()
        let schedules = BackupSchedules(timing.status())
        let overdue = overdueSince()
        let book = try ruleBook()
        let members = try catalog.members()
        let shut = Set(closed.all.map(\.name))
        let failed = try catalog.failedProofs()
        return try records.map { record in
            var database = Database(
                name: record.name, server: record.server, path: record.path, engine: record.engine,
                state: Wire::DatabaseState(record.state), size: record.size)
            if let repository {
                let (backups, isNewestDeleted) = count(repository, record.unit)
                database.backups = backups
                let doubt = doubt(about: record, in: repository, failed, isNewestDeleted: isNewestDeleted)
                database.doubt = doubt.map { ProblemObject($0) }
            }
            database.lastBackup = record.lastBackup?.instant
            database.lastBackupId = record.lastBackup?.backup
            database.unchangedAsOf = record.unchangedAsOf
            database.lastProven = record.lastProven?.instant
            database.fault = record.fault.map { ProblemObject($0) }
            if record.state == .unreachable, configuration.server(record.server) == nil {
                (database.state, database.fault) = (.removed, nil)
            }
            database.members = (members[record.unit] ?? []).map {
                // What we keep closed, over a look that was taken before.
                Wire::DatabaseMember(
                    name: $0.name, size: $0.size, state: shut.contains($0.name) ? "closed" : $0.state)
            }
            database.log = record.state == .gone ? nil : following[record.server].map { LogState($0.now) }
            database.deleted = record.goneSince
            database.graceEnds = graceEnd(record, book)
            database.run = active.first { $0.database == record.name }?.id
            database.cooldownEnds = cooldown.remaining(since: try catalog.cooldownStart(of: record.unit), now: now)
                .map { now.wall + $0 }
            if record.state != .gone, let next = schedules.next(of: record.name) {
                database.nextRun = next.instant
                database.nextRunKind = next.kind
                database.nextRunSchedule = next.schedule
            }
            database.overdueSince = overdue[record.unit]
            database.overdue = database.overdueSince != nil
            return database
        }
    }

    /// Backups that can be restored; those in soft delete don't count.
    private func count(_ repository: Repository, _ unit: UnitID) -> (backups: Int, isNewestDeleted: Bool) {
        guard let sequences = try? repository.sequences(of: unit) else { return (0, false) }
        guard let deleted = try? repository.markBook(of: unit).deleted, !deleted.isEmpty else {
            return (sequences.count, false)
        }
        return (sequences.count { !deleted.contains($0) }, sequences.last.map(deleted.contains) ?? false)
    }
}
