package import Foundation
import Platform

/// Carries out what `QueueMachine` decides: every run on a thread of its own.
package final class RunQueue: @unchecked Sendable {
    private let condition = NSCondition()
    private var machine: QueueMachine
    private var bodies: [String: Body] = [:]

    private struct Body {
        var run: @Sendable () -> Void
        var drop: @Sendable () -> Void
    }
    private var isStopped = false

    package init(parallel: Int) { machine = QueueMachine(parallel: parallel) }

    package var parallel: Int {
        get { condition.withLock { machine.parallel } }
        set { condition.withLock { machine.parallel = max(1, newValue) } }
    }

    /// Exactly one of `body` and `dropped` is called.
    ///
    /// - Parameter dropped: called when the run is withdrawn, or the queue stopped, before it started.
    package func submit(
        _ item: QueueMachine.Item, dropped: @escaping @Sendable () -> Void, _ body: @escaping @Sendable () -> Void
    ) {
        let isQueued = condition.withLock {
            guard !isStopped else { return false }
            bodies[item.run] = Body(run: body, drop: dropped)
            start(machine.submit(item))
            return true
        }
        if !isQueued { dropped() }
    }

    /// Lets nothing start that has to wait for a server's maintenance; what works goes on.
    package func hold(_ server: String) { condition.withLock { machine.hold(server) } }

    package func release(_ server: String) { condition.withLock { start(machine.release(server)) } }

    /// Takes a waiting run out.
    /// - Returns: what tells those who wait for the run that it won't start, to be called once its end is on record; nil
    ///   when it doesn't wait (any more).
    package func withdraw(_ run: String) -> (@Sendable () -> Void)? {
        condition.withLock { machine.withdraw(run) ? bodies.removeValue(forKey: run) : nil }?.drop
    }

    /// Units that something waits for or works on.
    package var units: Set<String> {
        condition.withLock { Set(machine.waiting.compactMap(\.unit)).union(machine.working.compactMap(\.unit)) }
    }

    /// Runs at work that wait for a server's maintenance before they start.
    package func working(of server: String) -> [String] {
        condition.withLock { machine.working.filter { $0.server == server }.map(\.run) }
    }

    /// Runs that wait, in the order in which they will start if nothing else comes.
    package var waiting: [String] { condition.withLock { machine.waiting.map(\.run) } }

    /// Starts nothing more.
    /// - Returns: the runs that were waiting.
    package func stop() -> [String] {
        let (waiting, dropped) = condition.withLock {
            isStopped = true
            let waiting = machine.drain().map(\.run)
            return (waiting, waiting.compactMap { bodies.removeValue(forKey: $0) })
        }
        for body in dropped { body.drop() }
        return waiting
    }

    package var hasStopped: Bool { condition.withLock { isStopped } }

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
                body?.run()
                condition.withLock {
                    start(machine.finished(item.run))
                    condition.broadcast()
                }
            }
        }
    }
}
