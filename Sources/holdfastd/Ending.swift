import Glibc
import Logging
import Operations
import Platform
import ServiceLifecycle
import Synchronization
import UnixSignals

/// SIGTERM and SIGINT: what will be done soon is finished while the daemon goes on serving; then this service ends, and
/// the others with it. A second signal doesn't wait for the first half.
final class Ending: ServiceLifecycle.Service {
    private let host: Host
    private let begun = Atomic(false)
    private let hurries = Atomic(false)

    init(host: Host) { self.host = host }

    /// Whether the daemon was told to end; a service that fails from then on is no failure of the daemon.
    var hasBegun: Bool { begun.load(ordering: .relaxed) }

    func run() async throws {
        let (told, tell) = AsyncStream.makeStream(of: Void.self)
        await withTaskGroup { group in
            group.addTask { [self] in
                for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint).cancelOnGracefulShutdown() {
                    if hasBegun { hurries.store(true, ordering: .relaxed) }
                    begun.store(true, ordering: .relaxed)
                    tell.yield()
                }
                tell.finish()
            }
            for await _ in told { break }
            if hasBegun { await finish() }
            group.cancelAll()
        }
    }

    private func finish() async {
        ServiceNotification.stopping()
        let (host, hurries) = (host, { @Sendable [self] in self.hurries.load(ordering: .relaxed) })
        try? await Threads.run("finish") {
            host.finishWork(hurry: hurries) {
                // Work moves: what the service manager waits for now is not a daemon that hangs.
                ServiceNotification.extendTimeout(by: .seconds(60))
            }
        }
        ServiceNotification.extendTimeout(by: Self.rest + .seconds(10))
        Self.endForSure()
    }

    /// Answers that are cut off after 20 s, windows that open what they closed within 30, runs that stop within 60.
    private static let rest = Duration.seconds(120)

    /// A thread that hangs in a system call, as on a dead file system, holds up nothing: all that is durable is so at any
    /// moment, and the next start mends what was under way.
    private static func endForSure() {
        Threads.start("end") {
            sleep(UInt32(rest.components.seconds))
            // Without what exit(3) runs, while other threads are at work or hang.
            _exit(1)
        }
    }
}
