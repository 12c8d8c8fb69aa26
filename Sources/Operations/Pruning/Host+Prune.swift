import Catalog
import Model
import Platform
import Policies
import Storage
import Synchronization
import Wire

extension Host {
    /// Records a prune and queues it.
    ///
    /// - Throws: `busy` while another one waits or works; `not-found`, `ambiguous-name`.
    func requestPrune(
        _ request: PruneRequest, by actor: Actor, schedule: String? = nil, occurrence: OccurrenceID? = nil,
        ended: @escaping @Sendable (RunID) -> Void = { _ in }
    ) throws -> Wire::Run {
        if let other = board.active.first(where: { $0.kind == .prune }) {
            throw Fault(
                .busy, "prune \(other.id) is under way", hint: "`holdfast runs wait \(other.id)` waits for its end",
                context: ["run": other.id])
        }
        // Asked now, so that a name that fits nothing is told to who typed it.
        if !request.databases.isEmpty { _ = try unitsToPrune(request, in: try repositories.open()) }
        let results = try catalog.enqueue(
            [
                RunRequest(
                    .prune, actor: actor, target: request.now ? "now" : nil, schedule: schedule,
                    occurrence: occurrence)
            ], at: clock)
        let run = try results[0].get()
        let isQuiet = schedule != nil
        let started = MessageDraft(.info, .pruneStarted, "prune started\(request.now ? ", for good at once" : "")")
        start(
            run, priority: isQuiet ? .scheduled : .onDemand, started: isQuiet ? [] : [started],
            work: { context in try context.host.prune(request, isQuiet: isQuiet, context) },
            failed: { RunEnding.failure($0, .pruneFailed, "prune failed") }, ended: { ended(run.id) })
        return board.run(String(run.id)) ?? Wire::Run(run)
    }

    /// One unit after the other: what retention releases is deleted softly, what has been released for long enough is
    /// deleted for good, and its room is given back.
    private func prune(_ request: PruneRequest, isQuiet: Bool, _ context: RunContext) throws -> RunEnding {
        let repository = try repositories.open()
        let units = try unitsToPrune(request, in: repository)
        var result = PruneResult()
        var messages: [MessageDraft] = []
        var planned: [PlannedPrune] = []
        var faults: [Fault] = []
        for (unit, name) in units {
            context.begin("pruning \(name)", total: nil)
            do {
                // Planned when its turn comes: marks, rules and the clock may have changed since the last one's.
                let prune = try planPrune(request, of: unit, name)
                planned.append(prune)
                messages += try carryOut(prune, request, &result) { try context.advance(by: $0) }
                result.notes += prune.plan.notes.map { "\(name): \($0)" }
            } catch let fault as Fault where fault.code != .interrupted {
                faults.append(fault)
                messages.append(
                    MessageDraft(
                        .error, .pruneFailed, "prune of \(name) failed: \(fault.message)", database: name,
                        cause: fault.cause, hint: fault.hint))
            }
        }
        try repositories.confirm(repository)
        messages += try heldMessages(Set(planned.filter(\.plan.isHeld).map(\.database)), planned)
        if faults.isEmpty, !isQuiet || result.removed > 0 || result.released > 0 {
            messages.append(MessageDraft(.success, .pruneSucceeded, Self.sum(result)))
        }
        let shown = result
        let show: (inout Wire::Run) -> Void = { $0.pruned = shown }
        if let first = faults.first {
            let others = faults.count == 1 ? "" : ", and \(faults.count - 1) more"
            let fault = Fault(.pruneFailed, "prune was not complete: \(first.message)\(others)", hint: first.hint)
            return RunEnding(outcome: .failed(fault), messages: messages, show: show)
        }
        return RunEnding(outcome: .succeeded(), messages: messages, show: show)
    }

