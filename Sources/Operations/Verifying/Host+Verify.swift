import Catalog
import Model
import Platform
import Settings
import Storage
import Wire

extension Host {
    /// Records a verification and queues it.
    func requestVerify(
        _ request: VerifyRequest, by actor: Actor, schedule: String? = nil, occurrence: OccurrenceID? = nil,
        ended: @escaping @Sendable (RunID) -> Void = { _ in }
    ) throws -> Wire::Run {
        let library = try library()
        let scratch = settings.scratchFolder
        let chosen = try VerifyAll(
            library: library, scratch: scratch, actor: actor, leavesProofs: true, step: { _ in }
        ).choose(request)
        let names = Set(chosen.map(\.1.draft.database))
        let name = names.count == 1 ? names.first : nil
        let results = try catalog.enqueue(
            [
                RunRequest(
                    .verify, database: name, unit: name == nil ? nil : chosen.first?.0.id, actor: actor,
                    target: request.level.rawValue, schedule: schedule, occurrence: occurrence)
            ], at: clock)
        let run = try results[0].get()
        let noun = chosen.count == 1 ? "backup \(chosen[0].1.id)" : "\(chosen.count) backups"
        let what = "verification of \(noun)\(name.map { " of \($0)" } ?? "") at level \(request.level.rawValue)"
        start(
            run, priority: schedule == nil ? .onDemand : .scheduled,
            started: [MessageDraft(.info, .verifyStarted, "\(what) started")],
            work: { context in try context.host.verify(chosen, request.level, what, library, context) },
            failed: { RunEnding.failure($0, .verifyFailed, "\(what) failed") }, ended: { ended(run.id) })
        return board.run(String(run.id)) ?? Wire::Run(run)
    }

    private func verify(
        _ chosen: [(BackupUnit, PointRecord)], _ level: VerifyLevel, _ what: String, _ library: BackupLibrary,
        _ context: RunContext
    ) throws -> RunEnding {
        let total = chosen.reduce(Int64(0)) { sum, item in
            sum + item.1.draft.files.reduce(0) { $0 + $1.length }
        }
        context.begin("verifying", total: level == .stored ? nil : ByteCount(total))
        let verify = VerifyAll(
            library: library, scratch: settings.scratchFolder, actor: context.run.request.actor, leavesProofs: true,
            step: { try context.advance(by: $0) })
        let (report, proven) = try verify.run(chosen, level)
        let now = WallClock.now()
        let proofs = proven.map {
            Catalog::Proof(unit: $0.unit.id, backup: $0.record.id, level: level, instant: now, fault: $0.fault)
        }
        let show: (inout Wire::Run) -> Void = { $0.report = report }
        guard let first = report.findings.first else {
            let text = "\(what) found nothing wrong"
            return RunEnding(
                outcome: .succeeded(backup: chosen.count == 1 ? chosen[0].1.id : nil, read: report.bytes),
                findings: RunFindings(proofs: proofs), messages: [MessageDraft(.success, .verifySucceeded, text)],
                show: show)
        }
        let affected = Set(report.findings.flatMap(\.backups)).map(\.description).sorted()
        let fault = Fault(
            .verifyFailed, "\(what) found damage: \(first.message)",
            hint: "affected: \(affected.prefix(10).joined(separator: ", ")); the next full stores damaged pages again "
                + "as long as the database still has them")
        return RunEnding(
            outcome: .failed(fault), findings: RunFindings(proofs: proofs),
            messages: [MessageDraft(.error, fault)], show: show)
    }
}
