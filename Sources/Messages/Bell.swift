import Foundation
import Model

/// Wakes the delivery thread; many rings are answered by one round.
///
/// All state is behind the condition's lock.
final class Bell: @unchecked Sendable {
    struct Round {
        var mustReopen: Bool
        var isLast: Bool
        fileprivate var number: Int
    }

    private let condition = NSCondition()
    private var rung = 0
    private var answered = 0
    private var mustReopen = false
    private var isClosed = false
    private var isAttended = false

    /// Somebody answers from now on; the first round is due at once.
    func attend() {
        condition.lock()
        defer { condition.unlock() }
        isAttended = true
        rung += 1
    }

    func ring(reopening: Bool = false) {
        condition.lock()
        defer { condition.unlock() }
        rung += 1
        mustReopen = mustReopen || reopening
        condition.broadcast()
    }

    /// One more round, then the end; returns after that.
    func close() {
        condition.lock()
        isClosed = true
        condition.unlock()
        waitUntilAnswered()
    }

    /// Rings and waits for a round that began afterwards; returns at once when nobody attends.
    func waitUntilAnswered() {
        condition.lock()
        defer { condition.unlock() }
        rung += 1
        let mine = rung
        condition.broadcast()
        while isAttended, answered < mine { condition.wait() }
    }

    /// Waits for a ring, or for `timeout` where there is one.
    func next(timeout: Duration?) -> Round {
        condition.lock()
        defer { condition.unlock() }
        let deadline = timeout.map { Date(timeIntervalSinceNow: $0.inSeconds) }
        while rung == answered, !isClosed {
            guard let deadline else {
                condition.wait()
                continue
            }
            if !condition.wait(until: deadline) { break }
        }
        defer { mustReopen = false }
        return Round(mustReopen: mustReopen, isLast: isClosed, number: rung)
    }

    func answer(_ round: Round) {
        condition.lock()
        defer { condition.unlock() }
        answered = round.isLast ? .max : max(answered, round.number)
        condition.broadcast()
    }
}
