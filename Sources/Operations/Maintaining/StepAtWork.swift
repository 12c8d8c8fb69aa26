import Foundation
import Model
import Synchronization

/// A step of a window on its thread: how it learns that it is to end, and how others learn that it has.
final class StepAtWork: Sendable {
    private struct State {
        var isCancelled = false
        var isGone = false
    }

    let number: Int
    private let state = Mutex(State())

    init(number: Int) { self.number = number }

    var isCancelled: Bool { state.withLock { $0.isCancelled } }
    /// Whether nothing of it works any more.
    var isGone: Bool { state.withLock { $0.isGone } }

    func cancel() { state.withLock { $0.isCancelled = true } }

    func end() { state.withLock { $0.isGone = true } }

    /// - Throws: `interrupted` once it has been cancelled.
    func check() throws {
        if isCancelled { throw Fault(.interrupted, "the step was cancelled") }
    }

    /// Waits until something is so.
    /// - Throws: `interrupted` when this step is cancelled before.
    func wait(until isSo: () throws -> Bool) throws {
        while try !isSo() {
            try check()
            Thread.sleep(forTimeInterval: 0.05)
        }
    }
}
