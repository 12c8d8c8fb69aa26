import Operations
import Platform
import ServiceLifecycle

/// Shows in `systemctl status` what works right now; a change a second at most, and nothing while nothing changes.
struct StatusLine: ServiceLifecycle.Service {
    let host: Host

    static func text(_ host: Host) -> String {
        let count = host.configuration.servers.count
        return "serving \(count == 1 ? "1 server" : "\(count) servers"): \(RunSummary.text(host.board.active))"
    }

    func run() async throws {
        guard ServiceNotification.isHeard else {
            try? await gracefulShutdown()
            return
        }
        let host = host
        await cancelWhenGracefulShutdown {
            var shown = ""
            for await _ in host.board.changes() {
                let text = Self.text(host)
                if text != shown { ServiceNotification.status(text) }
                shown = text
                try? await Task.sleep(for: .seconds(1))
            }
        }
    }
}
