import Catalog
import Model
import Wire

// What the catalog keeps, as programs read it.

extension Wire::Message {
    init(_ message: Catalog::Message, progress: Progress? = nil) {
        self.init(
            id: MessageID(message.id), instant: message.instant, severity: message.severity, code: message.code,
            database: message.database, run: message.run.map { String($0) }, actor: Principal(message.content.actor),
            text: message.text, cause: message.cause, nextStep: message.hint, progress: progress,
            acknowledged: message.acknowledgement?.instant,
            acknowledgedBy: message.acknowledgement.map { Principal($0.actor) })
    }
}

extension Wire::Run {
    init(_ run: Catalog::Run) {
        self.init(
            id: String(run.id), kind: Wire::RunKind(run.request.kind), state: Wire::RunState(run.state),
            database: run.request.database, actor: Principal(run.request.actor), origin: run.request.origin,
            backupKind: run.request.backupKind, created: run.requested, started: run.started, finished: run.finished,
            fault: run.fault.map { ProblemObject($0) }, backup: run.backup, schedule: run.request.schedule)
    }
}

extension Wire::RunKind {
    init(_ kind: Catalog::RunKind) {
        self =
            switch kind {
            case .backup: .backup
            case .restore: .restore
            case .verify: .verify
            case .download: .download
            case .drill: .drill
            case .prune: .prune
            case .command: .command
            case .message: .message
            }
    }
}

extension Wire::RunState {
    init(_ state: Catalog::RunState) {
        self =
            switch state {
            case .queued: .waiting
            case .running: .running
            case .succeeded: .succeeded
            case .failed: .failed
            case .skipped: .skipped
            case .cancelled: .cancelled
            }
    }
}

extension ProblemObject {
    init(_ fault: RecordedFault) { self.init(code: fault.code, message: fault.text, hint: fault.hint) }
}

extension Wire::DatabaseState {
    init(_ state: Catalog::DatabaseState) {
        self =
            switch state {
            case .present: .present
            case .gone: .deleted
            case .unreachable: .unreachable
            case .faulty: .unreadable
            case .missing: .missing
            }
    }
}
