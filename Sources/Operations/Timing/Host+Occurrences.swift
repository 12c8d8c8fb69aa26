import Catalog
package import Model
import Platform
package import Scheduling
import Synchronization
import Wire

extension Host: OccurrenceWork {
    package func start(
        _ starts: [OccurrenceStart], finished: @escaping @Sendable (OccurrenceID, OccurrenceEnding) -> Void
    ) {
        // On a thread of its own: what ends at once tells the scheduler, which is in the middle of its turn here.
        Threads.start("occurrences") { [self] in
            startBackups(starts.filter { $0.schedule.action == .backup }, finished: finished)
            for start in starts where start.schedule.action != .backup {
                let tally = AttemptTally(start, parts: 1, finished: finished)
                if !maintenance.postpone(tally) { begin(tally) }
            }
            // Those whose window has ended at this very moment.
            beginPostponed()
        }
    }

    package func ledgerFailed(_ fault: Fault) {
        let whole = Fault(fault.code, "no schedule runs: \(fault.message)", hint: fault.hint)
        tending.state.withLock { $0.ledgerFault = whole }
        report(whole)
    }

    package func ledgerRecovered() {
        tending.state.withLock { $0.ledgerFault = nil }
        say([MessageDraft(.info, .schedulesResumed, "the catalog can be written again; schedules go on")])
    }

    /// Begins with what is no backup. One part of the tally stands for the beginning itself.
    func begin(_ tally: AttemptTally) {
        let schedule = tally.start.schedule
        do {
            if [.verify, .drill].contains(schedule.action), try covered(by: schedule).isEmpty {
                return tally.end(skip: OccurrenceEnding.coversNothing)
            }
            switch schedule.action {
            case .backup: break
            case .verify: try beginVerify(tally)
            case .drill: try beginDrill(tally)
            case .message: try beginMessage(tally)
            case .command: try beginCommand(tally)
            case .prune: try beginPrune(tally)
            }
            tally.end()
        } catch let fault as Fault where fault.code == .busy {
            // What was asked for already stands for it.
            tally.end(skip: fault.message)
        } catch {
            tally.end(problem: Fault.wrapping(error))
        }
    }

    /// Databases that exist and that a schedule covers, in order of name.
    func covered(by schedule: Schedule) throws -> [DatabaseRecord] {
        try catalog.databases().filter { NameSelection.covers(schedule.scope, $0.name) }
    }
}
