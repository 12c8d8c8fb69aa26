import Catalog
import Engines
package import Model
import Platform
import Policies
import Settings
import Storage
package import Wire

extension HostService {
    package func requestBackup(_ request: BackupRequest, by actor: Actor) async throws -> BackupReply {
        try await ask { host in try host.requestBackup(request, by: actor) }
    }

    /// Backups of one part of a listing.
    private static let listedAtOnce = 500

    package func backupListing(_ filter: BackupFilter, for actor: Actor) async throws -> BackupListing {
        let cursor = try await ask { host in
            try host.library().cursor(filter, known: try host.catalog.databases().map(\.name))
        }
        return BackupListing {
            let part = try await self.ask { _ in try cursor.next(Self.listedAtOnce) }
            return part.isEmpty ? nil : part
        }
    }

    package func backup(_ id: BackupID, for actor: Actor) async throws -> Backup {
        try await ask { host in try host.library().backup(id) }
    }

    package func preserve(_ id: BackupID, by actor: Actor) async throws -> Backup {
        try await mark(id, .preserved, .backupPreserved, "preserved", by: actor)
    }

    package func release(_ id: BackupID, by actor: Actor) async throws -> Backup {
        try await mark(id, .released, .backupReleased, "released: retention may delete it", by: actor)
    }

    package func delete(_ id: BackupID, by actor: Actor) async throws -> Backup {
        if try await backup(id, for: actor).preserved {
            throw Fault(
                .notPermitted, "backup \(id) is preserved", hint: "run `holdfast backups release \(id)` first")
        }
        let undelete = DurationText.text(host.settings.retention.undelete)
        return try await mark(id, .deleted, .backupDeleted, "deleted; it can be undeleted for \(undelete)", by: actor)
    }

    package func undelete(_ id: BackupID, by actor: Actor) async throws -> Backup {
        try await mark(id, .undeleted, .backupUndeleted, "undeleted", by: actor)
    }

    /// Changes the state of a backup; asked again for the state it has, it changes nothing.
    private func mark(
        _ id: BackupID, _ kind: Mark.Kind, _ code: Code, _ text: String, by actor: Actor
    ) async throws -> Backup {
        try await ask { host in
            let library = try host.library()
            let before = try library.backup(id)
            let isSo =
                switch kind {
                case .preserved: before.preserved
                case .released: !before.preserved
                case .deleted: before.deleted != nil
                default: before.deleted == nil
                }
            guard !isSo else { return before }
            try library.mark(id, Mark(kind: kind, instant: WallClock.now(), actor: actor))
            if kind == .deleted, let record = try host.catalog.database(named: before.database) {
                try host.catalog.forgetChangeToken(of: record.unit)
            }
            try host.catalog.record(
                [
                    MessageDraft(
                        .info, code, "backup \(before.id) of \(before.database) was \(text)",
                        database: before.database, actor: actor)
                ], at: WallClock.now())
            return try library.backup(id)
        }
    }
}

extension Host {
    func library() throws -> BackupLibrary {
        BackupLibrary(try repositories.openForReading(), undelete: settings.retention.undelete)
    }

    /// Records the runs, all in one transaction, and queues them.
    fileprivate func requestBackup(_ request: BackupRequest, by actor: Actor) throws -> BackupReply {
        guard request.all != !request.databases.isEmpty else {
            throw Fault(.wrongUsage, "name the databases to back up, or ask for all of them")
        }
        // Asked here, so that who waits learns at once what no run could mend.
        _ = try repositories.open()
        let located = Dictionary(
            discoverAll().map { ($0.found.name, $0) }, uniquingKeysWith: { first, _ in first })
        let known = try catalog.databases()
        let isAsked = { (record: DatabaseRecord) in !request.all || self.configuration.server(record.server) != nil }
        let records = known.filter(isAsked)
        let names = try namesToBackUp(request, records)
        var skipped = request.all ? unknownServers(besides: records) : []
        var chosen: [LocatedDatabase] = []
        for name in names {
            if inMaintenance(name.server) != nil {
                if names.count == 1 { try refuseInMaintenance(name.server) }
                skipped.append(
                    SkippedDatabase(
                        database: name, code: .inMaintenance, message: "server \(name.server) is in maintenance"))
            } else if let database = located[name] {
                chosen.append(database)
            } else {
                let fault = absence(of: name, records.first { $0.name == name })
                if names.count == 1, skipped.isEmpty { throw fault }
                skipped.append(SkippedDatabase(database: name, code: fault.code, message: fault.message))
            }
        }
        let note = Self.note(ofRemoved: known.filter { !isAsked($0) })
        if chosen.isEmpty, skipped.isEmpty, let note {
            throw Fault(
                .notFound, "nothing is there to back up: \(note)",
                hint: "see that the settings name these servers, with `holdfast config check`")
        }
        var reply = try enqueue(chosen, request, skipped: skipped, by: actor)
        reply.note = note
        return reply
    }

