import Foundation

/// Hands values from threads to threads, in order, holding at most `capacity`.
package final class BoundedQueue<Value: Sendable>: @unchecked Sendable {
    private let condition = NSCondition()
    private let capacity: Int
    private var values: [Value] = []
    private var head = 0
    private var isClosed = false
    private var failure: (any Error)?

    package init(capacity: Int) { self.capacity = max(1, capacity) }

    /// Waits while the queue is full.
    /// - Throws: what `fail` was given.
    package func put(_ value: Value) throws {
        condition.lock()
        defer { condition.unlock() }
        while values.count - head >= capacity, failure == nil { condition.wait() }
        if let failure { throw failure }
        values.append(value)
        condition.broadcast()
    }

    /// Waits while the queue is empty.
    /// - Returns: nil once it is closed and empty.
    /// - Throws: what `fail` was given.
    package func take() throws -> Value? {
        condition.lock()
        defer { condition.unlock() }
        while values.count == head, !isClosed, failure == nil { condition.wait() }
        if let failure { throw failure }
        guard head < values.count else { return nil }
        let value = values[head]
        head += 1
        if head >= 64 || head == values.count {
            values.removeFirst(head)
            head = 0
        }
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
