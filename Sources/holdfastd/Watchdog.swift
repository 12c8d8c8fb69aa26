import Operations
import Platform
import ServiceLifecycle

/// Tells systemd that the daemon is well, as long as its catalog answers and its runs make progress.
struct Watchdog: ServiceLifecycle.Service {
    let host: Host

    func run() async throws {
        guard let interval = ServiceNotification.watchdogInterval else {
            try? await gracefulShutdown()
            return
        }
        let host = host
        await cancelWhenGracefulShutdown {
            while !Task.isCancelled {
                if (try? await Threads.run("watchdog", { host.isWell() })) == true { ServiceNotification.watchdog() }
                try? await Task.sleep(for: interval / 3)
            }
        }
    }
}
