import Client
import Foundation
import Model
import Synchronization
import Testing
import Wire
import WireTestSupport

/// A follower gets each message once and in order, whatever happens to its connection and to the daemon.
@Suite(.timeLimit(.minutes(10))) struct FollowTests {
    private static let atOnce = Reconnection(first: .milliseconds(1), longest: .milliseconds(5))

    @Test func resumesWhereEachConnectionBroke() async throws {
        let seed =
            ProcessInfo.processInfo.environment["HOLDFAST_SEED"].flatMap { UInt64($0) } ?? .random(in: 0 ... .max)
        var random = SeededNumbers(state: seed)
        // In the head, in the first events, in the middle of any line.
        let cuts = [400, 401, 20] + (0..<60).map { _ in 300 + random.below(40_000) }
        let service = FakeService()
        service.setHistory((1...3000).map { Samples.message($0) })
        try await withServer(service) { socket, service in
            let proxy = try CuttingProxy("\(socket).proxy", to: socket, cuts: cuts)
            defer { proxy.close() }
            let seen = Mutex<[Int64]>([])
            let interruptions = Mutex(0)
            let note: @Sendable (FollowNotice) -> Void = { notice in
                if case .interrupted = notice { interruptions.withLock { $0 += 1 } }
            }
            try await DaemonClient(socket: proxy.path).followMessages(
                MessageQuery(after: MessageID(0)), reconnection: Self.atOnce, notice: note
            ) { message in
                let count = seen.withLock { seen in
                    seen.append(message.id.number)
                    return seen.count
                }
                // As many come while it follows.
                if count <= 2000 { service.send(Samples.message(3000 + Int64(count))) }
                return count < 5000
            }
            #expect(seen.withLock { $0 } == Array(1...5000), "HOLDFAST_SEED=\(seed)")
            let broken = interruptions.withLock { $0 }
            #expect(broken >= 10, "HOLDFAST_SEED=\(seed): too few cuts to tell anything: \(broken)")
        }
    }

    @Test func goesOnAfterARestartOfTheDaemon() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "hf-\(UInt32.random(in: 0...UInt32.max))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let socket = folder.appending(path: "api.sock").path
        let service = FakeService()
        service.setHistory([])
        let seen = Mutex<[Int64]>([])
        let notices = Mutex<[FollowNotice]>([])
        func follow() async throws {
            let note: @Sendable (FollowNotice) -> Void = { notice in notices.withLock { $0.append(notice) } }
            try await DaemonClient(socket: socket).followMessages(
                MessageQuery(limit: 10), reconnection: Self.atOnce, notice: note
            ) { message in
                let count = seen.withLock { seen in
                    seen.append(message.id.number)
                    return seen.count
                }
                return count < 1200
            }
        }
        let (started, hasStarted) = AsyncStream<Void>.makeStream()
        async let following: Void = {
            for await _ in started {}
            try await follow()
        }()
        try await withServer(service, at: socket) { _, service in
            hasStarted.finish()
            // It follows, and nothing has come yet.
            while notices.withLock({ $0 }) != [.following(after: MessageID(0))] { await Task.yield() }
        }
        // Nobody serves now; far more happens than the ten asked for at first.
        for number in 1...1000 { service.send(Samples.message(Int64(number))) }
        try await withServer(service, at: socket) { _, service in
            while seen.withLock({ $0.count }) < 1000 { await Task.yield() }
            service.tellPruned(through: MessageID(77))
            for number in 1001...1100 { service.send(Samples.message(Int64(number))) }
            while seen.withLock({ $0.count }) < 1100 { await Task.yield() }
        }
        try await withServer(service, at: socket) { _, service in
            for number in 1101...1200 { service.send(Samples.message(Int64(number))) }
            while seen.withLock({ $0.count }) < 1200 { await Task.yield() }
        }
        try await following
        #expect(seen.withLock { $0 } == Array(1...1200))
        #expect(service.messageQueries.first?.limit == 10 && service.messageQueries.first?.after == nil)
        let later = service.messageQueries.dropFirst()
        #expect(later.map(\.after) == [MessageID(0), MessageID(1100)])
        #expect(later.allSatisfy { $0.limit == nil })
        let told = notices.withLock { $0 }
        #expect(told.filter { $0 == .resumed }.count == 2)
        #expect(told.contains(.pruned(through: MessageID(77))))
    }

    @Test func withoutAnybodyThereItFailsAtOnce() async throws {
        let fault = await #expect(throws: Fault.self) {
            try await DaemonClient(socket: "/nonexistent/api.sock").followMessages(MessageQuery()) { _ in true }
        }
        #expect(fault?.code == .daemonUnreachable)
    }
}

/// SplitMix64.
private struct SeededNumbers {
    var state: UInt64

    mutating func below(_ limit: Int) -> Int {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return Int((mixed ^ (mixed >> 31)) % UInt64(limit))
    }
}
