import Glibc
import Logging
import Model
import Operations
import Platform
import ServiceLifecycle
import Synchronization

/// At the beginning of a graceful shutdown: starts nothing more, and asks the runs at work to stop, so that they do while
/// the last requests are answered.
final class Drain: ServiceLifecycle.Service {
    private let host: Host
    private let service: HostService
    private let logger: Logger
    private let begun = Atomic(false)

    init(host: Host, service: HostService, logger: Logger) {
        self.host = host
        self.service = service
        self.logger = logger
    }

    /// Whether the daemon was told to end; a service that fails from then on is no failure of the daemon.
    var hasBegun: Bool { begun.load(ordering: .relaxed) }

    /// A thread that hangs in a system call, as on a dead file system, holds up nothing: all that is durable is so at any
    /// moment, and the next start mends what was under way.
    private static func endForSure() {
        Threads.start("end") {
            sleep(80)
            exit(1)
        }
    }

    func run() async throws {
        try await gracefulShutdown()
        begun.store(true, ordering: .relaxed)
        ServiceNotification.stopping()
        Self.endForSure()
        let host = host
        do {
            try await Threads.run("drain") {
                host.timing.stop()
                _ = host.queue.stop()
            }
            for run in host.board.working {
                _ = try await service.cancelRun(run, by: .daemon)
            }
        } catch {
            // `Host.stop()` asks the runs again.
            logger.warning("\(Fault.wrapping(error))")
        }
    }
}
