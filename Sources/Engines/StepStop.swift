import Synchronization

/// A step that throws, as a request to stop for what can only be asked to.
final class StepStop: Sendable {
    private let step: @Sendable () throws -> Void
    private let thrown = Mutex<(any Error)?>(nil)

    init(_ step: @escaping @Sendable () throws -> Void) { self.step = step }

    func isAsked() -> Bool {
        do {
            try step()
            return false
        } catch {
            thrown.withLock { $0 = error }
            return true
        }
    }

    /// - Throws: what the step threw.
    func rethrow() throws { if let error = thrown.withLock({ $0 }) { throw error } }
}
