import CSQLite
import Model
import Platform

/// Works on a database in place over one connection that nobody else gets a look past.
///
/// Only inside a maintenance window: everywhere else a user's database is never opened by SQLite. What a crash has left
/// beside it is its application's to recover, so that such a database is left alone.
struct SQLiteUpkeep {
    let database: FoundDatabase
    let engine: SQLiteEngine
    let step: () throws -> Void

    func problems() throws -> [String] {
        let lines = try exclusively { try $0.column("PRAGMA integrity_check(100)") }
        return lines == ["ok"] ? [] : lines
    }

    func optimise() throws {
        try exclusively { connection in
            _ = try connection.column("VACUUM")
            _ = try connection.column("ANALYZE")
        }
    }

    /// The locks are our own, by open file description: SQLite's would go with the first descriptor of the file that any
    /// other part of this process closes. SQLite itself takes none then.
    ///
    /// Source: sqlite.org/lockingv3.html; sqlite.org/vfs.html §2.1 (`unix-none`).
    private func exclusively<Value>(_ body: (ScratchDatabase.Connection) throws -> Value) throws -> Value {
        let source = try DatabaseSource(database)
        try refuseHolders()
        let file = try writable()
        guard try FileLock.tryExclusive(file, SQLiteLock.all) else { throw inUse("a process") }
        // By hand: a child of this process, on its way to another program, may hold the file open for a moment.
        defer { try? FileLock.unlock(file, SQLiteLock.all) }
        try refuseLeftovers(source)
        guard try FileIdentity(file.status()).isSameFile(as: source.identity()) else { throw source.changed() }
        return try withExtendedLifetime(file) {
            do {
                let connection = try ScratchDatabase.Connection(
                    database.path, flags: SQLITE_OPEN_READWRITE, system: "unix-none")
                return try connection.watched(by: step) {
                    // Before anything else: a log is then kept without an index that others would share.
                    _ = try connection.column("PRAGMA locking_mode=EXCLUSIVE")
                    return try body(connection)
                }
            } catch let failure as ScratchDatabase.Connection.Failure {
                throw fault(failure)
            }
        }
    }

    private func writable() throws -> File {
        do {
            return try File.open(database.path, .readWrite)
        } catch let fault as Fault where fault.code == .notPermitted || fault.code == .repositoryReadOnly {
            throw Fault(
                .notPermitted, "holdfastd may not write \(database.name)",
                hint: "run it as a user that may, or take the tasks engine-check and optimise out of the window")
        }
    }

    private func refuseLeftovers(_ source: DatabaseSource) throws {
        guard try source.identity("-wal").map({ $0.size > 0 }) ?? false || JournalRecovery.isNeeded(source) else {
            return
        }
        throw Fault(
            .databaseInUse, "\(database.name) was left unfinished by a crash",
            hint: "open it once with its application, which finishes it")
    }

    private func refuseHolders() throws {
        let holders = try engine.clients(of: database).map { Processes.describe($0.processID) }
        guard holders.isEmpty else { throw inUse(holders.joined(separator: ", ")) }
    }

    private func inUse(_ holders: String) -> Fault {
        Fault(
            .databaseInUse, "\(database.name) is held by \(holders)",
            hint: "name the systemd unit that uses it in the server's `units`, so that a window stops it")
    }

    private func fault(_ failure: ScratchDatabase.Connection.Failure) -> Fault {
        switch failure.code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED: inUse("a process")
        case SQLITE_CORRUPT, SQLITE_NOTADB: Fault(.databaseDamaged, "\(database.name): \(failure.text)")
        case SQLITE_READONLY, SQLITE_PERM, SQLITE_CANTOPEN, SQLITE_AUTH:
            Fault(
                .notPermitted, "holdfastd may not write \(database.name): \(failure.text)",
                hint: "run it as a user that may, or take the tasks engine-check and optimise out of the window")
        case SQLITE_FULL: Fault(.outOfSpace, "\(database.name): \(failure.text)", hint: "free some space")
        default: Fault(.inputOutput, "cannot work on \(database.name): \(failure.text)")
        }
    }
}

extension SQLiteEngine {
    package func inspect(_ database: FoundDatabase, step: @escaping @Sendable () throws -> Void) throws -> [String] {
        try SQLiteUpkeep(database: database, engine: self, step: step).problems()
    }

    package func optimise(_ database: FoundDatabase, step: @escaping @Sendable () throws -> Void) throws {
        try SQLiteUpkeep(database: database, engine: self, step: step).optimise()
    }
}
