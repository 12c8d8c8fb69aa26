import Catalog
import HTTPServer
import Logging
import Model
import Operations
import Platform
import ServiceLifecycle
import Settings
import UnixSignals

/// Puts the daemon together: one host, and one group of services around it. A service that ends unexpectedly ends the
/// process, and systemd starts it again.
struct Assembly {
    private let host: Host
    private let service: HostService
    private let reload: @Sendable () throws -> Void
    private let logger = Logger(label: "holdfastd")
    private let lock: File

    /// Opens everything and mends what a killed daemon left behind; nothing is served yet.
    init(_ settings: DaemonSettings, path: String) throws {
        lock = try Self.claim(settings.stateDirectory)
        let logger = logger
        host = try Host.open(settings) { fault in logger.error("\(fault)") }
        let host = host
        reload = { try host.reload(SettingsFiles.load(path)) }
        service = HostService(host, version: Build.version, reload: reload)
    }

    /// How long answers may take that are on their way when the services end, such as downloads; then they are cut off.
    private static let patience = Duration.seconds(20)

    /// Serves until SIGTERM or SIGINT; the runs are told to stop and the catalog is closed however that ends.
    func run() async throws {
        let host = host
        let server = APIServer(socket: host.settings.socket, service: service, logger: logger) {
            host.started(version: Build.version)
            ServiceNotification.ready(status: StatusLine.text(host))
        }
        let ending = Ending(host: host)
        var configuration = ServiceGroupConfiguration(
            services: [
                .init(service: server),
                .init(service: HangUps(host: host, reload: reload, logger: logger)),
                .init(service: Watchdog(host: host)),
                .init(service: StatusLine(host: host)),
                .init(service: ending, successTerminationBehavior: .gracefullyShutdownGroup),
            ], logger: quiet)
        configuration.maximumGracefulShutdownDuration = Self.patience
        let failure: (any Error)?
        do {
            try await ServiceGroup(configuration: configuration).run()
            failure = nil
        } catch {
            failure = error
        }
        ServiceNotification.stopping()
        host.stop()
        guard let failure else { return }
        guard ending.hasBegun else { throw failure }
        logger.warning("answers were cut off at the end: \(failure)")
    }

    private var quiet: Logger {
        var quiet = logger
        quiet.logLevel = .error
        return quiet
    }

    /// One daemon a state folder; the kernel takes the lock back when the process ends, however it ends.
    private static func claim(_ folder: String) throws -> File {
        try Files.makeDirectories(folder, mode: 0o750)
        let path = "\(folder)/lock"
        if !Files.exists(path) { _ = try? File.create(path, mode: 0o600) }
        let file = try File.open(path, .readWrite)
        guard try FileLock.tryExclusive(file, FileLock.Range(start: 0, count: 0)) else {
            throw Fault(
                .busy, "another daemon uses \(folder)", hint: "stop it, or give this one its own state_directory")
        }
        return file
    }
}
