import Catalog
import Engines
import Foundation
import Model
import Petitions
import Platform
import Policies
import Settings
import Wire

/// One step of a window, carried out on a thread of its own.
struct WindowStep {
    let host: Host
    let maintenance: ServerMaintenance
    let server: HostedServer
    let window: MaintenanceWindow
    let work: StepAtWork
    /// After which it is cancelled.
    let limit: Duration

    /// Why a task is not begun: for what an earlier one has told already.
    struct Skip: Error {
        let fault: Fault
    }

    /// - Throws: why it isn't done; `interrupted` when it was cancelled; `Skip`.
    func perform(_ step: MaintenanceStep) throws {
        switch step {
        case .close: try close()
        case .countdown: break
        case .disconnect: try disconnect()
        case .backup: try backUp()
        case .task(let kind): try perform(kind)
        case .check: try check()
        case .reopen: try host.reopen(server, maintenance)
        }
    }

    private func perform(_ task: MaintenanceTask.Kind) throws {
        switch task {
        case .engineCheck: try eachDatabase("check") { try inspect($0) }
        case .optimise:
            let work = work
            try eachDatabase("optimise") { try server.engine.optimise($0) { try work.check() } }
        case .systemUpdates: try run(server.settings.updateCommand, .update)
        case .certificateRenewal: try run(server.settings.certificateCommand, .certificate)
        case .restoreDrill: try drill()
        case .repositoryVerify: try verify()
        case .prune: try prune()
        }
    }

    private func check() throws {
        switch server.engine.discover(known: [], memory: nil) {
        case .complete: break
        case .unreachable(let fault, _): throw fault
        }
    }
}
