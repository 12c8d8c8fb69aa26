import Catalog
import Engines
import Model
import Platform
import Storage
import Wire

extension Host {
    /// Checks a restore of one database of a server that is backed up as one, records its run and queues it.
    /// - Returns: nil when the request means no such database.
    func requestMemberRestore(_ request: RestoreRequest, by actor: Actor) throws -> Wire::Run? {
        let known = try catalog.members().values.joined().map(\.name)
        if request.discardReplaced, !request.inPlace, request.to == nil {
            let units = try catalog.databases(includingGone: true).map(\.name)
            let name = try MemberName.choose(request.database, known: known, units: units)
            if let name { try refuseInMaintenance(name.server) }
            return try name.map { try discardReplaced($0, by: actor, isDryRun: request.dryRun) }
        }
        let library = try library()
        guard let name = try library.member(named: request.database, of: request.backup, known: known) else {
            return nil
        }
        if request.inPlace { try refuseInMaintenance(name.server) }
        let running = try request.inPlace ? hostedServer(of: name).engine : nil
        let restore = try MemberRestore(
            name, request, library: library, running: running, scratch: settings.scratchFolder)
        let target = try request.to.map { try RestoreTarget.new($0, sidecars: { _ in [] }, roots: roots(for: actor)) }
        if let target {
            try requireWritable(target, for: request, of: name, by: actor)
        } else {
            try restore.engine.requirePlace(for: restore.member, endsClients: request.evenIfInUse)
        }
        if request.dryRun { return restore.dryRun(to: target, by: actor, now: WallClock.now()) }
        let results = try catalog.enqueue(
            [
                RunRequest(
                    .restore, database: name, unit: restore.unit.id, actor: actor, target: target?.path ?? name.text,
                    isExclusive: target == nil)
            ], at: clock)
        let run = try results[0].get()
        let text = "restore of \(name) out of \(restore.record.id) \(MemberRestore.place(target))"
        start(
            run, priority: .onDemand, started: [MessageDraft(.info, .restoreStarted, "\(text) started")],
            work: { context in try context.host.restore(restore, to: target, request, context) },
            failed: { RunEnding.failure($0, .restoreFailed, "\(text) failed") })
        return board.run(String(run.id)) ?? Wire::Run(run)
    }

    private func restore(
        _ restore: MemberRestore, to target: RestoreTarget?, _ request: RestoreRequest, _ context: RunContext
    ) throws -> RunEnding {
        context.begin("restoring", total: restore.size)
        var result: RestoreResult
        if let target {
            result = try restore.toFile(
                target, began: { context.begin($0, total: nil) }, step: { try context.advance(by: $0) })
        } else {
            result = try inPlace(restore, endsClients: request.evenIfInUse, context)
            settle(restore, discardsReplaced: request.discardReplaced, &result)
        }
        let shown = result
        let aside = shown.replaced.map { "; the replaced database is kept as \($0)" } ?? ""
        let message = MessageDraft(
            .success, .restoreSucceeded,
            "restored \(restore.name) out of \(restore.record.id) \(MemberRestore.place(target)), \(shown.size)\(aside)"
        )
        return RunEnding(
            outcome: .succeeded(backup: restore.record.id, read: restore.size), messages: [message],
            show: { $0.restored = shown })
    }

    /// What follows a restore in place, which is done whatever happens here.
    private func settle(_ restore: MemberRestore, discardsReplaced: Bool, _ result: inout RestoreResult) {
        do {
            try closeAgain(restore.name)
            if discardsReplaced, let replaced = result.replaced {
                try restore.engine.drop(replaced: replaced)
                result.replaced = nil
            }
            try discover(try hostedServer(of: restore.name))
        } catch { say([MessageDraft(.error, Fault.wrapping(error))]) }
    }

    private func inPlace(_ restore: MemberRestore, endsClients: Bool, _ context: RunContext) throws -> RestoreResult {
        // Of one that was killed; what fails here is told by whoever looks after it once a minute.
        try? dropLoadedMembers()
        var loaded = LoadedMember(database: restore.name, temporary: RestoreNames.temporaryMember())
        let intent = LoadedMember.path(context.run.id, in: settings.intentFolder)
        try loaded.write(to: intent)
        let result: RestoreResult
        do {
            result = try restore.inPlace(
                as: loaded.temporary, endsClients: endsClients, began: { context.begin($0, total: nil) },
                placing: {
                    loaded.isPlacing = true
                    try loaded.write(to: intent)
                }, step: { try context.advance(by: $0) })
        } catch {
            // What can't be dropped now is dropped by the next look after leftovers.
            if (try? restore.engine.drop(loaded: loaded.temporary)) != nil { try? LoadedMember.forget(intent) }
            throw error
        }
        try? LoadedMember.forget(intent)
        return result
    }

    private func discardReplaced(_ name: DatabaseName, by actor: Actor, isDryRun: Bool) throws -> Wire::Run {
        guard let engine = try hostedServer(of: name).engine.members else {
            throw Fault(.wrongUsage, "\(name.server) is backed up database by database", hint: "name one of them")
        }
        let kept = try engine.replaced(by: name.path)
        let now = WallClock.now()
        if !isDryRun, !kept.isEmpty {
            for replaced in kept { try engine.drop(replaced: replaced) }
            say([
                MessageDraft(
                    .info, .replacedDiscarded, "discarded \(kept.count) databases that restores had replaced",
                    database: name, actor: actor)
            ])
        }
        let verb = isDryRun ? "would discard" : "discarded"
        return Wire::Run(
            id: "0", kind: .restore, state: .succeeded, database: name, actor: Principal(actor), created: now,
            started: now, finished: now,
            outcome: kept.isEmpty ? "nothing was kept" : "\(verb) \(kept.joined(separator: ", "))")
    }

    /// A database that an admin has closed stays closed: the restored one is closed, and the replaced one opened.
    private func closeAgain(_ name: DatabaseName) throws {
        let engine = try hostedServer(of: name).engine
        for record in closed.all where record.name == name {
            let plan = try engine.planClosing(name.path)
            // Also that it is a window's, which opens it then.
            var renewed = record
            (renewed.id, renewed.plan) = (.random(), plan)
            try closed.add(renewed)
            try engine.close(plan)
            try engine.reopen(record.plan)
            try closed.remove(record)
        }
    }

    func hostedServer(of name: DatabaseName) throws -> HostedServer {
        if let server = configuration.server(name.server) { return server }
        throw Fault(
            .notFound, "server \(name.server) of \(name) is not in the settings",
            hint: "add it to the settings, or restore the database to a file with --to")
    }
}