    private static func note(ofRemoved records: [DatabaseRecord]) -> String? {
        guard !records.isEmpty else { return nil }
        let servers = Set(records.map(\.server)).sorted()
        let what = records.count == 1 ? "1 database" : "\(records.count) databases"
        return servers.count == 1
            ? "left out \(what) of server \(servers[0]), which is not in the settings any more"
            : "left out \(what) of servers that are not in the settings any more: \(servers.joined(separator: ", "))"
    }

    private func namesToBackUp(_ request: BackupRequest, _ records: [DatabaseRecord]) throws -> [DatabaseName] {
        if request.all { return records.filter { $0.state != .missing }.map(\.name) }
        do {
            return try NameSelection.several(request.databases, among: records.map(\.name))
        } catch { throw explained(Fault.wrapping(error), typed: request.databases) }
    }

    /// Servers that have never answered: of what they hold nothing can be listed.
    private func unknownServers(besides records: [DatabaseRecord]) -> [SkippedDatabase] {
        let known = Set(records.map(\.server))
        return configuration.servers.map(\.name).filter { !known.contains($0) }.sorted().compactMap { server in
            silence(of: server).map {
                SkippedDatabase(
                    database: DatabaseName(server), code: $0.code,
                    message: $0.message + ($0.hint.map { "; \($0)" } ?? ""))
            }
        }
    }

    private func absence(of name: DatabaseName, _ record: DatabaseRecord?) -> Fault {
        if record?.state == .missing {
            return Fault(
                .notFound, "\(name) is not there any more; its deletion is not confirmed yet",
                hint:
                    "its backups can be restored; if it was moved, run `holdfast databases adopt NEW --from "
                    + "\(name.shellWord)`"
            )
        }
        return silence(of: name.server) ?? record?.fault?.fault
            ?? Fault(.serverUnreachable, "\(name) can't be reached now", hint: "see `holdfast status`")
    }

    private func enqueue(
        _ databases: [LocatedDatabase], _ request: BackupRequest, skipped: [SkippedDatabase], by actor: Actor
    ) throws -> BackupReply {
        let kind: BackupKind = request.full ? .full : .progressive
        var order = BackupOrder(
            kind: kind, origin: .onDemand, actor: actor, comment: request.comment, preserve: request.preserve)
        if case .user(0, _) = actor { order.startsCooldown = request.startsCooldown }
        let results = try catalog.enqueue(
            databases.map {
                RunRequest(
                    .backup, database: $0.found.name, unit: $0.unit, backupKind: kind, origin: .onDemand, actor: actor,
                    comment: request.comment)
            }, at: clock, cooldown: Cooldown(length: settings.backup.onDemandCooldown))
        var reply = BackupReply(runs: [], skipped: skipped)
        for (database, result) in zip(databases, results) {
            switch result {
            case .success(let run):
                startBackup(of: database, run, order)
                reply.runs.append(board.run(String(run.id)) ?? Wire::Run(run))
            case .failure(let fault):
                if databases.count == 1, skipped.isEmpty { throw fault }
                reply.skipped.append(
                    SkippedDatabase(
                        database: database.found.name, code: fault.code, message: fault.message,
                        retryAfterSeconds: fault.context["retry_after_seconds"].flatMap { Int($0) }))
            }
        }
        return reply
    }
}
