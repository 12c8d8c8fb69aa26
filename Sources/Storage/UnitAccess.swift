import Model
import Synchronization

/// Who is at work on a backup unit in this process: readers, writers of backups, one prune.
///
/// Nobody waits for anybody: a prune that meets a reader leaves what it would delete for the next one.
final class UnitAccess: Sendable {
    private struct State {
        var readers = 0
        var writers = 0
        var isPruned = false
    }

    private let unit: UnitID
    private let locks: ReaderLocks?
    private let state = Mutex(State())
    /// Held for the moment in which a backup or a head gets its name, so that each sees the other whole.
    private let committing = Mutex(())
    /// Held while a mark is put, and from the last look at the marks until the switch of a head; taken before `committing`.
    private let marking = Mutex(())

    init(_ unit: UnitID, locks: ReaderLocks?) {
        self.unit = unit
        self.locks = locks
    }

    /// Somebody who reads objects of the unit, or builds on them, until it goes.
    final class Reading: Sendable {
        private let access: UnitAccess

        fileprivate init(_ access: UnitAccess) { self.access = access }

        deinit {
            access.state.withLock { state in
                state.readers -= 1
                if state.readers == 0 { access.locks?.unlock(access.unit) }
            }
        }
    }

    /// To be called before the head is looked up: what it names then stays until the end of the reading.
    func beginReading() -> Reading {
        state.withLock { state in
            state.readers += 1
            if state.readers == 1 { locks?.lock(unit) }
        }
        return Reading(self)
    }

    /// A backup that is being written, until it goes or ends.
    final class Writing: Sendable {
        private let access: UnitAccess
        private let isOver = Atomic<Bool>(false)

        fileprivate init(_ access: UnitAccess) { self.access = access }

        deinit { end() }

        func end() {
            guard !isOver.exchange(true, ordering: .sequentiallyConsistent) else { return }
            access.state.withLock { $0.writers -= 1 }
        }
    }

    func beginWriting() -> Writing {
        state.withLock { $0.writers += 1 }
        return Writing(self)
    }

    /// Whether a backup is being written.
    var hasWriters: Bool { state.withLock { $0.writers > 0 } }

    /// Whether anybody reads, here or in another process. Who begins later sees the newest head.
    func hasReaders() throws -> Bool {
        if state.withLock({ $0.readers > 0 }) { return true }
        return try locks?.isLockedElsewhere(unit) ?? false
    }

    /// - Returns: false when another prune is at work.
    func beginPruning() -> Bool {
        state.withLock { state in
            defer { state.isPruned = true }
            return !state.isPruned
        }
    }

    func endPruning() { state.withLock { $0.isPruned = false } }

    func committing<Result: Sendable>(_ body: () throws -> Result) rethrows -> Result {
        try committing.withLock { _ in try body() }
    }

    func marking<Result: Sendable>(_ body: () throws -> Result) rethrows -> Result {
        try marking.withLock { _ in try body() }
    }
}
