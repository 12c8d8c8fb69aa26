package import Catalog
import Engines
package import Model
import Platform
import Settings
import Storage
package import Wire

extension Host {
    /// Records drills, one run a database and all in one transaction, and queues them.
    ///
    /// Drills go one after the other, and after backups that wait.
    /// - Parameters:
    ///   - origin: on record with the runs.
    ///   - schedule: that asks for them, and its occurrence.
    ///   - began: called with all runs before any starts.
    ///   - ended: called once for each run, whatever became of it.
    /// - Returns: the runs, and the databases left out because they have no backup or are being drilled.
    /// - Throws: `wrong-usage`, `not-found`, `ambiguous-name`; `busy` when the one database named is being drilled; why the
    ///   repository can't be opened.
    package func requestDrill(
        _ request: DrillRequest, by actor: Actor, origin: BackupOrigin = .onDemand, schedule: String? = nil,
        occurrence: OccurrenceID? = nil, began: ([RunID]) -> Void = { _ in },
        ended: @escaping @Sendable (RunID) -> Void = { _ in }
    ) throws -> DrillReply {
        try request.check()
        // Asked here, so that who waits learns at once what no run could mend.
        _ = try repositories.open()
        let (chosen, skipped) = try chooseDrills(request)
        let results = try catalog.enqueue(
            chosen.map {
                RunRequest(
                    .drill, database: $0.name, unit: $0.unit, origin: origin, actor: actor, schedule: schedule,
                    occurrence: occurrence)
            }, at: clock)
        let runs = try results.map { try $0.get() }
        began(runs.map(\.id))
        for (order, run) in zip(chosen, runs) { startDrill(order, run) { ended(run.id) } }
        return DrillReply(runs: runs.map { board.run(String($0.id)) ?? Wire::Run($0) }, skipped: skipped)
    }

    /// What one drill is to do.
    struct DrillOrder: Sendable {
        var name: DatabaseName
        var unit: UnitID
        /// Nil is the newest when its turn comes.
        var sequence: SequenceNumber?
    }

    /// Queues a recorded drill; `ended` is called once, whatever becomes of it.
    func startDrill(_ order: DrillOrder, _ run: Catalog::Run, ended: @escaping @Sendable () -> Void = {}) {
        start(
            run, priority: .background, alone: "drill",
            started: [MessageDraft(.info, .drillStarted, "restore drill of \(order.name) started")],
            work: { context in try context.host.drill(order, context) },
            failed: { RunEnding.failure($0, .drillFailed, "restore drill of \(order.name) failed") }, ended: ended)
    }

    private func drill(_ order: DrillOrder, _ context: RunContext) throws -> RunEnding {
        let unit = BackupUnit(order.unit, in: try repositories.open())
        let target = order.sequence == nil ? try nameLog(for: order, context) : nil
        let drill = try DrillBackup(
            unit, order.name, order.sequence, scratch: settings.scratchFolder,
            queryFiles: settings.server(order.name.server)?.drillQueries ?? [], by: context.run.request.actor,
            target: target ?? .end, began: { context.begin($0, total: $1) }, step: { try context.advance(by: $0) })
        let result = try drill.run()
        let proof = Catalog::Proof(
            unit: order.unit, backup: result.backup, level: .restore, instant: WallClock.now(), fault: result.fault)
        if let fault = result.failure(order.name) {
            return RunEnding(
                outcome: .failed(fault), findings: RunFindings(proofs: [proof]),
                messages: [MessageDraft(.error, fault)], show: { $0.backup = result.backup })
        }
        return RunEnding(
            outcome: .succeeded(backup: result.backup, read: result.size), findings: RunFindings(proofs: [proof]),
            messages: [MessageDraft(.success, .drillSucceeded, result.success(order.name))])
    }

    /// Gives the present place in the server's log a name, which the restored server has to reach.
    ///
    /// - Returns: nil where no log is received, or the server can't be asked just now: then the drill goes to the end.
    private func nameLog(for order: DrillOrder, _ context: RunContext) throws -> LogTarget? {
        guard let follower = following[order.name.server], follower.now.fault == nil, follower.now.stored != nil else {
            return nil
        }
        context.begin("naming a point to reach", total: nil)
        let name = "holdfast-drill-\(context.run.id)-\(Identifier.random().description.prefix(8))"
        guard let position = try? follower.server.engine.nameLog(name),
            try follower.wait(for: position, within: .seconds(30), step: { try context.advance(by: 0) })
        else { return nil }
        return .restorePoint(name)
    }

    private func chooseDrills(
        _ request: DrillRequest
    ) throws -> (chosen: [DrillOrder], skipped: [SkippedDatabase]) {
        if let id = request.backup { return ([try drillOrder(id, request.databases.first)], []) }
        // Databases that are gone are drilled when they are named: `all` is what has to be restorable now.
        let records = try request.all ? catalog.databases() : records(named: request.databases)
        let drilled = board.active.filter { $0.kind == .drill }
        var skipped: [SkippedDatabase] = []
        var chosen: [DrillOrder] = []
        for record in records {
            let fault: Fault
            if let run = drilled.first(where: { $0.database == record.name }) {
                fault = Fault(
                    .busy, "\(record.name) is being drilled by run \(run.id)",
                    hint: "`holdfast runs wait \(run.id)` waits for its end", context: ["run": run.id])
            } else if record.lastBackup == nil {
                fault = Fault(
                    .notFound, "\(record.name) has no backup to drill",
                    hint: "make one with `holdfast backup \(record.name.shellWord)`")
            } else {
                chosen.append(DrillOrder(name: record.name, unit: record.unit))
                continue
            }
            if records.count == 1, !request.all { throw fault }
            skipped.append(SkippedDatabase(database: record.name, code: fault.code, message: fault.message))
        }
        return (chosen, skipped)
    }

    private func drillOrder(_ id: BackupID, _ typed: String?) throws -> DrillOrder {
        let (unit, record) = try library().choose("", id, at: nil)
        let name = record.draft.database
        guard !record.isVoid else { throw Fault(.notFound, "\(id) is not a backup") }
        guard typed.map({ name.matches($0) }) ?? true else {
            throw Fault(.wrongUsage, "backup \(record.id) is one of \(name), not of \(typed ?? "")")
        }
        return DrillOrder(name: name, unit: unit.id, sequence: record.sequence)
    }

    /// Those that exist are preferred to those that are gone.
    private func records(named typed: [String]) throws -> [DatabaseRecord] {
        let all = try catalog.databases(includingGone: true)
        let present = all.filter { $0.state != .gone }
        var found: [DatabaseRecord] = []
        for word in typed {
            let isPresent = (try? NameSelection.several([word], among: present.map(\.name))) != nil
            let among = isPresent ? present : all
            let names = Set(try NameSelection.several([word], among: among.map(\.name)))
            found += among.filter { record in
                names.contains(record.name) && !found.contains { $0.unit == record.unit }
            }
        }
        return found
    }
}
