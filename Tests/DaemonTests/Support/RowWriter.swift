import Dispatch
import Engines
import EnginesTestSupport
import Foundation
import Synchronization

/// Writes row after row, each in a transaction of its own, until it is stopped.
final class RowWriter: Sendable {
    private let state = Mutex<(committed: Int, isStopped: Bool, fault: (any Error)?)>((0, false, nil))
    private static let most = 40_000

    private let ended = DispatchSemaphore(value: 0)

    init(_ server: PostgresServer) {
        Thread.detachNewThread { [self] in
            defer { ended.signal() }
            do {
                let client = try server.client()
                // Enough to be under load; a slow machine must not fill its disk meanwhile.
                while !state.withLock({ $0.isStopped || $0.committed >= Self.most }) {
                    let next = committed + 1
                    try client.query(
                        "INSERT INTO public.ledger VALUES ($1::bigint, repeat(md5($1::bigint::text), 20))", ["\(next)"])
                    state.withLock { $0.committed = next }
                }
            } catch { state.withLock { $0.fault = error } }
        }
    }

    /// Rows whose commit was acknowledged.
    var committed: Int { state.withLock { $0.committed } }

    func grow(by count: Int) async throws {
        let goal = committed + count
        try await until("\(count) further rows") {
            if let fault = self.state.withLock({ $0.fault }) { throw fault }
            return self.committed >= min(goal, Self.most)
        }
    }

    func stop() throws {
        state.withLock { $0.isStopped = true }
        ended.wait()
        if let fault = state.withLock({ $0.fault }) { throw fault }
    }
}
