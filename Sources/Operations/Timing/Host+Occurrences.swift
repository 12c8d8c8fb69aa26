import Catalog
package import Model
import Platform
package import Scheduling
import Wire

extension Host: OccurrenceWork {
    package func start(
        _ starts: [OccurrenceStart], finished: @escaping @Sendable (OccurrenceID, OccurrenceEnding) -> Void
    ) {
        let backups = starts.filter { $0.schedule.action == .backup }
        let others = starts.filter { $0.schedule.action != .backup }
        startBackups(backups, finished: finished)
        guard !others.isEmpty else { return }
        Threads.start("occurrences") { [self] in
            for start in others { begin(AttemptTally(start, parts: 1, finished: finished)) }
        }
    }

    package func ledgerFailed(_ fault: Fault) {
        report(Fault(fault.code, "no schedule runs: \(fault.message)", hint: fault.hint, cause: fault))
    }

    package func ledgerRecovered() {
        say([MessageDraft(.info, .scheduleCaughtUp, "the catalog can be written again; schedules go on")])
    }

    /// Begins with what is no backup. One part of the tally stands for the beginning itself.
    private func begin(_ tally: AttemptTally) {
        let schedule = tally.start.schedule
        do {
            switch schedule.action {
            case .backup: break
            case .verify: try beginVerify(tally)
            case .drill: try beginDrill(tally)
            case .message: try beginMessage(tally)
            case .command: try beginCommand(tally)
            case .prune: try beginPrune(tally)
            }
            tally.end()
        } catch {
            tally.end(problem: Fault.wrapping(error))
        }
    }

    /// Databases that exist and that a schedule covers, in order of name.
    func covered(by schedule: Schedule) throws -> [DatabaseRecord] {
        try catalog.databases().filter { NameSelection.covers(schedule.scope, $0.name) }
    }

    /// To be called when a run of the attempt has ended.
    func ending(_ tally: AttemptTally, of run: RunID) -> @Sendable () -> Void {
        { [self] in tally.end(board.run(String(run)), isStopping: queue.hasStopped) }
    }
}
