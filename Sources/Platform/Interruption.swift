import Glibc
import Model
import Synchronization

/// Ctrl-C and SIGTERM as a request to end work in order: what it started is ended, what it wrote beside is removed.
package enum Interruption {
    private static let count = Atomic<Int>(0)

    /// Runs `body`, which calls `check` several times a second; a second signal ends the process at once, with status 130.
    package static func heeded<Value>(by body: () throws -> Value) rethrows -> Value {
        let signals = [SIGINT, SIGTERM]
        let before = signals.map { number in
            signal(number) { _ in
                if Interruption.count.add(1, ordering: .relaxed).oldValue > 0 { _exit(130) }
            }
        }
        defer { for (number, handler) in zip(signals, before) { signal(number, handler) } }
        return try body()
    }

    /// - Throws: `interrupted` once a signal has come.
    package static func check() throws {
        guard count.load(ordering: .relaxed) > 0 else { return }
        throw Fault(.interrupted, "interrupted", hint: "nothing was left behind; run it again")
    }
}
