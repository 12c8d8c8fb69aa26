import Catalog
import Engines
import Foundation
import Model
import Petitions
import Platform
import Settings
import Storage
import Wire

extension Host {
    /// Checks a restore, records its run and queues it.
    func requestRestore(_ request: RestoreRequest, by actor: Actor) throws -> Wire::Run {
        if let run = try requestMemberRestore(request, by: actor) { return run }
        if request.discardReplaced, !request.inPlace, request.to == nil {
            return try discardReplaced(request.database, by: actor, isDryRun: request.dryRun)
        }
        let plan = try RestorePlan(
            request, library: try library(), roots: roots(for: actor),
            rootPort: settings.helper.map { RootPort($0) }, place: presentPath)
        if plan.isInPlace { try refuseInMaintenance(plan.name.server) }
        try plan.refuseClients(request)
        try requireWritable(
            plan.target, for: request, of: plan.name, by: actor,
            isDirect: !plan.isInPlace || plan.target.path.isSame(as: plan.record.draft.sourcePath))
        if request.dryRun { return plan.dryRun(by: actor, now: WallClock.now()) }
        let results = try catalog.enqueue(
            [
                RunRequest(
                    .restore, database: plan.name, unit: plan.unit.id, actor: actor, target: plan.target.path,
                    isExclusive: plan.isInPlace)
            ], at: clock)
        let run = try results[0].get()
        let text = "restore of \(plan.record.id) of \(plan.name) to \(plan.target.path)"
        start(
            run, priority: .onDemand, started: [MessageDraft(.info, .restoreStarted, "\(text) started")],
            work: { context in try context.host.restore(plan, request, context) },
            failed: { RunEnding.failure($0, .restoreFailed, "\(text) failed") })
        return board.run(String(run.id)) ?? Wire::Run(run)
    }

    private func restore(_ plan: RestorePlan, _ request: RestoreRequest, _ context: RunContext) throws -> RunEnding {
        context.begin("restoring", total: plan.size)
        let result = try plan.perform(
            intent: "\(settings.intentFolder)/\(context.run.id).json", step: { try context.advance(by: $0) },
            check: {
                try requireInPlace(plan)
                try plan.refuseClients(request)
            })
        if request.discardReplaced, let replaced = result.replaced { try Files.removeTree(replaced) }
        if plan.isInPlace { seeAgain(plan.unit.id) }
        let kept = request.discardReplaced ? nil : result.replaced
        let aside = kept.map { "; the replaced files are in \($0)" } ?? ""
        let message = MessageDraft(
            .success, .restoreSucceeded,
            "restored \(plan.record.id) of \(plan.name) to \(plan.target.path), \(plan.size)\(aside)")
        return RunEnding(
            outcome: .succeeded(backup: plan.record.id, read: plan.size), messages: [message],
            show: { run in
                run.restored = result
                run.restored?.replaced = kept
            })
    }

    /// Where the database is now, which may be elsewhere than at backup time; one that is gone comes back where it was.
    /// - Throws: `not-found` when its server is unreachable, or something else took its place.
    private func presentPath(of unit: UnitID, _ record: PointRecord) throws -> String {
        let known = try catalog.database(unit)
        let path = known?.path ?? record.draft.sourcePath
        switch known?.state {
        case .present, .faulty: return path
        case .gone, .missing, nil:
            if !Files.exists(path) { return path }
            throw absent(record, "is gone, and \(path) is another file", "restore it to a new path with --to")
        case .unreachable:
            throw absent(record, "is on a server that can't be reached", "mend the server first, or restore with --to")
        }
    }

    /// A database that was gone is back: its grace ends at once, not with the next look at its server.
    private func seeAgain(_ unit: UnitID) {
        guard let record = try? catalog.database(unit), record.state == .gone || record.state == .missing,
            let server = configuration.server(record.server)
        else { return }
        do { try discover(server) } catch { report(Fault.wrapping(error)) }
    }

    private func absent(_ record: PointRecord, _ why: String, _ hint: String) -> Fault {
        Fault(.notFound, "database \(record.draft.database) \(why)", hint: hint)
    }

    /// The run may have waited, and the database moved meanwhile.
    private func requireInPlace(_ plan: RestorePlan) throws {
        let path = try presentPath(of: plan.unit.id, plan.record)
        guard Files.name(of: path).isSame(as: Files.name(of: plan.target.path)),
            Files.realPath(Files.parent(of: path))?.isSame(as: Files.parent(of: plan.target.path)) == true
        else {
            throw Fault(.sourceChanged, "\(plan.name) moved to \(path) meanwhile", hint: "restore again")
        }
    }

    /// Where an actor may write: root anywhere, others under the configured roots.
    func roots(for actor: Actor) -> [String]? {
        if case .user(0, _) = actor { return nil }
        return settings.restoreRoots
    }

    /// Finishes restores in place that a killed daemon left under way.
    func finishRestores() {
        let folder = settings.intentFolder
        let owners = RestoredOwners(port: settings.helper.map { RootPort($0) })
        for name in ((try? Files.list(folder)) ?? []).sorted() where name.ends(with: ".json") {
            do {
                var note: String?
                let resumption = try FileSwap.resume(intent: "\(folder)/\(name)") {
                    note = owners.settle([$0], of: $1)
                }
                switch resumption {
                case .finished(let swap):
                    let more = note.map { "; \($0)" } ?? ""
                    say([
                        MessageDraft(
                            .warning, .restoreSucceeded,
                            "finished the interrupted restore in place of \(swap.target)\(more)",
                            hint: "the replaced files are in \(swap.aside)")
                    ])
                case .undone(_, let fault): say([MessageDraft(.warning, fault)])
                case .nothing: break
                }
            } catch {
                say([MessageDraft(.error, Fault.wrapping(error))])
            }
        }
    }

    private func discardReplaced(_ typed: String, by actor: Actor, isDryRun: Bool) throws -> Wire::Run {
        let record = try record(named: typed)
        let target = try RestoreTarget.inPlace(record.path, roots: roots(for: actor))
        let kept = try RestoreBackup.kept(beside: target.path)
        let now = WallClock.now()
        if !isDryRun, !kept.isEmpty {
            do { try target.requireWritable() } catch var fault as Fault where fault.code == .targetNotAllowed {
                fault.message = "the daemon may not remove \(kept.joined(separator: ", "))"
                fault.hint = "remove it as root, by `rm -r`"
                throw fault
            }
            for folder in kept { try Files.removeTree(folder) }
            try Files.syncDirectory(Files.parent(of: target.path))
            say([
                MessageDraft(
                    .info, .replacedDiscarded, "discarded \(kept.count) sets of files that restores had replaced",
                    database: record.name, actor: actor)
            ])
        }
        let verb = isDryRun ? "would discard" : "discarded"
        return Wire::Run(
            id: "0", kind: .restore, state: .succeeded, database: record.name, actor: Principal(actor), created: now,
            started: now, finished: now,
            outcome: kept.isEmpty ? "nothing was kept" : "\(verb) \(kept.joined(separator: ", "))")
    }
}
