import Dispatch
import Logging
import Messages
import Model
import Operations
import Platform
import ServiceLifecycle
import UnixSignals

/// SIGHUP: reads the settings again and opens the log anew. A bad file keeps the old settings and says why.
struct HangUps: ServiceLifecycle.Service {
    let host: Host
    let reload: @Sendable () throws -> Void
    let logger: Logger

    func run() async throws {
        let signals = await UnixSignalsSequence(trapping: .sighup)
        for await _ in signals.cancelOnGracefulShutdown() {
            ServiceNotification.reloading()
            host.center.reopenLog()
            let (reload, host, logger) = (reload, host, logger)
            // A bad file has been told in the message center; the daemon goes on with the old settings.
            do {
                try await Threads.run("reload") { try reload() }
            } catch {
                logger.error("\(Fault.wrapping(error))")
                host.reloadFailed(Fault.wrapping(error))
            }
            ServiceNotification.ready(status: StatusLine.text(host))
        }
    }
}
