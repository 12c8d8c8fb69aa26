import Archiving
import Model
import Synchronization

/// Objects of an image opened for reading, the most recent ones kept open; safe on several threads.
final class ObjectPool: Sendable {
    private struct State {
        var readers: [Int: EnvelopeReader] = [:]
        /// Oldest first.
        var order: [Int] = []
    }

    private static let limit = 32

    private let image: Image
    private let state = Mutex(State())

    init(_ image: Image) { self.image = image }

    /// - Throws: the damage code of the object.
    func reader(_ object: Int, by bench: FrameBench) throws -> EnvelopeReader {
        if let reader = state.withLock({ $0.readers[object] }) { return reader }
        let reader = try image.unit.open(image.table.name(object), keepsRuns: false, by: bench)
        state.withLock { state in
            guard state.readers.updateValue(reader, forKey: object) == nil else { return }
            state.order.append(object)
            if state.order.count > Self.limit { state.readers[state.order.removeFirst()] = nil }
        }
        return reader
    }
}
