import Catalog
import Engines
import Model
import Platform
import Policies
import Scheduling
import Settings
import Storage
import Wire

extension Host {
    /// Begins with backups, each server on a thread of its own: one that hangs holds up no other.
    func startBackups(
        _ starts: [OccurrenceStart], finished: @escaping @Sendable (OccurrenceID, OccurrenceEnding) -> Void
    ) {
        var byServer: [String: [AttemptTally]] = [:]
        for start in starts {
            let servers = configuration.servers.filter { NameSelection.mayCover(start.schedule.scope, server: $0.name) }
            let tally = AttemptTally(
                start, parts: max(1, servers.count),
                covered: { [self] isCovered in note(start, covers: isCovered) }, finished: finished)
            if servers.isEmpty {
                let scope = start.schedule.scope.joined(separator: ", ")
                tally.end(problem: Fault(.notFound, "no server of the settings is covered by \(scope)"))
            }
            for server in servers { byServer[server.name, default: []].append(tally) }
        }
        for (name, tallies) in byServer {
            Threads.start("backups-\(name)") { [self] in startBackups(tallies, server: name) }
        }
    }

    private func startBackups(_ tallies: [AttemptTally], server name: String) {
        do {
            guard let server = configuration.server(name) else {
                throw Fault(.notFound, "server \(name) is not in the settings any more")
            }
            let located = try discover(server)
            let fault = try catalog.server(name).flatMap { server in
                server.isReachable
                    ? nil
                    : Fault(.serverUnreachable, "server \(name) is unreachable: \(server.reason ?? "unknown reason")")
            }
            if fault != nil { for tally in tallies { tally.cover() } }
            // Those that read everything come first; they stand for progressive ones that are due with them.
            for tally in tallies.sorted(by: { $0.start.schedule.kind == .full && $1.start.schedule.kind != .full }) {
                try enqueue(located, of: server, for: tally)
                tally.end(problem: tally.keepsPace ? nil : fault)
            }
        } catch {
            for tally in tallies {
                tally.cover()
                tally.end(problem: Fault.wrapping(error))
            }
        }
    }

    /// Queues backups of what a schedule covers; a progressive one only of what has changed.
    private func enqueue(_ located: [LocatedDatabase], of server: HostedServer, for tally: AttemptTally) throws {
        let (schedule, occurrence) = (tally.start.schedule, tally.start.occurrence)
        var covered = located.filter { NameSelection.covers(schedule.scope, $0.found.name) }
        if try !covered.isEmpty || isKnown(on: server.name, schedule) { tally.cover() }
        if occurrence.attempt > 1 || occurrence.interruptions > 0 {
            let done = try doneUnits(of: occurrence.id)
            covered.removeAll { done.contains($0.unit) }
        }
        let kind = schedule.kind ?? .progressive
        let wanted =
            kind == .full
            ? covered : try changedSince(covered, server: server.name, among: located.count, now: WallClock.now())
        let runs = try catalog.enqueue(
            wanted.map { database in
                RunRequest(
                    .backup, database: database.found.name, unit: database.unit, backupKind: kind, origin: .scheduled,
                    schedule: schedule.name, occurrence: occurrence.id)
            }, at: clock)
        let order = BackupOrder(kind: kind, origin: .scheduled, actor: .daemon, schedule: schedule.name)
        for (database, run) in zip(wanted, runs) {
            guard case .success(let run) = run else { continue }
            if tally.keepsPace {
                startBackup(of: database, run, order)
            } else {
                tally.add(run.id)
                startBackup(of: database, run, order, ended: ending(tally, of: run.id))
            }
        }
    }

    /// Whether the server has, or had before it failed, a database that is covered, readable or not.
    private func isKnown(on server: String, _ schedule: Schedule) throws -> Bool {
        try catalog.databases(server: server).contains { NameSelection.covers(schedule.scope, $0.name) }
    }

    /// Units that an earlier attempt of the same occurrence has backed up.
    private func doneUnits(of occurrence: OccurrenceID) throws -> Set<UnitID> {
        let runs = try catalog.runs(RunQuery(states: [.succeeded], occurrence: occurrence, limit: .max))
        return Set(runs.compactMap(\.request.unit))
    }

    /// Leaves out what is as in its newest backup, and notes that it is. What waits or works already is left alone, so
    /// that one large database holds up no other.
    ///
    /// - Parameter all: how many databases the server has: only a look at all of them counts as one of the server.
    private func changedSince(
        _ databases: [LocatedDatabase], server: String, among all: Int, now: Instant
    ) throws -> [LocatedDatabase] {
        let records = Dictionary(
            try catalog.databases(server: server).map { ($0.unit, $0) }, uniquingKeysWith: { first, _ in first })
        var unchanged: Set<UnitID> = []
        // One that can't be opened fails the runs, each with its reason.
        let repository = try? repositories.open()
        let changed = databases.filter { database in
            if queue.isWaitingOrWorking(onUnit: database.unit.description) { return false }
            guard let record = records[database.unit], let last = record.lastBackup, let token = record.changeToken,
                (try? repository?.sequences(of: database.unit).last) == last.backup.sequence,
                database.server.engine.changes(of: database.found, since: token) == .unchanged
            else { return true }
            unchanged.insert(database.unit)
            return false
        }
        if databases.count == all {
            try catalog.noteUnchanged(unchanged, server: server, at: now)
        } else {
            try catalog.noteUnchanged(some: unchanged, at: now)
        }
        return changed
    }
}

extension AttemptTally {
    /// Whether each database keeps its own pace: a progressive backup every few minutes is over once what has changed is
    /// queued. A run that fails, or is still at work, is made up by the next one.
    fileprivate var keepsPace: Bool {
        start.schedule.kind != .full && start.schedule.when.hasPrefix("every ")
    }
}
