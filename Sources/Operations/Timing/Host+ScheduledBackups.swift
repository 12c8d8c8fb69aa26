import Catalog
import Engines
import Model
import Platform
import Policies
import Scheduling
import Settings
import Storage
import Synchronization
import Wire

extension Host {
    /// How long an attempt waits for a server that doesn't answer; then it ends without it.
    private static let longestSilence = Duration.seconds(300)

    /// Begins with backups, each server on a thread of its own: one that hangs holds up no other.
    func startBackups(
        _ starts: [OccurrenceStart], finished: @escaping @Sendable (OccurrenceID, OccurrenceEnding) -> Void
    ) {
        var byServer: [String: [AttemptTally]] = [:]
        for start in starts {
            let servers = configuration.servers.filter { NameSelection.mayCover(start.schedule.scope, server: $0.name) }
            let tally = AttemptTally(start, parts: max(1, servers.count), finished: finished)
            if servers.isEmpty { tally.end(skip: OccurrenceEnding.coversNothing) }
            for server in servers { byServer[server.name, default: []].append(tally) }
        }
        let now = BootClock.now()
        for (name, tallies) in byServer {
            tending.state.withLock { state in
                state.asked += tallies.map { (tally: $0, server: name, since: now) }
            }
            Threads.start("backups-\(name)") { [self] in startBackups(tallies, server: name) }
        }
    }

    /// Ends the parts of attempts whose server has been silent for too long; what it answers later is not theirs any more.
    func giveUpWaiting() throws {
        let now = BootClock.now()
        let late = tending.state.withLock { state in
            let late = state.asked.filter { now - $0.since > Self.longestSilence }
            state.asked.removeAll { entry in
                entry.tally.hasEnded(server: entry.server) || now - entry.since > Self.longestSilence
            }
            return late
        }
        for entry in late {
            entry.tally.endSilent(server: entry.server, Self.hanging(entry.server))
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
            // Those that read everything come first; they stand for progressive ones that are due with them.
            for tally in tallies.sorted(by: { $0.start.schedule.kind == .full && $1.start.schedule.kind != .full })
            where !tally.hasEnded(server: name) {
                let covered = try enqueue(located, of: server, for: tally)
                if let fault {
                    tally.endSilent(server: name, fault)
                } else {
                    tally.end(server: name, skip: covered == 0 ? OccurrenceEnding.coversNothing : nil)
                }
            }
        } catch {
            for tally in tallies { tally.endSilent(server: name, Fault.wrapping(error)) }
        }
    }

    /// Queues backups of what a schedule covers; a progressive one only of what has changed.
    ///
    /// - Returns: how many databases it covers.
    private func enqueue(_ located: [LocatedDatabase], of server: HostedServer, for tally: AttemptTally) throws -> Int {
        let (schedule, occurrence) = (tally.start.schedule, tally.start.occurrence)
        var covered = located.filter { NameSelection.covers(schedule.scope, $0.found.name) }
        // Also those that can't be read now are covered.
        let count =
            try covered.isEmpty
            ? catalog.databases(server: server.name).count { NameSelection.covers(schedule.scope, $0.name) }
            : covered.count
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
                    actor: occurrence.actor, schedule: schedule.name, occurrence: occurrence.id)
            }, at: clock)
        let order = BackupOrder(kind: kind, origin: .scheduled, actor: occurrence.actor, schedule: schedule.name)
        let priority = occurrence.priority
        for (database, run) in zip(wanted, runs) {
            guard case .success(let run) = run else { continue }
            if tally.keepsPace {
                tally.note(run.id)
                startBackup(of: database, run, order, priority: priority)
            } else {
                tally.add(run.id)
                let ending = ending(tally)
                startBackup(of: database, run, order, priority: priority) { ending(run.id) }
            }
        }
        return count
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
        let busy = queue.units
        let changed = databases.filter { database in
            if busy.contains(database.unit.description) { return false }
            guard let record = records[database.unit], let last = record.lastBackup, let token = record.changeToken,
                let repository, isSound(last.backup, of: BackupUnit(database.unit, in: repository)),
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

    /// Whether a backup is the newest and no damage to it is known: only then it stands for what is unchanged since.
    private func isSound(_ backup: BackupID, of unit: BackupUnit) -> Bool {
        let newest = try? unit.repository.lastSequence(of: unit.id)
        return newest == backup.sequence && (try? damage.isDamaged(backup.sequence, of: unit)) == false
    }
}

extension AttemptTally {
    /// Whether each database keeps its own pace: a progressive backup every few minutes is over once what has changed is
    /// queued. A run that fails, or is still at work, is made up by the next one.
    var keepsPace: Bool {
        let schedule = start.schedule
        guard schedule.kind != .full, schedule.attempts == 1, schedule.when.hasPrefix("every "),
            let period = DurationText.duration(String(schedule.when.dropFirst(6)))
        else { return false }
        return period <= .seconds(99 * 60)
    }

    /// The part of a server that can't be asked: a failure, or for one that is asked every few minutes a skip.
    func endSilent(server: String, _ fault: Fault) {
        if keepsPace { end(server: server, skip: fault.message) } else { end(server: server, problem: fault) }
    }
}

extension ClaimedOccurrence {
    /// What somebody asked for comes first.
    var priority: QueueMachine.Priority { origin == .onDemand ? .onDemand : .scheduled }
}
