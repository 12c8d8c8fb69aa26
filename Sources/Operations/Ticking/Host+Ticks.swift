import Catalog
import Engines
import Foundation
import Model
import Platform
import Policies
package import Scheduling
import Settings

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

    /// Backs up what has changed, or everything for a full; returns when all of it has ended.
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
        let group = DispatchGroup()
        for (database, run) in zip(changed, runs) {
            // A backup of the same unit that is under way already stands for this one.
            guard case .success(let run) = run else { continue }
            group.enter()
            startBackup(of: database, run, BackupOrder(kind: action.kind, origin: .scheduled, actor: .daemon)) {
                group.leave()
            }
        }
        group.wait()
    }

    /// Leaves out what is as in its newest backup, and notes that it is.
    private func changedSince(
        _ databases: [LocatedDatabase], server: String, now: Instant
    ) throws -> [LocatedDatabase] {
        let records = Dictionary(
            try catalog.databases(server: server).map { ($0.unit, $0) }, uniquingKeysWith: { first, _ in first })
        var unchanged: Set<UnitID> = []
        let changed = databases.filter { database in
            guard let record = records[database.unit], record.lastBackup != nil, let token = record.changeToken,
                database.server.engine.changes(of: database.found, since: token) == .unchanged
            else { return true }
            unchanged.insert(database.unit)
            return false
        }
        try catalog.noteUnchanged(unchanged, server: server, at: now)
        return changed
    }
}
