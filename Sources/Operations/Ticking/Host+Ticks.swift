import Catalog
import Engines
import Model
import Platform
import Policies
package import Scheduling
import Settings
import Storage

extension Host: ScheduledWork {
    package func run(due actions: [DueAction], finished: @escaping @Sendable (DueAction) -> Void) {
        for action in actions {
            Threads.start("tick-\(action.server)") { [self] in
                defer { finished(action) }
                do {
                    guard try !catalog.claimTicks([action.key: action.mark]).isEmpty,
                        let server = configuration.server(action.server)
                    else { return }
                    try tick(server, action)
                } catch {
                    say([MessageDraft(.error, Fault.wrapping(error))])
                }
            }
        }
    }

    /// The rules of the servers in the settings.
    package var tickRules: [ServerRules] {
        configuration.servers.map { server in
            ServerRules(
                server: server.name,
                progressive: server.settings.progressive.map { .every($0) } ?? .off,
                full: server.settings.full.map {
                    .daily(hour: $0.hour, minute: $0.minute, second: $0.second)
                } ?? .off)
        }
    }

    /// Queues backups of what has changed, or of everything for a full. What waits or works already is left alone by a
    /// progressive tick, so that one large database holds up no other.
    private func tick(_ server: HostedServer, _ action: DueAction) throws {
        let now = WallClock.now()
        let located = try discover(server)
        let changed = action.kind == .full ? located : try changedSince(located, server: server.name, now: now)
        let requests = changed.map { database in
            RunRequest(
                .backup, database: database.found.name, unit: database.unit, backupKind: action.kind,
                origin: .scheduled)
        }
        let runs = try catalog.enqueue(requests, at: clock)
        for (database, run) in zip(changed, runs) {
            // A backup of the same unit that is under way already stands for this one.
            guard case .success(let run) = run else { continue }
            startBackup(of: database, run, BackupOrder(kind: action.kind, origin: .scheduled, actor: .daemon))
        }
    }

    /// Leaves out what is as in its newest backup, and notes that it is.
    private func changedSince(
        _ databases: [LocatedDatabase], server: String, now: Instant
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
        try catalog.noteUnchanged(unchanged, server: server, at: now)
        return changed
    }
}
