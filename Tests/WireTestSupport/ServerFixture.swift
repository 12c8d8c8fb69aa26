internal import Foundation
package import HTTPServer
internal import Logging
internal import Model
internal import ServiceLifecycle

/// A real API server on a Unix socket, gone when `body` ends.
///
/// - Parameter path: of the socket; nil puts it in a folder of its own.
package func withServer(
    _ service: FakeService = FakeService(), grants: any Grants = FullAccess(), at path: String? = nil,
    _ body: @escaping @Sendable (_ socket: String, _ service: FakeService) async throws -> Void
) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "hf-\(UInt32.random(in: 0...UInt32.max))")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let socket = path ?? folder.appending(path: "api.sock").path
    let (ready, isReady) = AsyncStream<Void>.makeStream()
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = APIServer(socket: socket, service: service, grants: grants, logger: logger) { isReady.finish() }
    let group = ServiceGroup(
        configuration: .init(services: [.init(service: server)], gracefulShutdownSignals: [], logger: logger))
    try await withThrowingTaskGroup(of: Void.self) { tasks in
        tasks.addTask {
            defer { isReady.finish() }
            try await group.run()
        }
        for await _ in ready {}
        do {
            try await body(socket, service)
        } catch {
            await group.triggerGracefulShutdown()
            throw error
        }
        await group.triggerGracefulShutdown()
        try await tasks.waitForAll()
    }
}
