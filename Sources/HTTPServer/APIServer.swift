internal import HummingbirdCore
package import Logging
internal import Model
internal import NIOCore
internal import NIOPosix
internal import ServiceLifecycle
internal import Synchronization
package import Wire

/// The daemon's API on a Unix socket, as one service of its group.
///
/// The mode of the socket decides who may connect; the peer's uid is the actor on record. On graceful shutdown it takes
/// no more connections, ends streams of events, and lets running answers finish.
package struct APIServer: ServiceLifecycle.Service {
    private let socket: String
    private let responder: Responder
    private let onReady: @Sendable () async -> Void

    /// - Parameter onReady: called once clients can connect.
    package init(
        socket: String, service: any Wire.Service, grants: any Grants = FullAccess(), logger: Logger,
        onReady: @escaping @Sendable () async -> Void = {}
    ) {
        self.socket = socket
        self.responder = Responder(service: service, grants: grants, logger: logger)
        self.onReady = onReady
    }

    /// Returns after a graceful shutdown.
    ///
    /// - Throws: `socket-in-use`, `bad-settings` or `input-output` when the socket can't be had.
    package func run() async throws {
        let file = try SocketFile(claiming: socket)
        defer { file.withdraw() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let failure = Mutex<Fault?>(nil)
        do {
            try await serve(file, group, failure: { fault in failure.withLock { $0 = fault } })
        } catch {
            failure.withLock {
                $0 =
                    $0 ?? (error as? Fault)
                    ?? Fault(
                        .inputOutput, "cannot listen on socket \(socket)", hint: "see that its folder exists",
                        cause: error)
            }
        }
        try? await group.shutdownGracefully()
        if let failure = failure.withLock({ $0 }) { throw failure }
    }

    private func serve(
        _ file: SocketFile, _ group: any EventLoopGroup, failure: @escaping @Sendable (Fault) -> Void
    ) async throws {
        let (responder, onReady) = (responder, onReady)
        // What the server itself has to say concerns nobody: faults are thrown, and clients that vanish are normal.
        var quiet = responder.logger
        quiet.logLevel = .error
        let server = try HTTPServerBuilder.http1(configuration: .init(idleTimeout: .seconds(120))).buildServer(
            configuration: ServerConfiguration(address: .unixDomainSocket(path: file.temporary)),
            eventLoopGroup: group, logger: quiet
        ) { request, writer, channel in
            try await responder.respond(to: request, writer, on: channel)
        } onServerRunning: { channel in
            do {
                try file.publish()
                await onReady()
            } catch {
                failure(Fault.wrapping(error))
                channel.close(promise: nil)
            }
        }
        try await server.run()
    }
}
