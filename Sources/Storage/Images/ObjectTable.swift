import Synchronization

/// Numbers for the objects of an image, in the order they were first met.
final class ObjectTable: Sendable {
    private struct State {
        var names: [ObjectName] = []
        var numbers: [ObjectName: Int] = [:]
    }

    private let state = Mutex(State())

    var names: [ObjectName] { state.withLock { $0.names } }

    func name(_ number: Int) -> ObjectName { state.withLock { $0.names[number] } }

    func number(_ name: ObjectName) -> Int {
        state.withLock { state in
            if let number = state.numbers[name] { return number }
            state.numbers[name] = state.names.count
            state.names.append(name)
            return state.names.count - 1
        }
    }
}
