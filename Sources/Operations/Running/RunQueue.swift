package import Foundation
import Platform

/// Carries out what `QueueMachine` decides: every run on a thread of its own.
package final class RunQueue: @unchecked Sendable {
    private let condition = NSCondition()
    private var machine: QueueMachine
    private var bodies: [String: @Sendable () -> Void] = [:]
    private var isStopped = false

    package init(parallel: Int) { machine = QueueMachine(parallel: parallel) }

    package var parallel: Int {
        get { condition.withLock { machine.parallel } }
        set { condition.withLock { machine.parallel = max(1, newValue) } }
    }

    /// - Returns: false once the queue has been stopped; `body` will not run then.
    package func submit(_ item: QueueMachine.Item, _ body: @escaping @Sendable () -> Void) -> Bool {
        condition.withLock {
            guard !isStopped else { return false }
            bodies[item.run] = body
            start(machine.submit(item))
            return true
        }
    }

    /// Takes a waiting run out; its body will not run.
    package func withdraw(_ run: String) -> Bool {
        condition.withLock {
            guard machine.withdraw(run) else { return false }
            bodies[run] = nil
            return true
        }
    }

    package func isWaitingOrWorking(onUnit unit: String) -> Bool {
        condition.withLock { (machine.waiting + machine.working).contains { $0.unit == unit } }
    }

    /// Starts nothing more.
    /// - Returns: the runs that were waiting.
    package func stop() -> [String] {
        condition.withLock {
            isStopped = true
            let waiting = machine.drain().map(\.run)
            for run in waiting { bodies[run] = nil }
            return waiting
        }
    }

    /// Waits for what works.
    /// - Returns: false when some still worked at `deadline`.
    package func waitUntilIdle(deadline: Date) -> Bool {
        condition.lock()
        defer { condition.unlock() }
        while !machine.working.isEmpty {
            if !condition.wait(until: deadline) { return machine.working.isEmpty }
        }
        return true
    }

    /// Called with the condition locked.
    private func start(_ items: [QueueMachine.Item]) {
        for item in items {
            let body = bodies.removeValue(forKey: item.run)
            Threads.start("run-\(item.run)") { [self] in
                body?()
                condition.withLock {
                    start(machine.finished(item.run))
                    condition.broadcast()
                }
            }
        }
    }
}
