import Model
import Platform

/// The lock of a reader in rollback mode on one database, waited for a bounded time.
final class ReaderLock {
    private let source: DatabaseSource
    private let deadline: Duration
    private var isHeld = false

    /// - Parameter deadline: how long to wait for writers each time; commits take milliseconds, so a longer holder
    ///   doesn't mean to let go.
    init(_ source: DatabaseSource, deadline: Duration) {
        self.source = source
        self.deadline = deadline
    }

    /// - Throws: `database-locked`, naming the holder.
    func take() throws {
        guard !isHeld else { return }
        let began = BootClock.now()
        var pause: Int64 = 200_000
        while !(try SQLiteLock.tryShare(source.main)) {
            guard BootClock.now() - began < deadline else { throw try source.locked() }
            StampClock.pause(nanoseconds: pause)
            pause = min(pause * 2, 10_000_000)
        }
        isHeld = true
    }

    func release() {
        guard isHeld else { return }
        try? SQLiteLock.unshare(source.main)
        isHeld = false
    }
}

extension DatabaseSource {
    /// The fault for a client that keeps everybody else out.
    func locked() throws -> Fault {
        let holder =
            try SQLiteLock.exclusiveHolder(main) ?? FileLock.conflict(main, SQLiteLock.pending, exclusive: false)
        var who = "another process"
        if let processID = holder?.processID { who = Processes.describe(processID) }
        return Fault(
            .databaseLocked, "database \(name) is locked by \(who)",
            hint: "a client in exclusive locking mode must close the database before it can be backed up",
            context: holder?.processID.map { ["pid": "\($0)"] } ?? [:])
    }

    /// Waits, at most `deadline`, until no client keeps readers out.
    /// - Throws: `database-locked`, naming the holder.
    func waitForExclusiveHolder(_ deadline: Duration) throws {
        let began = BootClock.now()
        while try SQLiteLock.exclusiveHolder(main) != nil {
            guard BootClock.now() - began < deadline else { throw try locked() }
            StampClock.pause(nanoseconds: 5_000_000)
        }
    }
}
