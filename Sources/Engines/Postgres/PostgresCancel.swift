import CPQ
import Glibc
import Platform
import Synchronization

/// A request to end a session's query, sent by a connection of its own.
///
/// libpq waits for it without a limit, so it has a thread of its own that nobody has to wait for.
final class PostgresCancel: Sendable {
    private let request: UInt
    private let isSent = Mutex(false)

    init(_ connection: OpaquePointer) { request = UInt(bitPattern: PQgetCancel(connection)) }

    func send() {
        Threads.start("postgres-cancel") { [self] in
            var text = [CChar](repeating: 0, count: 256)
            let cancel = OpaquePointer(bitPattern: request)
            // A failure shows as a query that doesn't end.
            _ = PQcancel(cancel, &text, Int32(text.count))
            PQfreeCancel(cancel)
            isSent.withLock { $0 = true }
        }
    }

    func waitUntilSent(until deadline: Duration) -> Bool {
        while !isSent.withLock({ $0 }) {
            guard BootClock.now() < deadline else { return false }
            poll(nil, 0, 1)
        }
        return true
    }
}
