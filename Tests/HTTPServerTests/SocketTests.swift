import Client
import Foundation
import HTTPServer
import Logging
import Model
import Testing
import Wire
import WireTestSupport

@Suite(.timeLimit(.minutes(10))) struct SocketTests {
    private static func start(_ socket: String) async throws {
        try await APIServer(socket: socket, service: FakeService(), logger: Logger(label: "test")).run()
    }

    @Test func aSecondDaemonOnTheSameSocketIsRefused() async throws {
        try await withServer { socket, _ in
            await expect(.socketInUse) { try await Self.start(socket) }
            let status = try await DaemonClient(socket: socket).status()
            #expect(status == Samples.status)
        }
    }

    @Test func aFileAtThePathIsNotReplaced() async throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "hf-\(UInt32.random(in: 0...UInt32.max))")
        try "mine".write(to: path, atomically: false, encoding: .utf8)
        defer {
            try? FileManager.default.removeItem(at: path)
            try? FileManager.default.removeItem(atPath: path.path + ".lock")
        }
        await expect(.socketInUse) { try await Self.start(path.path) }
        #expect(try String(contentsOf: path, encoding: .utf8) == "mine")
    }

    @Test func aStaleSocketIsReplaced() async throws {
        let seen = FakeService()
        try await withServer(seen) { socket, _ in
            // A socket that nobody listens on, as a killed daemon leaves it.
            let stale = socket + ".stale"
            let descriptor = try RawClient.bind(stale)
            close(descriptor)
            await withThrowingTaskGroup(of: Void.self) { tasks in
                tasks.addTask { try await Self.start(stale) }
                for _ in 0..<500 {
                    if (try? await DaemonClient(socket: stale).status()) != nil { break }
                    try? await Task.sleep(for: .milliseconds(10))
                }
                #expect((try? await DaemonClient(socket: stale).status()) == Samples.status)
                tasks.cancelAll()
            }
        }
    }

    @Test func aPathThatNoSocketCanHaveIsTold() async throws {
        await expect(.badSettings) { try await Self.start("/tmp/" + String(repeating: "x", count: 120)) }
    }

    @Test func aMissingFolderIsTold() async throws {
        do {
            try await Self.start("/nonexistent-folder/api.sock")
            Issue.record("no fault")
        } catch {
            #expect(error is Fault)
        }
    }
}
