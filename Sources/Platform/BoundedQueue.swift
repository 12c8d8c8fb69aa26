import Foundation

/// Hands values from threads to threads, in order, holding at most `capacity`.
package final class BoundedQueue<Value: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    /// A ring: a value is dropped when it is taken, so that its memory is free again.
    private var ring: [Value?]
    private var head = 0
    private var count = 0
    private var isClosed = false
    private var failure: (any Error)?

    package init(capacity: Int) { ring = Array(repeating: nil, count: max(1, capacity)) }

    /// Waits while the queue is full.
    /// - Throws: what `fail` was given.
    package func put(_ value: Value) throws {
        condition.lock()
        defer { condition.unlock() }
        while count == ring.count, failure == nil { condition.wait() }
        if let failure { throw failure }
        ring[(head + count) % ring.count] = value
        count += 1
        condition.broadcast()
    }

    /// Waits while the queue is empty.
    /// - Returns: nil once it is closed and empty.
    /// - Throws: what `fail` was given.
    package func take() throws -> Value? {
        condition.lock()
        defer { condition.unlock() }
        while count == 0, !isClosed, failure == nil { condition.wait() }
        if let failure { throw failure }
        guard count > 0 else { return nil }
        let value = ring[head]
        ring[head] = nil
        head = (head + 1) % ring.count
        count -= 1
        condition.broadcast()
        return value
    }

    /// No more values will come.
    package func close() {
        condition.withLock {
            isClosed = true
            condition.broadcast()
        }
    }

    /// Ends both sides: everybody who waits, now or later, gets `error`. The first failure stays.
    package func fail(_ error: any Error) {
        condition.withLock {
            failure = failure ?? error
            condition.broadcast()
        }
    }
}
