import Model
import Synchronization

/// A request to stop, looked at by work that blocks.
package final class Cancellation: Sendable {
    private let requested = Atomic(false)

    package init() {}

    package func request() { requested.store(true, ordering: .relaxed) }

    /// - Throws: `interrupted` once stopping has been requested.
    package func check() throws {
        if requested.load(ordering: .relaxed) { throw Fault(.interrupted, "run was cancelled") }
    }
}
