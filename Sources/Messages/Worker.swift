import Catalog
import Model
import Platform

/// The thread that writes log and journal and counts held failures; after a failure it tries again every half minute.
struct Worker: Sendable {
    let catalog: Catalog
    let logPath: String?
    let journalPath: String?
    let zone: @Sendable (Instant) -> Int
    let now: @Sendable () -> Instant
    let failed: @Sendable (Fault) -> Void

    func start(_ bell: Bell) {
        bell.attend()
        Threads.start("messages") { run(bell) }
    }

    private func run(_ bell: Bell) {
        let delivery = Delivery(
            catalog: catalog, log: logPath.map { MessageLog(path: $0) },
            journal: journalPath.map { Journal(path: $0) }, zone: zone, now: now)
        var patience: Duration?
        while true {
            let round = bell.next(timeout: patience)
            do {
                let due = try catalog.closeStorms(at: now())
                try delivery.deliver(isRotated: round.mustReopen)
                patience = due.map { max(.zero, $0 - now()) }
            } catch {
                failed(Fault.wrapping(error))
                patience = .seconds(30)
            }
            bell.answer(round)
            if round.isLast { return }
        }
    }
}