    private func carryOut(
        _ prune: PlannedPrune, _ request: PruneRequest, _ result: inout PruneResult,
        step: @escaping @Sendable (Int) throws -> Void
    ) throws -> [MessageDraft] {
        let (repository, unit) = (prune.unit.repository, prune.unit.id)
        let (released, removed) = (prune.plan.released, prune.plan.finallyDeleted)
        try repository.mark(released, of: unit, Mark(kind: .deleted, instant: WallClock.now(), actor: .daemon))
        result.released += released.count
        // The newest can't be counted on any more, as after a deletion by hand.
        if let newest = prune.backups.last?.sequence, released.contains(newest) {
            try catalog.forgetChangeToken(of: unit)
        }
        let pageSize = try prune.unit.newestReadable()?.draft.files.first?.pageSize ?? 0
        // Asked again right before nothing can be taken back: rules, clock and database may have changed meanwhile.
        let stillMeant: @Sendable (Set<SequenceNumber>) throws -> Set<SequenceNumber> = { [self] meant in
            let again = try planPrune(request, of: prune.unit, prune.database)
            return meant.intersection(again.plan.finallyDeleted)
        }
        let report = try repository.prune(
            unit: unit, deleting: Set(removed),
            step: { progress in
                switch progress {
                case .moved(let pages): try step(Int(pages) * pageSize)
                case .counted, .deleted, .merged: try step(0)
                }
            }, stillMeant: stillMeant)
        let gone = removed.filter { !report.estimate.left.contains($0) }
        try catalog.forget(
            gone.map { BackupID(unit: unit, sequence: $0) }, of: unit, isWhole: report.unitRemoved)
        result.removed += gone.count
        result.freed = result.freed + report.estimate.freed
        if !report.unitRemoved {
            result.freed = result.freed + (try pruneLog(of: prune.unit))
        }
        result.dead = result.dead + report.estimate.deadAfter
        result.stored = result.stored + report.estimate.storedAfter
        if report.objectsLeft > 0 {
            result.notes.append(
                "\(prune.database): \(report.objectsLeft) objects are left to the next prune, since somebody reads them"
            )
        }
        return Self.messages(prune, gone, report)
    }

    private static func messages(
        _ prune: PlannedPrune, _ gone: [SequenceNumber], _ report: PruneReport
    ) -> [MessageDraft] {
        func ids(_ sequences: [SequenceNumber]) -> String {
            let shown = sequences.prefix(8).map { BackupID(unit: prune.unit.id, sequence: $0).description }
            return shown.joined(separator: ", ") + (sequences.count > 8 ? " and \(sequences.count - 8) more" : "")
        }
        func count(_ number: Int) -> String { number == 1 ? "1 backup" : "\(number) backups" }
        var drafts: [MessageDraft] = []
        let released = prune.plan.released
        if !released.isEmpty {
            drafts.append(
                MessageDraft(
                    .info, .backupDeleted,
                    "retention released \(count(released.count)) of \(prune.database): \(ids(released))",
                    database: prune.database, hint: "`holdfast backups undelete ID` takes it back"))
        }
        if !gone.isEmpty {
            drafts.append(
                MessageDraft(
                    .info, .backupDeleted,
                    "\(count(gone.count)) of \(prune.database) deleted for good, \(report.estimate.freed) freed: "
                        + ids(gone), database: prune.database))
        }
        if !report.damage.isEmpty {
            let objects = Set(report.damage.items.map(\.object.path)).sorted().prefix(4).joined(separator: ", ")
            drafts.append(
                MessageDraft(
                    .error, .pruneFailed,
                    "prune of \(prune.database) left damaged frames where they are: \(objects)",
                    database: prune.database, hint: "run `holdfast verify \(prune.database.shellWord)`"))
        }
        return drafts
    }

    /// A database is told of once when its prune is held, and again when it has not been held meanwhile.
    private func heldMessages(_ held: Set<DatabaseName>, _ planned: [PlannedPrune]) throws -> [MessageDraft] {
        let looked = Set(planned.map(\.database))
        let before = try catalog.recall("prune-held", as: Set<DatabaseName>.self) ?? []
        let now = before.subtracting(looked).union(held)
        if now != before { try catalog.remember(now, as: "prune-held") }
        return planned.filter { held.contains($0.database) && !before.contains($0.database) }.map { prune in
            MessageDraft(
                .warning, .pruneHeld,
                "retention deletes nothing of \(prune.database): \(prune.plan.notes.map(\.description).joined(separator: "; "))",
                database: prune.database, hint: "see `holdfast retention preview`; `holdfast prune --confirm` does it")
        }
    }

    private static func sum(_ result: PruneResult) -> String {
        "prune released \(result.released) backups and deleted \(result.removed) for good; \(result.freed) freed, "
            + "\(result.dead) of \(result.stored) stored are dead"
    }
}

extension RetentionPlan {
    var isHeld: Bool {
        notes.contains { note in
            if case .held = note { true } else { false }
        }
    }
}
