import Catalog
import Engines
package import Model
import Platform
import Policies
import Scheduling
import Settings
import Storage
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

    package func clients(of pattern: String?, for actor: Actor) async throws -> [Wire::DatabaseClient] {
        try await ask { host in
            let records = try host.catalog.databases().filter { $0.state != .unreachable }
            let chosen = try pattern.map { typed in
                Set(try NameSelection.several([typed], among: records.map(\.name)))
            }
            let wanted = try records.filter { chosen?.contains($0.name) ?? true }.compactMap { record in
                host.configuration.server(record.server) == nil ? nil : try host.locate(record)
            }
            return Dictionary(grouping: wanted, by: \.server.name).values.flatMap { databases in
                let listing = databases[0].server.engine.clients(of: databases.map(\.found))
                return databases.flatMap { database in
                    (listing.clients[database.found.path] ?? []).map {
                        Wire::DatabaseClient(
                            database: database.found.name, pid: $0.processID, command: $0.command, user: $0.user,
                            uid: $0.uid, unit: $0.unit)
                    }
                }
            }.sorted { ($0.database, $0.pid) < ($1.database, $1.pid) }
        }
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
        let name = try NameSelection.one(typed, among: names.map(\.name))
        guard let record = names.first(where: { $0.name == name }) else {
            throw Fault(.notFound, "no database is called \(name)")
        }
        return record
    }

    fileprivate func status(version: String) throws -> Status {
        let databases = try described(try catalog.databases())
        var problems = try catalog.servers().filter { !$0.isReachable && configuration.server($0.name) != nil }.map {
            ProblemObject(
                code: .serverUnreachable, message: "server \($0.name) is unreachable: \($0.reason ?? "unknown reason")",
                hint: "nothing of it counts as deleted until it answers")
        }
        var space: RepositorySpace?
        do { space = try self.space() } catch { problems.append(ProblemObject(Fault.wrapping(error))) }
        return Status(
            sentence: sentence(databases, problems), instant: WallClock.now(), version: version, databases: databases,
            repository: space, runs: board.active, problems: problems)
    }

    private func sentence(_ databases: [Database], _ problems: [ProblemObject]) -> String {
        guard !databases.isEmpty else {
            return problems.isEmpty ? "no databases were found" : "no databases were found; \(problems[0].message)"
        }
        let failed = databases.filter { $0.fault != nil }.count
        let overdue = databases.filter(\.overdue).count
        let without = databases.filter { $0.lastBackup == nil }.count
        let noun = databases.count == 1 ? "database" : "databases"
        var complaints: [String] = []
        if failed > 0 { complaints.append("\(failed) with a fault") }
        if overdue > 0 { complaints.append("\(overdue) overdue") }
        if without > 0 { complaints.append("\(without) without a backup") }
        if !problems.isEmpty { complaints.append(problems[0].message) }
        guard complaints.isEmpty else {
            return "\(databases.count) \(noun): \(complaints.joined(separator: ", "))"
        }
        return databases.count == 1 ? "the database is backed up" : "all \(databases.count) databases are backed up"
    }

    /// Records with what else is known now: counts, cooldowns, what works on them, when they are due.
    fileprivate func described(_ records: [DatabaseRecord]) throws -> [Database] {
        let (now, active, cooldown) = (clock, board.active, Cooldown(length: settings.backup.onDemandCooldown))
        let repository = try? repositories.openForReading()
        let ticks = try catalog.lastTicks()
        let rules = Dictionary(tickRules.map { ($0.server, $0) }, uniquingKeysWith: { first, _ in first })
        return try records.map { record in
            var database = Database(
                name: record.name, server: record.server, path: record.path, engine: record.engine,
                state: Wire::DatabaseState(record.state), size: record.size)
            database.backups = repository.map { count($0, record.unit) } ?? 0
            database.lastBackup = record.lastBackup?.instant
            database.lastBackupId = record.lastBackup?.backup
            database.unchangedAsOf = record.unchangedAsOf
            database.lastProven = record.lastProven?.instant
            database.fault = record.fault.map { ProblemObject($0) }
            database.deleted = record.goneSince
            database.graceEnds = record.goneSince.map { $0 + .seconds(settings.retention.deletedDays * 86_400) }
            database.run = active.first { $0.database == record.name }?.id
            database.cooldownEnds = cooldown.remaining(since: try catalog.cooldownStart(of: record.unit), now: now)
                .map { now.wall + $0 }
            if record.state != .gone, let rules = rules[record.server] {
                schedule(&database, record, rules, ticks, now.wall)
            }
            return database
        }
    }

    /// Backups that can be restored; those in soft delete don't count.
    private func count(_ repository: Repository, _ unit: UnitID) -> Int {
        guard let sequences = try? repository.sequences(of: unit) else { return 0 }
        let marks = (try? repository.markStates(of: unit, preservedAtBirth: [])) ?? [:]
        return sequences.count { marks[$0]?.deleted == nil }
    }

    private func schedule(
        _ database: inout Database, _ record: DatabaseRecord, _ rules: ServerRules, _ ticks: [TickKey: Instant],
        _ now: Instant
    ) {
        let zone: ZoneOffset = { LocalZone.offsetSeconds(at: $0) }
        let next = [(BackupKind.progressive, rules.progressive), (.full, rules.full)].compactMap { kind, rule in
            rule.next(after: ticks[TickKey(server: record.server, kind: kind)] ?? now, zone: zone).map {
                (kind, max($0, now))
            }
        }.min { $0.1 < $1.1 }
        database.nextRun = next?.1
        database.nextRunKind = next?.0
        // Two ticks of the most frequent rule may pass, and never less than five minutes.
        guard let period = [rules.progressive.period, rules.full.period].compactMap({ $0 }).min() else { return }
        let known = [record.lastBackup?.instant, record.unchangedAsOf].compactMap { $0 }.max() ?? record.firstSeen
        database.overdue = now - known > max(period + period, .seconds(300))
    }
}
